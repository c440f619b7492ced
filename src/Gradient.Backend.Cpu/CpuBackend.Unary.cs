using Gradient.Core;
using Activation = Gradient.Backend.Cpu.ActivationOperators;
using Function = Gradient.Backend.Cpu.UnaryOperators;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;

namespace Gradient.Backend.Cpu;

/// <content>
/// Functions of one element. To add one: its operator in Elementwise/UnaryOperators.cs or ActivationOperators.cs, its line here.
/// </content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public unsafe void Unary(UnaryKind kind, Tensor x, Tensor y, KernelParameters parameters = default)
    {
        var compute = ComputeType(x.DType);
        var kernel = compute switch
        {
            DType.Bool => UnaryOfBool(kind),
            DType.Int32 or DType.Int64 => UnaryOfNumbers(kind, compute) is var found && found != null ? found : UnaryOfIntegers(kind, compute),
            _ => UnaryOfNumbers(kind, compute) is var found && found != null ? found : UnaryOfFloats(kind, compute, parameters.A),
        };
        if (kernel == null) throw Unsupported(kind.ToString(), x.DType);
        ElementwiseLoop.Run(kernel, compute, parameters, y, x);
    }

    /// <summary>The type that kernels compute in.</summary>
    private static DType ComputeType(DType dtype) => dtype is DType.Float16 or DType.BFloat16 ? DType.Float32 : dtype;

    private static unsafe ElementKernel UnaryOfBool(UnaryKind kind) => kind switch
    {
        UnaryKind.LogicalNot => ElementKernels.Unary<Function.LogicalNot>(DType.Bool),
        _ => null,
    };

    private static unsafe ElementKernel UnaryOfIntegers(UnaryKind kind, DType type) => kind switch
    {
        UnaryKind.PowScalar => IntegerKernels.Scalar<IntegerKernels.Pow>(type),
        _ => null,
    };

    private static unsafe ElementKernel UnaryOfNumbers(UnaryKind kind, DType type) => kind switch
    {
        UnaryKind.Negate => ElementKernels.Unary<Function.Negate>(type),
        UnaryKind.Abs => ElementKernels.Unary<Function.Abs>(type),
        UnaryKind.Sign => ElementKernels.Unary<Function.Sign>(type),
        UnaryKind.Square => ElementKernels.Unary<Function.Square>(type),
        UnaryKind.Floor => ElementKernels.Unary<Function.Floor>(type),
        UnaryKind.Ceiling => ElementKernels.Unary<Function.Ceiling>(type),
        UnaryKind.Round => ElementKernels.Unary<Function.Round>(type),
        UnaryKind.Truncate => ElementKernels.Unary<Function.Truncate>(type),
        UnaryKind.AddScalar => ElementKernels.Unary<Function.AddScalar>(type),
        UnaryKind.SubtractFromScalar => ElementKernels.Unary<Function.SubtractFromScalar>(type),
        UnaryKind.MultiplyScalar => ElementKernels.Unary<Function.MultiplyScalar>(type),
        UnaryKind.Clamp => ElementKernels.Unary<Function.Clamp>(type),
        UnaryKind.Relu => ElementKernels.Unary<Activation.Relu>(type),
        UnaryKind.IsNaN => ElementKernels.Unary<Function.IsNaN>(type),
        UnaryKind.IsFinite => ElementKernels.Unary<Function.IsFinite>(type),
        _ => null,
    };

    private static unsafe ElementKernel UnaryOfFloats(UnaryKind kind, DType type, double a) => kind switch
    {
        UnaryKind.Reciprocal => ElementKernels.Unary<Function.Reciprocal>(type),
        UnaryKind.Sqrt => ElementKernels.Unary<Function.Sqrt>(type),
        UnaryKind.Rsqrt => ElementKernels.Unary<Function.Rsqrt>(type),
        UnaryKind.Exp => ElementKernels.Unary<Function.Exp>(type),
        UnaryKind.Expm1 => ElementKernels.Unary<Function.Expm1>(type),
        UnaryKind.Log => ElementKernels.Unary<Function.Log>(type),
        UnaryKind.Log1p => ElementKernels.Unary<Function.Log1p>(type),
        UnaryKind.Log2 => ElementKernels.Unary<Function.Log2>(type),
        UnaryKind.Sin => ElementKernels.Unary<Function.Sin>(type),
        UnaryKind.Cos => ElementKernels.Unary<Function.Cos>(type),
        UnaryKind.Tan => ElementKernels.Unary<Function.Tan>(type),
        UnaryKind.Tanh => ElementKernels.Unary<Function.Tanh>(type),
        UnaryKind.Erf => ElementKernels.Unary<Function.Erf>(type),
        UnaryKind.DivideByScalar => ElementKernels.Unary<Function.DivideByScalar>(type),
        UnaryKind.DivideScalarBy => ElementKernels.Unary<Function.DivideScalarBy>(type),
        UnaryKind.PowScalar => Power(type, a),
        UnaryKind.ScalarPow => ElementKernels.Unary<Function.ScalarPow>(type),
        UnaryKind.Sigmoid => ElementKernels.Unary<Activation.Sigmoid>(type),
        UnaryKind.LeakyRelu => ElementKernels.Unary<Activation.LeakyRelu>(type),
        UnaryKind.Elu => ElementKernels.Unary<Activation.Elu>(type),
        UnaryKind.Gelu => ElementKernels.Unary<Activation.Gelu>(type),
        UnaryKind.GeluTanh => ElementKernels.Unary<Activation.GeluTanh>(type),
        UnaryKind.Silu => ElementKernels.Unary<Activation.Silu>(type),
        UnaryKind.Softplus => ElementKernels.Unary<Activation.Softplus>(type),
        UnaryKind.Hardswish => ElementKernels.Unary<Activation.Hardswish>(type),
        UnaryKind.Mish => ElementKernels.Unary<Activation.Mish>(type),
        _ => null,
    };

    /// <summary>Powers that are products and roots, the same that PyTorch singles out, and the general one.</summary>
    private static unsafe ElementKernel Power(DType type, double exponent) => exponent switch
    {
        2 => ElementKernels.Unary<Function.Square>(type),
        3 => ElementKernels.Unary<Function.Cube>(type),
        0.5 => ElementKernels.Unary<Function.Sqrt>(type),
        -0.5 => ElementKernels.Unary<Function.Rsqrt>(type),
        -1 => ElementKernels.Unary<Function.Reciprocal>(type),
        -2 => ElementKernels.Unary<Function.ReciprocalSquare>(type),
        _ => ElementKernels.Unary<Function.PowScalar>(type),
    };
}
