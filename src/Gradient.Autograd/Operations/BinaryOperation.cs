namespace Gradient.Autograd;

/// <summary>Which inputs of a binary operation a derivative reads, and so what the tape keeps alive.</summary>
[Flags]
internal enum Inputs
{
    None = 0,
    A = 1,
    B = 2,
}

/// <summary>
/// A row of the table of binary operations: name, kernel, derivatives. Inputs broadcast and are promoted to one type; the tape
/// sums gradients back to the inputs' shapes.
/// </summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Kind">The kernel.</param>
/// <param name="ForA">What the derivative with respect to a reads.</param>
/// <param name="ForB">What the derivative with respect to b reads.</param>
/// <param name="ByA">(a, b, g) → the gradient of a; null where it is meaningless. What it does not read is null.</param>
/// <param name="ByB">(a, b, g) → the gradient of b.</param>
internal sealed record BinaryOperation(
    string Name, BinaryKind Kind, Inputs ForA = Inputs.None, Inputs ForB = Inputs.None,
    Func<GradientTensor, GradientTensor, GradientTensor, GradientTensor>? ByA = null,
    Func<GradientTensor, GradientTensor, GradientTensor, GradientTensor>? ByB = null)
{
    private const Inputs Both = Inputs.A | Inputs.B;

    public static readonly BinaryOperation
        Add = new("add", BinaryKind.Add, Inputs.None, Inputs.None, (a, b, g) => g, (a, b, g) => g),
        Subtract = new("subtract", BinaryKind.Subtract, Inputs.None, Inputs.None, (a, b, g) => g, (a, b, g) => -g),
        Multiply = new("multiply", BinaryKind.Multiply, Inputs.B, Inputs.A, (a, b, g) => g * b, (a, b, g) => g * a),
        Divide = new("divide", BinaryKind.Divide, Inputs.B, Both, (a, b, g) => g / b, (a, b, g) => -g * a / (b * b)),
        Pow = new("pow", BinaryKind.Pow, Both, Both,
            // b·aᵇ⁻¹ is 0 where b is 0, even at a = 0; aᵇ·ln a is 0 where a is 0 and b is not negative (PyTorch's convention)
            (a, b, g) => (g * b * a.Pow(b - 1)).MaskedFill(b.EqualTo(0), 0),
            (a, b, g) => (g * a.Pow(b) * a.Log()).MaskedFill(a.EqualTo(0).LogicalAnd(b.GreaterOrEqual(0)), 0)),
        // Ties share the gradient, as in PyTorch.
        Minimum = new("minimum", BinaryKind.Minimum, Both, Both,
            (a, b, g) => Share(g, a.LessThan(b), a.EqualTo(b)), (a, b, g) => Share(g, b.LessThan(a), a.EqualTo(b))),
        Maximum = new("maximum", BinaryKind.Maximum, Both, Both,
            (a, b, g) => Share(g, a.GreaterThan(b), a.EqualTo(b)), (a, b, g) => Share(g, b.GreaterThan(a), a.EqualTo(b))),
        Remainder = new("remainder", BinaryKind.Remainder, Inputs.None, Both, (a, b, g) => g, (a, b, g) => -g * (a / b).Floor()),
        Atan2 = new("atan2", BinaryKind.Atan2, Both, Both, (a, b, g) => g * b / (a * a + b * b), (a, b, g) => -g * a / (a * a + b * b)),
        Equal = new("equalTo", BinaryKind.Equal),
        NotEqual = new("notEqualTo", BinaryKind.NotEqual),
        Less = new("lessThan", BinaryKind.Less),
        LessOrEqual = new("lessOrEqual", BinaryKind.LessOrEqual),
        Greater = new("greaterThan", BinaryKind.Greater),
        GreaterOrEqual = new("greaterOrEqual", BinaryKind.GreaterOrEqual),
        LogicalAnd = new("logicalAnd", BinaryKind.LogicalAnd),
        LogicalOr = new("logicalOr", BinaryKind.LogicalOr),
        LogicalXor = new("logicalXor", BinaryKind.LogicalXor);

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
        return ByA is not null && (a.RequiresGrad || b.RequiresGrad) && Tape.IsRecording ? Record(result, a, b) : new(result);
    }

    private GradientTensor Record(Tensor result, GradientTensor a, GradientTensor b)
    {
        bool needA = a.RequiresGrad, needB = b.RequiresGrad;
        var reads = (needA ? ForA : Inputs.None) | (needB ? ForB : Inputs.None);
        var keptA = reads.HasFlag(Inputs.A) ? a : null;
        var keptB = reads.HasFlag(Inputs.B) ? b : null;
        return Tape.Record(Name, result, [a, b], g => [needA ? ByA!(keptA!, keptB!, g) : null, needB ? ByB!(keptA!, keptB!, g) : null], keptA, keptB);
    }

    private DType ComputeType(DType a, DType b) => Kind switch
    {
        BinaryKind.LogicalAnd or BinaryKind.LogicalOr or BinaryKind.LogicalXor => DType.Bool,
        // True division, as in PyTorch: integers become Float32.
        BinaryKind.Divide or BinaryKind.Atan2 when !DTypes.Promote(a, b).IsFloatingPoint() => DType.Float32,
        _ => DTypes.Promote(a, b),
    };

    private static GradientTensor Share(GradientTensor g, GradientTensor wins, GradientTensor ties) =>
        wins.Where(g, ties.Where(g * 0.5, g.ZerosLike()));
}
