namespace Gradient.Autograd;

/// <content>Operators and arithmetic. Under each operation stands its row: name, kernel, what the derivative reads, the derivative.</content>
public sealed partial class GradientTensor
{
    /// <summary>Elementwise sum; shapes broadcast.</summary>
    public static GradientTensor operator +(GradientTensor a, GradientTensor b) => AddOperation.Apply(a, b);

    private static readonly BinaryOperation AddOperation = new("add", BinaryKind.Add, Inputs.None, Inputs.None, (a, b, g) => g, (a, b, g) => g);

    /// <summary>Adds a number to every element.</summary>
    public static GradientTensor operator +(GradientTensor a, double b) => AddScalarOperation.Apply(ForScalar(a, b), new(b));

    private static readonly UnaryOperation AddScalarOperation = new("add", UnaryKind.AddScalar, Reads.None, (x, y, g, p) => g);

    /// <summary>Adds a number to every element.</summary>
    public static GradientTensor operator +(double a, GradientTensor b) => b + a;

    /// <summary>Elementwise difference; shapes broadcast.</summary>
    public static GradientTensor operator -(GradientTensor a, GradientTensor b) => SubtractOperation.Apply(a, b);

    private static readonly BinaryOperation SubtractOperation = new("subtract", BinaryKind.Subtract, Inputs.None, Inputs.None, (a, b, g) => g, (a, b, g) => -g);

    /// <summary>Subtracts a number from every element.</summary>
    public static GradientTensor operator -(GradientTensor a, double b) => a + -b;

    /// <summary>A number minus every element.</summary>
    public static GradientTensor operator -(double a, GradientTensor b) => SubtractFromScalarOperation.Apply(ForScalar(b, a), new(a));

    private static readonly UnaryOperation SubtractFromScalarOperation = new("subtract", UnaryKind.SubtractFromScalar, Reads.None, (x, y, g, p) => -g);

    /// <summary>Elementwise negation.</summary>
    public static GradientTensor operator -(GradientTensor a) => NegateOperation.Apply(a);

    private static readonly UnaryOperation NegateOperation = new("negate", UnaryKind.Negate, Reads.None, (x, y, g, p) => -g);

    /// <summary>Elementwise product; shapes broadcast.</summary>
    public static GradientTensor operator *(GradientTensor a, GradientTensor b) => MultiplyOperation.Apply(a, b);

    private static readonly BinaryOperation MultiplyOperation = new("multiply", BinaryKind.Multiply, Inputs.B, Inputs.A, (a, b, g) => g * b, (a, b, g) => g * a);

    /// <summary>Multiplies every element by a number.</summary>
    public static GradientTensor operator *(GradientTensor a, double b) => MultiplyScalarOperation.Apply(ForScalar(a, b), new(b));

    private static readonly UnaryOperation MultiplyScalarOperation = new("multiply", UnaryKind.MultiplyScalar, Reads.None, (x, y, g, p) => g * p.A);

    /// <summary>Multiplies every element by a number.</summary>
    public static GradientTensor operator *(double a, GradientTensor b) => b * a;

    /// <summary>Elementwise quotient; shapes broadcast; integers become Float32 first.</summary>
    public static GradientTensor operator /(GradientTensor a, GradientTensor b) => DivideOperation.Apply(a, b);

    private static readonly BinaryOperation DivideOperation = new("divide", BinaryKind.Divide, Inputs.B, Inputs.Both, (a, b, g) => g / b, (a, b, g) => -g * a / (b * b));

    /// <summary>Divides every element by a number; integers become Float32 first.</summary>
    public static GradientTensor operator /(GradientTensor a, double b) => DivideByScalarOperation.Apply(ToFloating(a), new(b));

    private static readonly UnaryOperation DivideByScalarOperation = new("divide", UnaryKind.DivideByScalar, Reads.None, (x, y, g, p) => g / p.A);

    /// <summary>A number divided by every element; integers become Float32 first.</summary>
    public static GradientTensor operator /(double a, GradientTensor b) => DivideScalarByOperation.Apply(ToFloating(b), new(a));

    private static readonly UnaryOperation DivideScalarByOperation = new("divide", UnaryKind.DivideScalarBy, Reads.Input, (x, y, g, p) => -g * p.A / (x * x));

    /// <summary>a − b·⌊a/b⌋, of the sign of b; shapes broadcast.</summary>
    public static GradientTensor operator %(GradientTensor a, GradientTensor b) => RemainderOperation.Apply(a, b);

    private static readonly BinaryOperation RemainderOperation = new("remainder", BinaryKind.Remainder, Inputs.None, Inputs.Both, (a, b, g) => g, (a, b, g) => -g * (a / b).Floor());

    /// <summary>xᵃ of every element.</summary>
    public GradientTensor Pow(double exponent) =>
        exponent == 2 ? Square() : PowScalarOperation.Apply(ForScalar(this, exponent), new(exponent));

    private static readonly UnaryOperation PowScalarOperation = new("pow", UnaryKind.PowScalar, Reads.Input,
            (x, y, g, p) => p.A == 0 ? g.ZerosLike() : g * x.Pow(p.A - 1) * p.A); // 0·∞ at x = 0 would be NaN

    /// <summary>aᵇ, elementwise; shapes broadcast.</summary>
    public GradientTensor Pow(GradientTensor exponent) => PowOperation.Apply(this, exponent);

    private static readonly BinaryOperation PowOperation = new("pow", BinaryKind.Pow, Inputs.Both, Inputs.Both,
            // b·aᵇ⁻¹ is 0 where b is 0, even at a = 0; aᵇ·ln a is 0 where a is 0 and b is not negative (PyTorch's convention)
            (a, b, g) => (g * b * a.Pow(b - 1)).MaskedFill(b.EqualTo(0), 0),
            (a, b, g) => (g * a.Pow(b) * a.Log()).MaskedFill(a.EqualTo(0).LogicalAnd(b.GreaterOrEqual(0)), 0));

    /// <summary>aˣ of every element.</summary>
    public static GradientTensor Pow(double @base, GradientTensor exponent) =>
        ScalarPowOperation.Apply(ForScalar(exponent, @base), new(@base));

    private static readonly UnaryOperation ScalarPowOperation = new("pow", UnaryKind.ScalarPow, Reads.Output,
            (x, y, g, p) => p.A == 0 ? g.ZerosLike() : g * y * Math.Log(p.A));

    /// <summary>The smaller of each pair, NaN if either is; ties share the gradient.</summary>
    public static GradientTensor Minimum(GradientTensor a, GradientTensor b) => MinimumOperation.Apply(a, b);

    // Ties share the gradient, as in PyTorch.
    private static readonly BinaryOperation MinimumOperation = new("minimum", BinaryKind.Minimum, Inputs.Both, Inputs.Both,
            (a, b, g) => BinaryOperation.Share(g, a.LessThan(b), a.EqualTo(b)), (a, b, g) => BinaryOperation.Share(g, b.LessThan(a), a.EqualTo(b)));

    /// <summary>The larger of each pair, NaN if either is; ties share the gradient.</summary>
    public static GradientTensor Maximum(GradientTensor a, GradientTensor b) => MaximumOperation.Apply(a, b);

    private static readonly BinaryOperation MaximumOperation = new("maximum", BinaryKind.Maximum, Inputs.Both, Inputs.Both,
            (a, b, g) => BinaryOperation.Share(g, a.GreaterThan(b), a.EqualTo(b)), (a, b, g) => BinaryOperation.Share(g, b.GreaterThan(a), a.EqualTo(b)));

    /// <summary>The angle of the point (x, y) with y = this, −π to π.</summary>
    public GradientTensor Atan2(GradientTensor x) => Atan2Operation.Apply(this, x);

    private static readonly BinaryOperation Atan2Operation = new("atan2", BinaryKind.Atan2, Inputs.Both, Inputs.Both, (a, b, g) => g * b / (a * a + b * b), (a, b, g) => -g * a / (a * a + b * b));

    /// <summary>min(max(x, min), max); the gradient passes where min ≤ x ≤ max.</summary>
    public GradientTensor Clamp(double min = double.NegativeInfinity, double max = double.PositiveInfinity) =>
        ClampOperation.Apply(this, new(min, max));

    private static readonly UnaryOperation ClampOperation = new("clamp", UnaryKind.Clamp, Reads.Input,
            (x, y, g, p) => g.MaskedFill(x.LessThan(p.A).LogicalOr(x.GreaterThan(p.B)), 0), BinaryKind.ClampGradient);

    /// <summary>A 0-d tensor of this type and device; Float32 if this is an integer and the number has a fraction.</summary>
    internal GradientTensor ScalarLike(double value) =>
        Scalar(value, DType.IsFloatingPoint() || double.IsInteger(value) ? (DType == DType.Bool ? DType.Int64 : DType) : DType.Float32, Device);

    /// <summary>PyTorch's promotion with a number: integers with a fraction become Float32, Bool with an integer Int64.</summary>
    private static GradientTensor ForScalar(GradientTensor x, double scalar)
    {
        if (x.DType.IsFloatingPoint()) return x;
        return double.IsInteger(scalar) ? (x.DType == DType.Bool ? x.To(DType.Int64) : x) : x.To(DType.Float32);
    }

    private static GradientTensor ToFloating(GradientTensor x) => x.DType.IsFloatingPoint() ? x : x.To(DType.Float32);
}
