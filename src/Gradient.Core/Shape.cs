using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Gradient.Core;

/// <summary>
/// The lengths of a tensor's axes, outermost first: an immutable value of rank 0 (a scalar) to <see cref="MaxRank"/>.
/// Written as a collection expression: <c>Shape shape = [64, 28, 28, 1];</c>
/// </summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IReadOnlyList<long>
{
    /// <summary>The most axes a tensor can have.</summary>
    public const int MaxRank = 8;

    private readonly Axes8 lengths;
    private readonly int rank;

    /// <summary>The shape with these lengths; a −1 is kept as it is, for <see cref="Layout.TryReshape"/> to infer.</summary>
    /// <exception cref="ShapeMismatchException">More than <see cref="MaxRank"/> axes.</exception>
    public Shape(ReadOnlySpan<long> lengths)
    {
        if (lengths.Length > MaxRank)
            throw new ShapeMismatchException($"A shape has at most {MaxRank} axes, but {lengths.Length} were given.");
        rank = lengths.Length;
        for (int i = 0; i < lengths.Length; i++) this.lengths[i] = lengths[i];
    }

    internal Shape(in Axes8 lengths, int rank)
    {
        this.lengths = lengths;
        this.rank = rank;
    }

    /// <summary>What collection expressions call.</summary>
    public static Shape Create(ReadOnlySpan<long> lengths) => new(lengths);

    /// <summary>The shape of a single element.</summary>
    public static Shape Scalar => default;

    /// <summary>The number of axes.</summary>
    public int Rank => rank;

    /// <summary>The number of axes, under the name that indices from the end need.</summary>
    public int Count => rank;

    /// <summary>The length of an axis. Negative axes count from the end, as do <c>^1</c> indices.</summary>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    public long this[int axis]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => lengths[Axis(axis)];
    }

    /// <summary>The number of elements: the product of the lengths, 1 for a scalar.</summary>
    /// <exception cref="ShapeMismatchException">The product exceeds 2⁶³ − 1.</exception>
    public long ElementCount
    {
        get
        {
            long count = 1;
            bool fits = true;
            for (int i = 0; i < rank; i++) fits &= TryMultiply(count, lengths[i], out count);
            return fits ? count : IsEmpty ? 0 : throw TooManyElements();
        }
    }

    /// <summary>Whether an axis has length 0, so that there are no elements.</summary>
    public bool IsEmpty
    {
        get
        {
            for (int i = 0; i < rank; i++)
                if (lengths[i] == 0) return true;
            return false;
        }
    }

    /// <summary>The axis as a number from 0 to <see cref="Rank"/> − 1, negative ones counted from the end.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="operation">What asks, for the error.</param>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Axis(int axis, string? operation = null)
    {
        int from0 = axis < 0 ? axis + rank : axis;
        if ((uint)from0 >= (uint)rank) ThrowNoAxis(axis, operation);
        return from0;
    }

    /// <summary>This shape with one axis of another length.</summary>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    public Shape With(int axis, long length)
    {
        var copy = lengths;
        copy[Axis(axis)] = length;
        return new(copy, rank);
    }

    /// <summary>This shape without one axis.</summary>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    public Shape Without(int axis)
    {
        var copy = lengths;
        for (int i = Axis(axis); i < rank - 1; i++) copy[i] = lengths[i + 1];
        return new(copy, rank - 1);
    }

    /// <summary>This shape with one more axis in front of axis <paramref name="axis"/> (0 to <see cref="Rank"/>).</summary>
    /// <exception cref="ShapeMismatchException">There is no such place, or no room for one more axis.</exception>
    public Shape Insert(int axis, long length)
    {
        if (rank == MaxRank) throw new ShapeMismatchException($"Shape {this} has {MaxRank} axes already, the most there are.");
        if ((uint)axis > (uint)rank) throw new ShapeMismatchException($"No axis can be put at {axis} in shape {this}: use 0 to {rank}.");
        var copy = lengths;
        for (int i = axis; i < rank; i++) copy[i + 1] = lengths[i];
        copy[axis] = length;
        return new(copy, rank + 1);
    }

    /// <summary>The shape left when the marked axes are summed away; with <paramref name="keepDims"/> they stay with length 1.</summary>
    public Shape Reduce(AxisSet axes, bool keepDims)
    {
        Axes8 copy = default;
        int to = 0;
        for (int i = 0; i < rank; i++)
        {
            if (!axes.Contains(i)) copy[to++] = lengths[i];
            else if (keepDims) copy[to++] = 1;
        }

        return new(copy, to);
    }

    /// <summary>
    /// The shape to which both broadcast: aligned at the last axis, each pair of lengths equal or one of them 1.
    /// </summary>
    /// <returns>Whether there is one.</returns>
    public static bool TryBroadcast(in Shape a, in Shape b, out Shape result)
    {
        int rank = Math.Max(a.rank, b.rank);
        Axes8 lengths = default;
        for (int i = 1; i <= rank; i++)
        {
            long x = i <= a.rank ? a.lengths[a.rank - i] : 1;
            long y = i <= b.rank ? b.lengths[b.rank - i] : 1;
            if (x != y && x != 1 && y != 1)
            {
                result = default;
                return false;
            }

            lengths[rank - i] = x == 1 ? y : x;
        }

        result = new(lengths, rank);
        return true;
    }

    /// <summary>Writes the lengths to the front of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<long> destination)
    {
        for (int i = 0; i < rank; i++) destination[i] = lengths[i];
    }

    /// <summary>The lengths as an array.</summary>
    public long[] ToArray()
    {
        var array = new long[rank];
        CopyTo(array);
        return array;
    }

    /// <inheritdoc/>
    public bool Equals(Shape other)
    {
        if (rank != other.rank) return false;
        for (int i = 0; i < rank; i++)
            if (lengths[i] != other.lengths[i]) return false;
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        for (int i = 0; i < rank; i++) hash.Add(lengths[i]);
        return hash.ToHashCode();
    }

    /// <summary>Equal ranks and lengths.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Different ranks or lengths.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>"[64, 28, 28, 1]"; a scalar's is "[]".</summary>
    public override string ToString() => $"[{string.Join(", ", ToArray())}]";

    /// <summary>Enumerates the lengths, without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<long> IEnumerable<long>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The product of two lengths; false if it exceeds 2⁶³ − 1.</summary>
    internal static bool TryMultiply(long a, long b, out long product)
    {
        long high = Math.BigMul(a, b, out product);
        return high == product >> 63;
    }

    internal ShapeMismatchException TooManyElements() => new($"Shape {this} has more than 2⁶³ − 1 elements.");

    [DoesNotReturn]
    private void ThrowNoAxis(int axis, string? operation)
    {
        string subject = AxisSet.Named(axis, operation);
        throw new ShapeMismatchException(rank == 0
            ? $"{subject} was asked of a scalar, which has none."
            : $"{subject} is outside shape {this}: use {-rank} to {rank - 1}.");
    }

    /// <summary>Walks the lengths of a shape.</summary>
    public struct Enumerator : IEnumerator<long>
    {
        private readonly Shape shape;
        private int axis = -1;

        internal Enumerator(in Shape shape) => this.shape = shape;

        /// <inheritdoc/>
        public readonly long Current => shape[axis];

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext() => ++axis < shape.Rank;

        /// <inheritdoc/>
        public void Reset() => axis = -1;

        /// <summary>Nothing to let go of.</summary>
        public readonly void Dispose() { }
    }
}

/// <summary>Room for one number per axis, inside the value that holds it.</summary>
[InlineArray(Shape.MaxRank)]
internal struct Axes8
{
    private long first;
}
