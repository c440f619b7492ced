using System.Runtime.CompilerServices;

namespace Gradient.Core;

/// <summary>
/// Where the elements of a tensor lie in its storage: element [i₀, i₁, …] is at Offset + Σ iₖ·Strides[k], counted in
/// elements. Pure arithmetic: no device, no data. Strides may be 0 (an expanded axis) or negative (a flipped one).
/// Every view is a new layout over the same storage.
/// </summary>
public readonly partial struct Layout : IEquatable<Layout>
{
    private readonly Axes8 strides;
    private readonly Shape shape;

    /// <summary>A layout of given strides, one per axis, and offset, all in elements.</summary>
    /// <exception cref="ShapeMismatchException">Not one stride per axis, or a negative length.</exception>
    public Layout(in Shape shape, ReadOnlySpan<long> strides, long offset)
    {
        if (strides.Length != shape.Rank)
            throw new ShapeMismatchException($"Shape {shape} needs {shape.Rank} strides, but {strides.Length} were given.");
        this.shape = shape;
        Offset = offset;
        for (int i = 0; i < strides.Length; i++)
        {
            if (shape[i] < 0) throw Negative(shape);
            this.strides[i] = strides[i];
        }
    }

    private Layout(in Shape shape, in Axes8 strides, long offset)
    {
        this.strides = strides;
        this.shape = shape;
        Offset = offset;
    }

    /// <summary>The row-major layout without gaps: the last axis has stride 1.</summary>
    /// <exception cref="ShapeMismatchException">A length is negative, or there are more than 2⁶³ − 1 elements.</exception>
    public static Layout Contiguous(in Shape shape, long offset = 0) => Contiguous(shape, offset, out _);

    /// <summary>The row-major layout, and the number of elements, which falls out of its strides.</summary>
    internal static Layout Contiguous(in Shape shape, long offset, out long elementCount)
    {
        Axes8 strides = default;
        long stride = 1;
        bool fits = true, empty = false;
        for (int i = shape.Rank - 1; i >= 0; i--)
        {
            long length = shape[i];
            strides[i] = stride;
            if (length > 0) fits &= Shape.TryMultiply(stride, length, out stride);
            else if (length == 0) empty = true;
            else throw Negative(shape);
        }

        if (!fits && !empty) throw shape.TooManyElements();
        elementCount = empty ? 0 : stride;
        return new(shape, strides, offset);
    }

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => shape;
    }

    /// <summary>The number of axes.</summary>
    public int Rank => shape.Rank;

    /// <summary>The position of element [0, 0, …] in the storage, in elements.</summary>
    public long Offset { get; }

    /// <summary>The number of elements.</summary>
    /// <exception cref="ShapeMismatchException">It exceeds 2⁶³ − 1.</exception>
    public long ElementCount => shape.ElementCount;

    /// <summary>How far apart neighbours along an axis lie, in elements. Negative axes count from the end.</summary>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    public long Stride(int axis) => strides[shape.Axis(axis)];

    /// <summary>Writes the strides to the front of <paramref name="destination"/>.</summary>
    public void CopyStridesTo(Span<long> destination)
    {
        for (int i = 0; i < Rank; i++) destination[i] = strides[i];
    }

    /// <summary>Whether the elements lie in row-major order without gaps (axes of length 1 may have any stride).</summary>
    public bool IsContiguous
    {
        get
        {
            long expected = 1;
            bool gaps = false;
            for (int i = Rank - 1; i >= 0; i--)
            {
                long length = shape[i];
                if (length == 0) return true;
                if (length == 1) continue;
                gaps |= strides[i] != expected;
                expected *= length;
            }

            return !gaps;
        }
    }

    /// <summary>
    /// Whether several indices may lead to one element, so that the view must not be written to. Never false when they do;
    /// true also for interleaved axes that happen to miss each other, which no view of a contiguous tensor has.
    /// </summary>
    public bool HasOverlap
    {
        get
        {
            // Taken by growing |stride|, every axis must step over all that the finer axes reach.
            Axes8 steps = default, lengths = default;
            int count = 0;
            for (int i = 0; i < Rank; i++)
            {
                if (shape[i] == 0) return false;
                if (shape[i] == 1) continue;
                long step = strides[i] == long.MinValue ? long.MaxValue : Math.Abs(strides[i]);
                int at = count++;
                for (; at > 0 && steps[at - 1] > step; at--) (steps[at], lengths[at]) = (steps[at - 1], lengths[at - 1]);
                (steps[at], lengths[at]) = (step, shape[i]);
            }

            long reach = 0;
            for (int i = 0; i < count; i++)
            {
                if (steps[i] <= reach) return true;
                if (!Shape.TryMultiply(steps[i], lengths[i] - 1, out long further) || further > long.MaxValue - reach) return true;
                reach += further;
            }

            return false;
        }
    }

    /// <summary>The lowest and highest position that any element has in the storage; (0, −1) for an empty tensor.</summary>
    /// <exception cref="OverflowException">A position lies beyond ±2⁶³.</exception>
    public (long First, long Last) Bounds
    {
        get
        {
            if (shape.IsEmpty) return (0, -1);
            long first = Offset, last = Offset;
            for (int i = 0; i < Rank; i++)
            {
                long reach = checked(strides[i] * (shape[i] - 1));
                if (reach < 0) first = checked(first + reach);
                else last = checked(last + reach);
            }

            return (first, last);
        }
    }

    /// <summary>The position in the storage of the element that is <paramref name="index"/>th in row-major order.</summary>
    public long PositionOf(long index)
    {
        long position = Offset;
        for (int i = Rank - 1; i >= 0; i--)
        {
            (index, long coordinate) = Math.DivRem(index, shape[i]);
            position += coordinate * strides[i];
        }

        return position;
    }

    /// <inheritdoc/>
    public bool Equals(Layout other)
    {
        if (shape != other.shape || Offset != other.Offset) return false;
        for (int i = 0; i < Rank; i++)
            if (strides[i] != other.strides[i]) return false;
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Layout other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(shape);
        hash.Add(Offset);
        for (int i = 0; i < Rank; i++) hash.Add(strides[i]);
        return hash.ToHashCode();
    }

    /// <summary>Equal shapes, strides and offsets.</summary>
    public static bool operator ==(Layout left, Layout right) => left.Equals(right);

    /// <summary>Different shapes, strides or offsets.</summary>
    public static bool operator !=(Layout left, Layout right) => !left.Equals(right);

    /// <summary>"[2, 3] strides [3, 1] offset 0".</summary>
    public override string ToString()
    {
        var list = new long[Rank];
        CopyStridesTo(list);
        return $"{shape} strides [{string.Join(", ", list)}] offset {Offset}";
    }

    private static ShapeMismatchException Negative(in Shape shape) =>
        new($"A tensor cannot have shape {shape}: lengths are 0 or more.");
}
