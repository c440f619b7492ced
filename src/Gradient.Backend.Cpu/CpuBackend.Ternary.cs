using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Functions of three elements.</content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public unsafe void Ternary(TernaryKind kind, Tensor a, Tensor b, Tensor c, Tensor y)
    {
        var compute = ComputeType(b.DType);
        var kernel = kind switch
        {
            TernaryKind.Where => ElementKernels.Ternary<TernaryOperators.Where>(compute),
            TernaryKind.MultiplyAdd when compute != DType.Bool => ElementKernels.Ternary<TernaryOperators.MultiplyAdd>(compute),
            _ => null,
        };
        if (kernel == null) throw Unsupported(kind.ToString(), b.DType);
        ElementwiseLoop.Run(kernel, compute, default, y, a, b, c);
    }
}
