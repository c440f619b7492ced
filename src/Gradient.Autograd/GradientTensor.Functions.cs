namespace Gradient.Autograd;

/// <content>Functions of one element. Under each stands its row: name, kernel, what the derivative reads, the derivative.</content>
public sealed partial class GradientTensor
{
    private const double TwoOverRootPi = 1.1283791670955126; // 2/√π

    /// <summary>|x|; the gradient at 0 is 0.</summary>
    public GradientTensor Abs() => AbsOperation.Apply(this);

    private static readonly UnaryOperation AbsOperation = new("abs", UnaryKind.Abs, Reads.Input, (x, y, g, p) => g * x.Sign());

    /// <summary>−1, 0 or 1.</summary>
    public GradientTensor Sign() => SignOperation.Apply(this);

    private static readonly UnaryOperation SignOperation = new("sign", UnaryKind.Sign, Reads.None, (x, y, g, p) => g.ZerosLike());

    /// <summary>x².</summary>
    public GradientTensor Square() => SquareOperation.Apply(this);

    private static readonly UnaryOperation SquareOperation = new("square", UnaryKind.Square, Reads.Input, (x, y, g, p) => g * x * 2);

    /// <summary>1/x.</summary>
    public GradientTensor Reciprocal() => ReciprocalOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation ReciprocalOperation = new("reciprocal", UnaryKind.Reciprocal, Reads.Output, (x, y, g, p) => -g * y * y);

    /// <summary>√x.</summary>
    public GradientTensor Sqrt() => SqrtOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation SqrtOperation = new("sqrt", UnaryKind.Sqrt, Reads.Output, (x, y, g, p) => g / (y * 2));

    /// <summary>1/√x.</summary>
    public GradientTensor Rsqrt() => RsqrtOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation RsqrtOperation = new("rsqrt", UnaryKind.Rsqrt, Reads.Output, (x, y, g, p) => g * y * y * y * -0.5);

    /// <summary>eˣ.</summary>
    public GradientTensor Exp() => ExpOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation ExpOperation = new("exp", UnaryKind.Exp, Reads.Output, (x, y, g, p) => g * y);

    /// <summary>eˣ − 1, accurate near 0.</summary>
    public GradientTensor Expm1() => Expm1Operation.Apply(ToFloating(this));

    private static readonly UnaryOperation Expm1Operation = new("expm1", UnaryKind.Expm1, Reads.Output, (x, y, g, p) => g * (y + 1));

    /// <summary>ln x.</summary>
    public GradientTensor Log() => LogOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation LogOperation = new("log", UnaryKind.Log, Reads.Input, (x, y, g, p) => g / x);

    /// <summary>ln(1 + x), accurate near 0.</summary>
    public GradientTensor Log1p() => Log1pOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation Log1pOperation = new("log1p", UnaryKind.Log1p, Reads.Input, (x, y, g, p) => g / (x + 1));

    /// <summary>log₂ x.</summary>
    public GradientTensor Log2() => Log2Operation.Apply(ToFloating(this));

    private static readonly UnaryOperation Log2Operation = new("log2", UnaryKind.Log2, Reads.Input, (x, y, g, p) => g / (x * Math.Log(2)));

    /// <summary>sin x, in radians.</summary>
    public GradientTensor Sin() => SinOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation SinOperation = new("sin", UnaryKind.Sin, Reads.Input, (x, y, g, p) => g * x.Cos());

    /// <summary>cos x, in radians.</summary>
    public GradientTensor Cos() => CosOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation CosOperation = new("cos", UnaryKind.Cos, Reads.Input, (x, y, g, p) => -g * x.Sin());

    /// <summary>tan x, in radians.</summary>
    public GradientTensor Tan() => TanOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation TanOperation = new("tan", UnaryKind.Tan, Reads.Output, (x, y, g, p) => g * (y * y + 1));

    /// <summary>The error function 2/√π ∫₀ˣ e^(−t²) dt.</summary>
    public GradientTensor Erf() => ErfOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation ErfOperation = new("erf", UnaryKind.Erf, Reads.Input, (x, y, g, p) => g * (-(x * x)).Exp() * TwoOverRootPi);

    /// <summary>Toward −∞; the gradient is 0.</summary>
    public GradientTensor Floor() => FloorOperation.Apply(this);

    private static readonly UnaryOperation FloorOperation = new("floor", UnaryKind.Floor, Reads.None, (x, y, g, p) => g.ZerosLike());

    /// <summary>Toward +∞; the gradient is 0.</summary>
    public GradientTensor Ceiling() => CeilingOperation.Apply(this);

    private static readonly UnaryOperation CeilingOperation = new("ceiling", UnaryKind.Ceiling, Reads.None, (x, y, g, p) => g.ZerosLike());

    /// <summary>To the nearest integer, ties to even; the gradient is 0.</summary>
    public GradientTensor Round() => RoundOperation.Apply(this);

    private static readonly UnaryOperation RoundOperation = new("round", UnaryKind.Round, Reads.None, (x, y, g, p) => g.ZerosLike());

    /// <summary>Toward 0; the gradient is 0.</summary>
    public GradientTensor Truncate() => TruncateOperation.Apply(this);

    private static readonly UnaryOperation TruncateOperation = new("truncate", UnaryKind.Truncate, Reads.None, (x, y, g, p) => g.ZerosLike());
}
