namespace Gradient.Autograd;

/// <summary>Which inputs of a binary operation a derivative reads, and so what the tape keeps alive.</summary>
[Flags]
internal enum Inputs
{
    None = 0,
    A = 1,
    B = 2,
    Both = A | B,
}

/// <summary>
/// What stands under each binary operation of <see cref="GradientTensor"/>: name, kernel, derivatives. Inputs broadcast and are promoted to one type; the tape
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
    private readonly AutocastPolicy policy = Autocast.PolicyOf(Name);

    /// <summary>Computes and records.</summary>
    public GradientTensor Apply(GradientTensor a, GradientTensor b)
    {
        ShapeChecks.SameDevice(Name, a.Value, b.Value);
        var shape = ShapeChecks.Broadcast(Name, a.Shape, b.Shape);
        var casting = Autocast.For(policy, a, b);
        (a, b) = (casting.Apply(a), casting.Apply(b));
        var dtype = ComputeType(a.DType, b.DType);
        if (a.DType != dtype) a = a.To(dtype);
        if (b.DType != dtype) b = b.To(dtype);
        bool toBool = Kind is >= BinaryKind.Equal and <= BinaryKind.LogicalXor;
        var result = Tensor.Empty(shape, toBool ? DType.Bool : dtype, a.Device, Name);
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

    internal static GradientTensor Share(GradientTensor g, GradientTensor wins, GradientTensor ties) =>
        wins.Where(g, ties.Where(g * 0.5, g.ZerosLike()));
}
