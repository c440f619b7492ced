namespace Gradient.Autograd;

/// <content>
/// Operations that overwrite the tensor. They are never recorded: they are for what has no history, and for parameters inside
/// <see cref="Tape.NoGrad"/>. A value that a recorded operation saved and that is overwritten afterwards fails its backward.
/// </content>
public sealed partial class GradientTensor
{
    /// <summary>Adds a tensor that broadcasts to this shape, in place.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad, or <c>x = x + other</c>.</exception>
    public GradientTensor AddInPlace(GradientTensor other) => BinaryInPlace("addInPlace", BinaryKind.Add, other);

    /// <summary>Adds a number to every element, in place.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad, or <c>x = x + number</c>.</exception>
    public GradientTensor AddInPlace(double number) => UnaryInPlace("addInPlace", UnaryKind.AddScalar, number);

    /// <summary>Subtracts a tensor that broadcasts to this shape, in place.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad, or <c>x = x - other</c>.</exception>
    public GradientTensor SubtractInPlace(GradientTensor other) => BinaryInPlace("subtractInPlace", BinaryKind.Subtract, other);

    /// <summary>Multiplies by a tensor that broadcasts to this shape, in place.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad, or <c>x = x * other</c>.</exception>
    public GradientTensor MultiplyInPlace(GradientTensor other) => BinaryInPlace("multiplyInPlace", BinaryKind.Multiply, other);

    /// <summary>Multiplies every element by a number, in place.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad, or <c>x = x * number</c>.</exception>
    public GradientTensor MultiplyInPlace(double number) => UnaryInPlace("multiplyInPlace", UnaryKind.MultiplyScalar, number);

    /// <summary>Overwrites every element with a number.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad.</exception>
    public GradientTensor Fill(double value)
    {
        CheckOverwritable("fill", null);
        Value.Fill(value);
        return this;
    }

    /// <summary>Overwrites every element with 0.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad.</exception>
    public GradientTensor Zero() => Fill(0);

    /// <summary>Overwrites the elements with those of another tensor, which broadcasts to this shape, of any type and device.</summary>
    /// <returns>The tensor itself.</returns>
    /// <exception cref="TapeException">A gradient would be lost: use NoGrad.</exception>
    /// <exception cref="ShapeMismatchException">The source does not broadcast to this shape.</exception>
    public GradientTensor CopyFrom(GradientTensor source)
    {
        CheckOverwritable("copyFrom", source);
        if (!ReferenceEquals(source.Value, Value)) Value.CopyFrom(Apart(source.Value));
        return this;
    }

    private GradientTensor BinaryInPlace(string name, BinaryKind kind, GradientTensor other)
    {
        CheckOverwritable(name, other);
        ShapeChecks.SameDevice(name, Value, other.Value);
        if (ShapeChecks.Broadcast(name, Shape, other.Shape) != Shape)
            throw new ShapeMismatchException($"{name}: shape {other.Shape} does not broadcast to {Shape}, the shape of what is overwritten.");
        CheckHolds(name, other.DType);
        Backend.Binary(kind, Value, Apart(other.Value.To(DType)), Value);
        Value.Storage.BumpVersion();
        return this;
    }

    private GradientTensor UnaryInPlace(string name, UnaryKind kind, double number)
    {
        CheckOverwritable(name, null);
        CheckHolds(name, double.IsInteger(number) ? DType.Int32 : DType.Float32);
        Backend.Unary(kind, Value, Value, new(number));
        Value.Storage.BumpVersion();
        return this;
    }

    /// <summary>The other operand, copied if it overlaps this tensor without being it: kernels may write before they read.</summary>
    private Tensor Apart(Tensor other) =>
        ReferenceEquals(other.Storage, Value.Storage) && other.Layout != Value.Layout ? other.Copy() : other;

    private void CheckHolds(string name, DType other)
    {
        if (DType == DType.Bool || (other.IsFloatingPoint() && !DType.IsFloatingPoint()))
            throw new DTypeMismatchException($"{name}: {DType.Name()} cannot hold the result with {other.Name()}; convert this tensor first, or compute a new one.");
    }

    private void CheckOverwritable(string name, GradientTensor? other)
    {
        for (int i = 0; i < Rank; i++)
            if (Shape[i] > 1 && Value.Layout.Stride(i) == 0)
                throw new UnsupportedOperationException($"{name}: several elements of this expanded tensor of shape {Shape} are one in memory; Clone it first.");
        if (!Tape.IsRecording) return;
        if (requiresGrad && IsLeaf)
            throw new TapeException(
                $"{name}: a leaf of shape {Shape} that requires gradients cannot be overwritten while operations are recorded; do it in using (Tape.NoGrad()) {{ … }}.");
        if (RequiresGrad || other is { RequiresGrad: true })
            throw new TapeException(
                $"{name}: overwriting a tensor of shape {Shape} is not recorded, so its gradient would be lost; compute a new tensor instead, Detach, or use Tape.NoGrad.");
    }
}
