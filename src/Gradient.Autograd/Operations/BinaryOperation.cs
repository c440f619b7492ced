namespace Gradient.Autograd;

/// <summary>
/// A row of the table of binary operations: name, kernel, derivatives. Inputs broadcast and are promoted to one type; the tape
/// sums gradients back to the inputs' shapes.
/// </summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Kind">The kernel.</param>
/// <param name="ReadsInputs">Whether the derivatives read the inputs.</param>
/// <param name="Derivative">(a, b, g) → the gradients of a and b; null where they are 0 or meaningless.</param>
internal sealed record BinaryOperation(
    string Name, BinaryKind Kind, bool ReadsInputs,
    Func<GradientTensor, GradientTensor, GradientTensor, (Func<GradientTensor> A, Func<GradientTensor> B)>? Derivative)
{
    public static readonly BinaryOperation
        Add = new("add", BinaryKind.Add, false, (a, b, g) => (() => g, () => g)),
        Subtract = new("subtract", BinaryKind.Subtract, false, (a, b, g) => (() => g, () => -g)),
        Multiply = new("multiply", BinaryKind.Multiply, true, (a, b, g) => (() => g * b, () => g * a)),
        Divide = new("divide", BinaryKind.Divide, true, (a, b, g) => (() => g / b, () => -g * a / (b * b))),
        Pow = new("pow", BinaryKind.Pow, true, (a, b, g) => (
            // b·aᵇ⁻¹ is 0 where b is 0, even at a = 0; aᵇ·ln a is 0 where a is 0 and b is not negative (PyTorch's convention)
            () => (g * b * a.Pow(b - 1)).MaskedFill(b.EqualTo(0), 0),
            () => (g * a.Pow(b) * a.Log()).MaskedFill(a.EqualTo(0).LogicalAnd(b.GreaterOrEqual(0)), 0))),
        // Ties share the gradient, as in PyTorch.
        Minimum = new("minimum", BinaryKind.Minimum, true, (a, b, g) => (() => Share(g, a.LessThan(b), a.EqualTo(b)), () => Share(g, b.LessThan(a), a.EqualTo(b)))),
        Maximum = new("maximum", BinaryKind.Maximum, true, (a, b, g) => (() => Share(g, a.GreaterThan(b), a.EqualTo(b)), () => Share(g, b.GreaterThan(a), a.EqualTo(b)))),
        Remainder = new("remainder", BinaryKind.Remainder, true, (a, b, g) => (() => g, () => -g * (a / b).Floor())),
        Atan2 = new("atan2", BinaryKind.Atan2, true, (a, b, g) => (() => g * b / (a * a + b * b), () => -g * a / (a * a + b * b))),
        Equal = new("equalTo", BinaryKind.Equal, false, null),
        NotEqual = new("notEqualTo", BinaryKind.NotEqual, false, null),
        Less = new("lessThan", BinaryKind.Less, false, null),
        LessOrEqual = new("lessOrEqual", BinaryKind.LessOrEqual, false, null),
        Greater = new("greaterThan", BinaryKind.Greater, false, null),
        GreaterOrEqual = new("greaterOrEqual", BinaryKind.GreaterOrEqual, false, null),
        LogicalAnd = new("logicalAnd", BinaryKind.LogicalAnd, false, null),
        LogicalOr = new("logicalOr", BinaryKind.LogicalOr, false, null),
        LogicalXor = new("logicalXor", BinaryKind.LogicalXor, false, null);

    /// <summary>Computes and records.</summary>
    public GradientTensor Apply(GradientTensor a, GradientTensor b)
    {
        ShapeChecks.SameDevice(Name, a.Value, b.Value);
        var shape = ShapeChecks.Broadcast(Name, a.Shape, b.Shape);
        var dtype = ComputeType(a.DType, b.DType);
        if (a.DType != dtype) a = a.To(dtype);
        if (b.DType != dtype) b = b.To(dtype);
        bool toBool = Kind is >= BinaryKind.Equal and <= BinaryKind.LogicalXor;
        var result = Tensor.Empty(shape, toBool ? DType.Bool : dtype, a.Device);
        a.Backend.Binary(Kind, a.Value, b.Value, result);
        if (Derivative is not { } derivative || !Tape.IsRecording || !(a.RequiresGrad || b.RequiresGrad)) return new(result);
        bool needA = a.RequiresGrad, needB = b.RequiresGrad;
        if (!ReadsInputs)
            return Tape.Record(Name, result, [a, b], g => Gradients(derivative(null!, null!, g), needA, needB));
        return Tape.Record(Name, result, [a, b], g => Gradients(derivative(a, b, g), needA, needB), a, b);
    }

    private DType ComputeType(DType a, DType b) => Kind switch
    {
        BinaryKind.LogicalAnd or BinaryKind.LogicalOr or BinaryKind.LogicalXor => DType.Bool,
        // True division, as in PyTorch: integers become Float32.
        BinaryKind.Divide or BinaryKind.Atan2 when !DTypes.Promote(a, b).IsFloatingPoint() => DType.Float32,
        _ => DTypes.Promote(a, b),
    };

    private static GradientTensor?[] Gradients((Func<GradientTensor> A, Func<GradientTensor> B) rules, bool needA, bool needB) =>
        [needA ? rules.A() : null, needB ? rules.B() : null];

    private static GradientTensor Share(GradientTensor g, GradientTensor wins, GradientTensor ties) =>
        wins.Where(g, ties.Where(g * 0.5, g.ZerosLike()));
}
