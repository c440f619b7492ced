namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>Elementwise sum; shapes broadcast.</summary>
    public static GradientTensor operator +(GradientTensor a, GradientTensor b) => BinaryOperation.Add.Apply(a, b);

    /// <summary>Adds a number to every element.</summary>
    public static GradientTensor operator +(GradientTensor a, double b) => UnaryOperation.AddScalar.Apply(ForScalar(a, b), new(b));

    /// <summary>Adds a number to every element.</summary>
    public static GradientTensor operator +(double a, GradientTensor b) => b + a;

    /// <summary>Elementwise difference; shapes broadcast.</summary>
    public static GradientTensor operator -(GradientTensor a, GradientTensor b) => BinaryOperation.Subtract.Apply(a, b);

    /// <summary>Subtracts a number from every element.</summary>
    public static GradientTensor operator -(GradientTensor a, double b) => a + -b;

    /// <summary>A number minus every element.</summary>
    public static GradientTensor operator -(double a, GradientTensor b) => UnaryOperation.SubtractFromScalar.Apply(ForScalar(b, a), new(a));

    /// <summary>Elementwise negation.</summary>
    public static GradientTensor operator -(GradientTensor a) => UnaryOperation.Negate.Apply(a);

    /// <summary>Elementwise product; shapes broadcast.</summary>
    public static GradientTensor operator *(GradientTensor a, GradientTensor b) => BinaryOperation.Multiply.Apply(a, b);

    /// <summary>Multiplies every element by a number.</summary>
    public static GradientTensor operator *(GradientTensor a, double b) => UnaryOperation.MultiplyScalar.Apply(ForScalar(a, b), new(b));

    /// <summary>Multiplies every element by a number.</summary>
    public static GradientTensor operator *(double a, GradientTensor b) => b * a;

    /// <summary>Elementwise quotient; shapes broadcast; integers become Float32 first.</summary>
    public static GradientTensor operator /(GradientTensor a, GradientTensor b) => BinaryOperation.Divide.Apply(a, b);

    /// <summary>Divides every element by a number; integers become Float32 first.</summary>
    public static GradientTensor operator /(GradientTensor a, double b) => UnaryOperation.DivideByScalar.Apply(ToFloating(a), new(b));

    /// <summary>A number divided by every element; integers become Float32 first.</summary>
    public static GradientTensor operator /(double a, GradientTensor b) => UnaryOperation.DivideScalarBy.Apply(ToFloating(b), new(a));

    /// <summary>a − b·⌊a/b⌋, of the sign of b; shapes broadcast.</summary>
    public static GradientTensor operator %(GradientTensor a, GradientTensor b) => BinaryOperation.Remainder.Apply(a, b);

    /// <summary>|x|; the gradient at 0 is 0.</summary>
    public GradientTensor Abs() => UnaryOperation.Abs.Apply(this);

    /// <summary>−1, 0 or 1.</summary>
    public GradientTensor Sign() => UnaryOperation.Sign.Apply(this);

    /// <summary>x².</summary>
    public GradientTensor Square() => UnaryOperation.Square.Apply(this);

    /// <summary>1/x.</summary>
    public GradientTensor Reciprocal() => UnaryOperation.Reciprocal.Apply(ToFloating(this));

    /// <summary>√x.</summary>
    public GradientTensor Sqrt() => UnaryOperation.Sqrt.Apply(ToFloating(this));

    /// <summary>1/√x.</summary>
    public GradientTensor Rsqrt() => UnaryOperation.Rsqrt.Apply(ToFloating(this));

    /// <summary>eˣ.</summary>
    public GradientTensor Exp() => UnaryOperation.Exp.Apply(ToFloating(this));

    /// <summary>eˣ − 1, accurate near 0.</summary>
    public GradientTensor Expm1() => UnaryOperation.Expm1.Apply(ToFloating(this));

    /// <summary>ln x.</summary>
    public GradientTensor Log() => UnaryOperation.Log.Apply(ToFloating(this));

    /// <summary>ln(1 + x), accurate near 0.</summary>
    public GradientTensor Log1p() => UnaryOperation.Log1p.Apply(ToFloating(this));

    /// <summary>log₂ x.</summary>
    public GradientTensor Log2() => UnaryOperation.Log2.Apply(ToFloating(this));

    /// <summary>sin x, in radians.</summary>
    public GradientTensor Sin() => UnaryOperation.Sin.Apply(ToFloating(this));

    /// <summary>cos x, in radians.</summary>
    public GradientTensor Cos() => UnaryOperation.Cos.Apply(ToFloating(this));

    /// <summary>tan x, in radians.</summary>
    public GradientTensor Tan() => UnaryOperation.Tan.Apply(ToFloating(this));

    /// <summary>The error function 2/√π ∫₀ˣ e^(−t²) dt.</summary>
    public GradientTensor Erf() => UnaryOperation.Erf.Apply(ToFloating(this));

    /// <summary>Toward −∞; the gradient is 0.</summary>
    public GradientTensor Floor() => UnaryOperation.Floor.Apply(this);

    /// <summary>Toward +∞; the gradient is 0.</summary>
    public GradientTensor Ceiling() => UnaryOperation.Ceiling.Apply(this);

    /// <summary>To the nearest integer, ties to even; the gradient is 0.</summary>
    public GradientTensor Round() => UnaryOperation.Round.Apply(this);

    /// <summary>Toward 0; the gradient is 0.</summary>
    public GradientTensor Truncate() => UnaryOperation.Truncate.Apply(this);

    /// <summary>xᵃ of every element.</summary>
    public GradientTensor Pow(double exponent) =>
        exponent == 2 ? Square() : UnaryOperation.PowScalar.Apply(ForScalar(this, exponent), new(exponent));

    /// <summary>aᵇ, elementwise; shapes broadcast.</summary>
    public GradientTensor Pow(GradientTensor exponent) => BinaryOperation.Pow.Apply(this, exponent);

    /// <summary>aˣ of every element.</summary>
    public static GradientTensor Pow(double @base, GradientTensor exponent) =>
        UnaryOperation.ScalarPow.Apply(ForScalar(exponent, @base), new(@base));

    /// <summary>The smaller of each pair, NaN if either is; ties share the gradient.</summary>
    public static GradientTensor Minimum(GradientTensor a, GradientTensor b) => BinaryOperation.Minimum.Apply(a, b);

    /// <summary>The larger of each pair, NaN if either is; ties share the gradient.</summary>
    public static GradientTensor Maximum(GradientTensor a, GradientTensor b) => BinaryOperation.Maximum.Apply(a, b);

    /// <summary>The angle of the point (x, y) with y = this, −π to π.</summary>
    public GradientTensor Atan2(GradientTensor x) => BinaryOperation.Atan2.Apply(this, x);

    /// <summary>min(max(x, min), max); the gradient passes where min ≤ x ≤ max.</summary>
    public GradientTensor Clamp(double min = double.NegativeInfinity, double max = double.PositiveInfinity) =>
        UnaryOperation.Clamp.Apply(this, new(min, max));

    /// <summary>max(x, 0); the gradient at 0 is 0.</summary>
    public GradientTensor Relu() => UnaryOperation.Relu.Apply(this);

    /// <summary>x where x &gt; 0, else <paramref name="slope"/>·x.</summary>
    public GradientTensor LeakyRelu(double slope = 0.01) => UnaryOperation.LeakyRelu.Apply(this, new(slope));

    /// <summary>x where x &gt; 0, else α·(eˣ − 1) (Clevert, Unterthiner, Hochreiter, 2016).</summary>
    public GradientTensor Elu(double alpha = 1) => UnaryOperation.Elu.Apply(this, new(alpha));

    /// <summary>x·Φ(x) (Hendrycks, Gimpel, 2016), or its approximation by tanh.</summary>
    public GradientTensor Gelu(bool approximate = false) =>
        (approximate ? UnaryOperation.GeluTanh : UnaryOperation.Gelu).Apply(this);

    /// <summary>x·sigmoid(x), also called Swish (Ramachandran, Zoph, Le, 2017).</summary>
    public GradientTensor Silu() => UnaryOperation.Silu.Apply(this);

    /// <summary>1/(1 + e⁻ˣ).</summary>
    public GradientTensor Sigmoid() => UnaryOperation.Sigmoid.Apply(ToFloating(this));

    /// <summary>The hyperbolic tangent.</summary>
    public GradientTensor Tanh() => UnaryOperation.Tanh.Apply(ToFloating(this));

    /// <summary>ln(1 + e^(βx))/β, and x itself where βx &gt; threshold.</summary>
    public GradientTensor Softplus(double beta = 1, double threshold = 20) => UnaryOperation.Softplus.Apply(this, new(beta, threshold));

    /// <summary>x·min(max(x + 3, 0), 6)/6 (Howard et al., Searching for MobileNetV3, 2019).</summary>
    public GradientTensor Hardswish() => UnaryOperation.Hardswish.Apply(this);

    /// <summary>x·tanh(ln(1 + eˣ)) (Misra, 2019).</summary>
    public GradientTensor Mish() => UnaryOperation.Mish.Apply(this);

    /// <summary>Bool: a = b, elementwise.</summary>
    public GradientTensor EqualTo(GradientTensor other) => BinaryOperation.Equal.Apply(this, other);

    /// <summary>Bool: a = b.</summary>
    public GradientTensor EqualTo(double other) => EqualTo(ScalarLike(other));

    /// <summary>Bool: a ≠ b, elementwise.</summary>
    public GradientTensor NotEqualTo(GradientTensor other) => BinaryOperation.NotEqual.Apply(this, other);

    /// <summary>Bool: a ≠ b.</summary>
    public GradientTensor NotEqualTo(double other) => NotEqualTo(ScalarLike(other));

    /// <summary>Bool: a &lt; b, elementwise.</summary>
    public GradientTensor LessThan(GradientTensor other) => BinaryOperation.Less.Apply(this, other);

    /// <summary>Bool: a &lt; b.</summary>
    public GradientTensor LessThan(double other) => LessThan(ScalarLike(other));

    /// <summary>Bool: a ≤ b, elementwise.</summary>
    public GradientTensor LessOrEqual(GradientTensor other) => BinaryOperation.LessOrEqual.Apply(this, other);

    /// <summary>Bool: a ≤ b.</summary>
    public GradientTensor LessOrEqual(double other) => LessOrEqual(ScalarLike(other));

    /// <summary>Bool: a &gt; b, elementwise.</summary>
    public GradientTensor GreaterThan(GradientTensor other) => BinaryOperation.Greater.Apply(this, other);

    /// <summary>Bool: a &gt; b.</summary>
    public GradientTensor GreaterThan(double other) => GreaterThan(ScalarLike(other));

    /// <summary>Bool: a ≥ b, elementwise.</summary>
    public GradientTensor GreaterOrEqual(GradientTensor other) => BinaryOperation.GreaterOrEqual.Apply(this, other);

    /// <summary>Bool: a ≥ b.</summary>
    public GradientTensor GreaterOrEqual(double other) => GreaterOrEqual(ScalarLike(other));

    /// <summary>Bool: both.</summary>
    public GradientTensor LogicalAnd(GradientTensor other) => BinaryOperation.LogicalAnd.Apply(this, other);

    /// <summary>Bool: at least one.</summary>
    public GradientTensor LogicalOr(GradientTensor other) => BinaryOperation.LogicalOr.Apply(this, other);

    /// <summary>Bool: exactly one.</summary>
    public GradientTensor LogicalXor(GradientTensor other) => BinaryOperation.LogicalXor.Apply(this, other);

    /// <summary>Bool: not.</summary>
    public GradientTensor LogicalNot() => UnaryOperation.LogicalNot.Apply(To(DType.Bool));

    /// <summary>Bool: whether each element is NaN.</summary>
    public GradientTensor IsNaN() => UnaryOperation.IsNaN.Apply(this);

    /// <summary>Bool: whether each element is neither NaN nor infinite.</summary>
    public GradientTensor IsFinite() => UnaryOperation.IsFinite.Apply(this);

    /// <summary>
    /// <paramref name="ifTrue"/> where this Bool tensor is true, else <paramref name="ifFalse"/>; all three broadcast.
    /// </summary>
    /// <exception cref="DTypeMismatchException">This tensor is not Bool.</exception>
    public GradientTensor Where(GradientTensor ifTrue, GradientTensor ifFalse)
    {
        if (DType != DType.Bool) throw new DTypeMismatchException($"where: the condition is {DType.Name()}, not bool; compare first, or use To(DType.Bool).");
        ShapeChecks.SameDevice("where", Value, ifTrue.Value);
        ShapeChecks.SameDevice("where", Value, ifFalse.Value);
        var dtype = DTypes.Promote(ifTrue.DType, ifFalse.DType);
        (ifTrue, ifFalse) = (ifTrue.To(dtype), ifFalse.To(dtype));
        var shape = ShapeChecks.Broadcast("where", Shape, ShapeChecks.Broadcast("where", ifTrue.Shape, ifFalse.Shape));
        var result = Tensor.Empty(shape, dtype, Device);
        Backend.Ternary(TernaryKind.Where, Value, ifTrue.Value, ifFalse.Value, result);
        bool needTrue = ifTrue.RequiresGrad, needFalse = ifFalse.RequiresGrad;
        return Tape.Record(
            "where", result, [ifTrue, ifFalse],
            g => [needTrue ? Where(g, g.ScalarLike(0)) : null, needFalse ? Where(g.ScalarLike(0), g) : null], this);
    }

    /// <summary>A value put where the Bool mask, which broadcasts, is true.</summary>
    public GradientTensor MaskedFill(GradientTensor mask, double value) => mask.Where(ScalarLike(value), this);

    /// <summary>This tensor if it has the type, else a converted copy; gradients flow between floating-point types.</summary>
    public GradientTensor To(DType dtype)
    {
        if (dtype == DType) return this;
        var from = DType;
        return Tape.Record("to", Value.To(dtype), [this], g => [g.To(from)]);
    }

    /// <summary>This tensor if it lies on the device, else a copy there; gradients flow back.</summary>
    public GradientTensor To(Device device)
    {
        if (ReferenceEquals(device, Device)) return this;
        var from = Device;
        return Tape.Record("to", Value.To(device), [this], g => [g.To(from)]);
    }

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
