namespace Gradient.Autograd;

/// <content>Comparisons, logic and choices.</content>
public sealed partial class GradientTensor
{
    /// <summary>Bool: a = b, elementwise.</summary>
    public GradientTensor EqualTo(GradientTensor other) => EqualOperation.Apply(this, other);

    private static readonly BinaryOperation EqualOperation = new("equalTo", BinaryKind.Equal);

    /// <summary>Bool: a = b.</summary>
    public GradientTensor EqualTo(double other) => EqualTo(ScalarLike(other));

    /// <summary>Bool: a ≠ b, elementwise.</summary>
    public GradientTensor NotEqualTo(GradientTensor other) => NotEqualOperation.Apply(this, other);

    private static readonly BinaryOperation NotEqualOperation = new("notEqualTo", BinaryKind.NotEqual);

    /// <summary>Bool: a ≠ b.</summary>
    public GradientTensor NotEqualTo(double other) => NotEqualTo(ScalarLike(other));

    /// <summary>Bool: a &lt; b, elementwise.</summary>
    public GradientTensor LessThan(GradientTensor other) => LessOperation.Apply(this, other);

    private static readonly BinaryOperation LessOperation = new("lessThan", BinaryKind.Less);

    /// <summary>Bool: a &lt; b.</summary>
    public GradientTensor LessThan(double other) => LessThan(ScalarLike(other));

    /// <summary>Bool: a &lt; b, elementwise.</summary>
    public static GradientTensor operator <(GradientTensor a, GradientTensor b) => a.LessThan(b);

    /// <summary>Bool: a &lt; b.</summary>
    public static GradientTensor operator <(GradientTensor a, double b) => a.LessThan(b);

    /// <summary>Bool: a ≤ b, elementwise.</summary>
    public GradientTensor LessOrEqual(GradientTensor other) => LessOrEqualOperation.Apply(this, other);

    private static readonly BinaryOperation LessOrEqualOperation = new("lessOrEqual", BinaryKind.LessOrEqual);

    /// <summary>Bool: a ≤ b.</summary>
    public GradientTensor LessOrEqual(double other) => LessOrEqual(ScalarLike(other));

    /// <summary>Bool: a ≤ b, elementwise.</summary>
    public static GradientTensor operator <=(GradientTensor a, GradientTensor b) => a.LessOrEqual(b);

    /// <summary>Bool: a ≤ b.</summary>
    public static GradientTensor operator <=(GradientTensor a, double b) => a.LessOrEqual(b);

    /// <summary>Bool: a &gt; b, elementwise.</summary>
    public GradientTensor GreaterThan(GradientTensor other) => GreaterOperation.Apply(this, other);

    private static readonly BinaryOperation GreaterOperation = new("greaterThan", BinaryKind.Greater);

    /// <summary>Bool: a &gt; b.</summary>
    public GradientTensor GreaterThan(double other) => GreaterThan(ScalarLike(other));

    /// <summary>Bool: a &gt; b, elementwise.</summary>
    public static GradientTensor operator >(GradientTensor a, GradientTensor b) => a.GreaterThan(b);

    /// <summary>Bool: a &gt; b.</summary>
    public static GradientTensor operator >(GradientTensor a, double b) => a.GreaterThan(b);

    /// <summary>Bool: a ≥ b, elementwise.</summary>
    public GradientTensor GreaterOrEqual(GradientTensor other) => GreaterOrEqualOperation.Apply(this, other);

    private static readonly BinaryOperation GreaterOrEqualOperation = new("greaterOrEqual", BinaryKind.GreaterOrEqual);

    /// <summary>Bool: a ≥ b.</summary>
    public GradientTensor GreaterOrEqual(double other) => GreaterOrEqual(ScalarLike(other));

    /// <summary>Bool: a ≥ b, elementwise.</summary>
    public static GradientTensor operator >=(GradientTensor a, GradientTensor b) => a.GreaterOrEqual(b);

    /// <summary>Bool: a ≥ b.</summary>
    public static GradientTensor operator >=(GradientTensor a, double b) => a.GreaterOrEqual(b);

    /// <summary>Bool: both.</summary>
    public GradientTensor LogicalAnd(GradientTensor other) => LogicalAndOperation.Apply(this, other);

    private static readonly BinaryOperation LogicalAndOperation = new("logicalAnd", BinaryKind.LogicalAnd);

    /// <summary>Bool: at least one.</summary>
    public GradientTensor LogicalOr(GradientTensor other) => LogicalOrOperation.Apply(this, other);

    private static readonly BinaryOperation LogicalOrOperation = new("logicalOr", BinaryKind.LogicalOr);

    /// <summary>Bool: exactly one.</summary>
    public GradientTensor LogicalXor(GradientTensor other) => LogicalXorOperation.Apply(this, other);

    private static readonly BinaryOperation LogicalXorOperation = new("logicalXor", BinaryKind.LogicalXor);

    /// <summary>Bool: not.</summary>
    public GradientTensor LogicalNot() => LogicalNotOperation.Apply(To(DType.Bool));

    private static readonly UnaryOperation LogicalNotOperation = new("logicalNot", UnaryKind.LogicalNot, Reads.None, null);

    /// <summary>Bool: whether each element is NaN.</summary>
    public GradientTensor IsNaN() => IsNaNOperation.Apply(this);

    private static readonly UnaryOperation IsNaNOperation = new("isNaN", UnaryKind.IsNaN, Reads.None, null);

    /// <summary>Bool: whether each element is neither NaN nor infinite.</summary>
    public GradientTensor IsFinite() => IsFiniteOperation.Apply(this);

    private static readonly UnaryOperation IsFiniteOperation = new("isFinite", UnaryKind.IsFinite, Reads.None, null);

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
}
