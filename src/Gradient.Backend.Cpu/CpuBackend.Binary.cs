using Gradient.Core;
using Function = Gradient.Backend.Cpu.BinaryOperators;
using Derivative = Gradient.Backend.Cpu.GradientOperators;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;

namespace Gradient.Backend.Cpu;

/// <content>
/// Functions of two elements. To add one: its operator in Elementwise/BinaryOperators.cs or GradientOperators.cs, its line here.
/// </content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public unsafe void Binary(BinaryKind kind, Tensor a, Tensor b, Tensor y, KernelParameters parameters = default)
    {
        var compute = ComputeType(a.DType);
        var kernel = compute switch
        {
            DType.Bool => BinaryOfBools(kind),
            DType.Int32 or DType.Int64 => BinaryOfNumbers(kind, compute) is var found && found != null ? found : BinaryOfIntegers(kind, compute),
            _ => BinaryOfNumbers(kind, compute) is var found && found != null ? found : BinaryOfFloats(kind, compute),
        };
        if (kernel == null) throw Unsupported(kind.ToString(), a.DType);
        ElementwiseLoop.Run(kernel, compute, parameters, y, a, b);
    }

    private static unsafe ElementKernel BinaryOfBools(BinaryKind kind) => kind switch
    {
        BinaryKind.LogicalAnd => ElementKernels.Binary<Function.And>(DType.Bool),
        BinaryKind.LogicalOr => ElementKernels.Binary<Function.Or>(DType.Bool),
        BinaryKind.LogicalXor => ElementKernels.Binary<Function.Xor>(DType.Bool),
        BinaryKind.Equal => ElementKernels.Binary<Function.EqualBool>(DType.Bool),
        BinaryKind.NotEqual => ElementKernels.Binary<Function.Xor>(DType.Bool),
        _ => null,
    };

    private static unsafe ElementKernel BinaryOfIntegers(BinaryKind kind, DType type) => kind switch
    {
        BinaryKind.Divide => IntegerKernels.Binary<IntegerKernels.Divide>(type),
        BinaryKind.Remainder => IntegerKernels.Binary<IntegerKernels.Remainder>(type),
        BinaryKind.Pow => IntegerKernels.Binary<IntegerKernels.Pow>(type),
        _ => null,
    };

    private static unsafe ElementKernel BinaryOfNumbers(BinaryKind kind, DType type) => kind switch
    {
        BinaryKind.Add => ElementKernels.Binary<Function.Add>(type),
        BinaryKind.Subtract => ElementKernels.Binary<Function.Subtract>(type),
        BinaryKind.Multiply => ElementKernels.Binary<Function.Multiply>(type),
        BinaryKind.Minimum => ElementKernels.Binary<Function.Minimum>(type),
        BinaryKind.Maximum => ElementKernels.Binary<Function.Maximum>(type),
        BinaryKind.Equal => ElementKernels.Binary<Function.Equal>(type),
        BinaryKind.NotEqual => ElementKernels.Binary<Function.NotEqual>(type),
        BinaryKind.Less => ElementKernels.Binary<Function.Less>(type),
        BinaryKind.LessOrEqual => ElementKernels.Binary<Function.LessOrEqual>(type),
        BinaryKind.Greater => ElementKernels.Binary<Function.Greater>(type),
        BinaryKind.GreaterOrEqual => ElementKernels.Binary<Function.GreaterOrEqual>(type),
        _ => null,
    };

    private static unsafe ElementKernel BinaryOfFloats(BinaryKind kind, DType type) => kind switch
    {
        BinaryKind.Divide => ElementKernels.Binary<Function.Divide>(type),
        BinaryKind.Pow => ElementKernels.Binary<Function.Pow>(type),
        BinaryKind.Remainder => ElementKernels.Binary<Function.Remainder>(type),
        BinaryKind.Atan2 => ElementKernels.Binary<Function.Atan2>(type),
        BinaryKind.ReluGradient => ElementKernels.Binary<Derivative.Relu>(type),
        BinaryKind.LeakyReluGradient => ElementKernels.Binary<Derivative.LeakyRelu>(type),
        BinaryKind.EluGradient => ElementKernels.Binary<Derivative.Elu>(type),
        BinaryKind.GeluGradient => ElementKernels.Binary<Derivative.Gelu>(type),
        BinaryKind.GeluTanhGradient => ElementKernels.Binary<Derivative.GeluTanh>(type),
        BinaryKind.SiluGradient => ElementKernels.Binary<Derivative.Silu>(type),
        BinaryKind.SigmoidGradient => ElementKernels.Binary<Derivative.Sigmoid>(type),
        BinaryKind.TanhGradient => ElementKernels.Binary<Derivative.Tanh>(type),
        BinaryKind.SoftplusGradient => ElementKernels.Binary<Derivative.Softplus>(type),
        BinaryKind.HardswishGradient => ElementKernels.Binary<Derivative.Hardswish>(type),
        BinaryKind.MishGradient => ElementKernels.Binary<Derivative.Mish>(type),
        BinaryKind.ClampGradient => ElementKernels.Binary<Derivative.Clamp>(type),
        _ => null,
    };
}
