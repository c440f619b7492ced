namespace Gradient.Autograd;

/// <summary>What of an elementwise operation its derivative reads, and so what the tape keeps alive.</summary>
[Flags]
internal enum Reads
{
    None = 0,
    Input = 1,
    Output = 2,
}

/// <summary>
/// A row of the table of unary operations: name, kernel, derivative. To add one, add a row here, a kind to
/// <see cref="UnaryKind"/>, a method to <see cref="GradientTensor"/> and a kernel to the backends.
/// </summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Kind">The kernel.</param>
/// <param name="Reads">What the derivative reads.</param>
/// <param name="Derivative">(x, y, g, p) → the gradient of x; null where it is 0 everywhere or meaningless.</param>
/// <param name="Fused">A kernel that multiplies g by the derivative in one pass, when no graph of it is wanted.</param>
internal sealed record UnaryOperation(
    string Name, UnaryKind Kind, Reads Reads,
    Func<GradientTensor, GradientTensor, GradientTensor, KernelParameters, GradientTensor>? Derivative, BinaryKind? Fused = null)
{
    private const double TwoOverRootPi = 1.1283791670955126; // 2/√π
    private const double RootHalf = 0.70710678118654752; // 1/√2
    private const double RootTwoOverPi = 0.79788456080286536; // √(2/π)

    public static readonly UnaryOperation
        Negate = new("negate", UnaryKind.Negate, Reads.None, (x, y, g, p) => -g),
        Abs = new("abs", UnaryKind.Abs, Reads.Input, (x, y, g, p) => g * x.Sign()),
        Sign = new("sign", UnaryKind.Sign, Reads.None, (x, y, g, p) => g.ZerosLike()),
        Square = new("square", UnaryKind.Square, Reads.Input, (x, y, g, p) => g * x * 2),
        Reciprocal = new("reciprocal", UnaryKind.Reciprocal, Reads.Output, (x, y, g, p) => -g * y * y),
        Sqrt = new("sqrt", UnaryKind.Sqrt, Reads.Output, (x, y, g, p) => g / (y * 2)),
        Rsqrt = new("rsqrt", UnaryKind.Rsqrt, Reads.Output, (x, y, g, p) => g * y * y * y * -0.5),
        Exp = new("exp", UnaryKind.Exp, Reads.Output, (x, y, g, p) => g * y),
        Expm1 = new("expm1", UnaryKind.Expm1, Reads.Output, (x, y, g, p) => g * (y + 1)),
        Log = new("log", UnaryKind.Log, Reads.Input, (x, y, g, p) => g / x),
        Log1p = new("log1p", UnaryKind.Log1p, Reads.Input, (x, y, g, p) => g / (x + 1)),
        Log2 = new("log2", UnaryKind.Log2, Reads.Input, (x, y, g, p) => g / (x * Math.Log(2))),
        Sin = new("sin", UnaryKind.Sin, Reads.Input, (x, y, g, p) => g * x.Cos()),
        Cos = new("cos", UnaryKind.Cos, Reads.Input, (x, y, g, p) => -g * x.Sin()),
        Tan = new("tan", UnaryKind.Tan, Reads.Output, (x, y, g, p) => g * (y * y + 1)),
        Tanh = new("tanh", UnaryKind.Tanh, Reads.Output, (x, y, g, p) => g * (1 - y * y), BinaryKind.TanhGradient),
        Erf = new("erf", UnaryKind.Erf, Reads.Input, (x, y, g, p) => g * (-(x * x)).Exp() * TwoOverRootPi),
        Floor = new("floor", UnaryKind.Floor, Reads.None, (x, y, g, p) => g.ZerosLike()),
        Ceiling = new("ceiling", UnaryKind.Ceiling, Reads.None, (x, y, g, p) => g.ZerosLike()),
        Round = new("round", UnaryKind.Round, Reads.None, (x, y, g, p) => g.ZerosLike()),
        Truncate = new("truncate", UnaryKind.Truncate, Reads.None, (x, y, g, p) => g.ZerosLike()),
        AddScalar = new("add", UnaryKind.AddScalar, Reads.None, (x, y, g, p) => g),
        SubtractFromScalar = new("subtract", UnaryKind.SubtractFromScalar, Reads.None, (x, y, g, p) => -g),
        MultiplyScalar = new("multiply", UnaryKind.MultiplyScalar, Reads.None, (x, y, g, p) => g * p.A),
        DivideByScalar = new("divide", UnaryKind.DivideByScalar, Reads.None, (x, y, g, p) => g / p.A),
        DivideScalarBy = new("divide", UnaryKind.DivideScalarBy, Reads.Input, (x, y, g, p) => -g * p.A / (x * x)),
        PowScalar = new("pow", UnaryKind.PowScalar, Reads.Input,
            (x, y, g, p) => p.A == 0 ? g.ZerosLike() : g * x.Pow(p.A - 1) * p.A), // 0·∞ at x = 0 would be NaN
        ScalarPow = new("pow", UnaryKind.ScalarPow, Reads.Output,
            (x, y, g, p) => p.A == 0 ? g.ZerosLike() : g * y * Math.Log(p.A)),
        Clamp = new("clamp", UnaryKind.Clamp, Reads.Input,
            (x, y, g, p) => g.MaskedFill(x.LessThan(p.A).LogicalOr(x.GreaterThan(p.B)), 0), BinaryKind.ClampGradient),
        Sigmoid = new("sigmoid", UnaryKind.Sigmoid, Reads.Output, (x, y, g, p) => g * y * (1 - y), BinaryKind.SigmoidGradient),
        Relu = new("relu", UnaryKind.Relu, Reads.Output, (x, y, g, p) => g.MaskedFill(y.LessOrEqual(0), 0), BinaryKind.ReluGradient),
        LeakyRelu = new("leakyRelu", UnaryKind.LeakyRelu, Reads.Input,
            (x, y, g, p) => x.GreaterThan(0).Where(g, g * p.A), BinaryKind.LeakyReluGradient),
        Elu = new("elu", UnaryKind.Elu, Reads.Input,
            // exp of the clamped input: an overflow in the branch not taken must not turn into 0·∞
            (x, y, g, p) => x.GreaterThan(0).Where(g, g * x.Clamp(max: 0).Exp() * p.A), BinaryKind.EluGradient),
        Gelu = new("gelu", UnaryKind.Gelu, Reads.Input,
            (x, y, g, p) => g * (((x * RootHalf).Erf() + 1) * 0.5 + x * (x * x * -0.5).Exp() * (RootTwoOverPi / 2)), BinaryKind.GeluGradient),
        GeluTanh = new("geluTanh", UnaryKind.GeluTanh, Reads.Input, GeluTanhDerivative, BinaryKind.GeluTanhGradient),
        Silu = new("silu", UnaryKind.Silu, Reads.Input, SiluDerivative, BinaryKind.SiluGradient),
        Softplus = new("softplus", UnaryKind.Softplus, Reads.Input,
            (x, y, g, p) => (x * p.A).GreaterThan(p.B).Where(g, g * (x * p.A).Sigmoid()), BinaryKind.SoftplusGradient),
        Hardswish = new("hardswish", UnaryKind.Hardswish, Reads.Input,
            (x, y, g, p) => x.LessThan(-3).Where(g.ZerosLike(), x.LessOrEqual(3).Where(g * (x / 3 + 0.5), g)), BinaryKind.HardswishGradient),
        Mish = new("mish", UnaryKind.Mish, Reads.Input, MishDerivative, BinaryKind.MishGradient),
        LogicalNot = new("logicalNot", UnaryKind.LogicalNot, Reads.None, null),
        IsNaN = new("isNaN", UnaryKind.IsNaN, Reads.None, null),
        IsFinite = new("isFinite", UnaryKind.IsFinite, Reads.None, null);

    /// <summary>Computes and records.</summary>
    public GradientTensor Apply(GradientTensor x, KernelParameters parameters = default)
    {
        bool toBool = Kind is UnaryKind.LogicalNot or UnaryKind.IsNaN or UnaryKind.IsFinite;
        var result = Tensor.Empty(x.Shape, toBool ? DType.Bool : x.DType, x.Device);
        x.Backend.Unary(Kind, x.Value, result, parameters);
        // Closures are made in a method of their own: where one is written, what it captures is allocated on entry, used or not.
        return Derivative is not null && x.RequiresGrad && Tape.IsRecording ? Record(result, x, parameters) : new(result);
    }

    private GradientTensor Record(Tensor result, GradientTensor x, KernelParameters parameters)
    {
        // Only what the derivative reads is captured, so that nothing else is kept alive.
        if (Reads.HasFlag(Reads.Output))
            return Tape.RecordWithOutput(Name, result, [x], (y, g) => [Differentiate(null, y, g, parameters)]);
        var read = Reads.HasFlag(Reads.Input) ? x : null;
        return Tape.Record(Name, result, [x], g => [Differentiate(read, null, g, parameters)], read);
    }

    /// <summary>The gradient of the input of an operation whose derivative reads the output alone.</summary>
    public GradientTensor Derive(GradientTensor output, GradientTensor g) => Differentiate(null, output, g, default);

    private GradientTensor Differentiate(GradientTensor? x, GradientTensor? y, GradientTensor g, KernelParameters parameters)
    {
        if (Fused is not { } kernel || Tape.IsRecording) return Derivative!(x!, y!, g, parameters);
        var result = Tensor.Empty(g.Shape, g.DType, g.Device);
        g.Backend.Binary(kernel, g.Value, (x ?? y)!.Value, result, parameters);
        return new(result);
    }

    private static GradientTensor GeluTanhDerivative(GradientTensor x, GradientTensor y, GradientTensor g, KernelParameters p)
    {
        var square = x * x;
        var t = (x * (square * 0.044715 + 1) * RootTwoOverPi).Tanh();
        return g * ((t + 1) * 0.5 + x * (1 - t * t) * (square * (3 * 0.044715) + 1) * (RootTwoOverPi / 2));
    }

    private static GradientTensor SiluDerivative(GradientTensor x, GradientTensor y, GradientTensor g, KernelParameters p)
    {
        var s = x.Sigmoid();
        return g * s * (x * (1 - s) + 1);
    }

    private static GradientTensor MishDerivative(GradientTensor x, GradientTensor y, GradientTensor g, KernelParameters p)
    {
        var t = x.Softplus().Tanh();
        return g * (t + x * (1 - t * t) * x.Sigmoid());
    }
}
