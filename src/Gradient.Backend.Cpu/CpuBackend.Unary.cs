using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>
/// Functions of one element. To add one: its operator and its line in Elementwise/UnaryOperators.cs or ActivationOperators.cs.
/// </content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public unsafe void Unary(UnaryKind kind, Tensor x, Tensor y, KernelParameters parameters = default)
    {
        var compute = ComputeType(x.DType);
        var kernel = UnaryOperators.Kernel(kind, compute, parameters.A);
        if (kernel == null) kernel = ActivationOperators.Kernel(kind, compute);
        if (kernel == null) throw Unsupported(kind.ToString(), x.DType);
        ElementwiseLoop.Run(kernel, compute, parameters, y, x);
    }

    /// <summary>The type that kernels compute in.</summary>
    private static DType ComputeType(DType dtype) => dtype is DType.Float16 or DType.BFloat16 ? DType.Float32 : dtype;
}
