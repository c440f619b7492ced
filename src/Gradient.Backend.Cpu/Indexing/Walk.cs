using System.Runtime.CompilerServices;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>One number per axis or operand.</summary>
[InlineArray(8)]
internal struct Eight
{
    private long first;
}

/// <summary>
/// Some axes of several tensors that are walked together: lengths, and the stride of every operand along each. Axes of
/// length 1 are left out; neighbours that every operand can walk with one stride are merged by <see cref="Merge"/>.
/// Up to 8 axes and 8 operands; it lives on the stack.
/// </summary>
internal struct Walk
{
    private Eight lengths, axes;
    private Strides strides;

    /// <summary>The axes of a shape that are in the set and longer or shorter than 1, outermost first.</summary>
    public Walk(in Shape shape, AxisSet set)
    {
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (!set.Contains(axis) || shape[axis] == 1) continue;
            lengths[Rank] = shape[axis];
            axes[Rank++] = axis;
        }
    }

    /// <summary>The number of axes.</summary>
    public int Rank { get; private set; }

    /// <summary>The number of operands added so far.</summary>
    public int Operands { get; private set; }

    /// <summary>How many places there are to visit; 1 without axes.</summary>
    public readonly long Count
    {
        get
        {
            long count = 1;
            for (int i = 0; i < Rank; i++) count *= lengths[i];
            return count;
        }
    }

    /// <summary>The length of an axis.</summary>
    public readonly long Length(int axis) => lengths[axis];

    /// <summary>An operand's stride along an axis.</summary>
    public readonly long Stride(int operand, int axis) => strides[(operand * 8) + axis];

    /// <summary>
    /// One more operand, whose layout has the rank of the shape and broadcasts to it. Operands are added before merging.
    /// </summary>
    public void Add(in Layout layout)
    {
        for (int i = 0; i < Rank; i++)
        {
            int axis = (int)axes[i];
            strides[(Operands * 8) + i] = layout.Shape[axis] == 1 ? 0 : layout.Stride(axis);
        }

        Operands++;
    }

    /// <summary>An operand that is not there: it stays where it is.</summary>
    public void AddNothing() => Operands++;

    /// <summary>Orders the axes so that those along which an operand steps widest come first.</summary>
    public void Order(int operand)
    {
        for (int i = 1; i < Rank; i++)
        {
            for (int j = i; j > 0 && Math.Abs(Stride(operand, j - 1)) < Math.Abs(Stride(operand, j)); j--)
                Swap(j - 1, j);
        }
    }

    /// <summary>Merges neighbouring axes where every operand allows it.</summary>
    public void Merge()
    {
        int to = 0;
        for (int from = 1; from < Rank; from++)
        {
            if (CanMerge(to, from))
            {
                lengths[to] *= lengths[from];
                for (int o = 0; o < Operands; o++) strides[(o * 8) + to] = Stride(o, from);
            }
            else
            {
                Put(in this, from, ++to);
            }
        }

        if (Rank > 0) Rank = to + 1;
    }

    /// <summary>Whether there is no axis.</summary>
    public readonly bool IsEmpty => Rank == 0;

    /// <summary>Takes the innermost axis out; its length is 1 and its strides 0 if there is none.</summary>
    public Inner TakeInner()
    {
        var inner = new Inner { Length = 1 };
        if (Rank == 0) return inner;
        Rank--;
        inner.Length = lengths[Rank];
        for (int o = 0; o < Operands; o++) inner.Strides[o] = Stride(o, Rank);
        return inner;
    }

    /// <summary>Only the axes along which an operand moves, or only those along which it stands still.</summary>
    public readonly Walk Only(int operand, bool still)
    {
        Walk part = this;
        part.Rank = 0;
        for (int axis = 0; axis < Rank; axis++)
            if ((Stride(operand, axis) == 0) == still) part.Put(in this, axis, part.Rank++);
        return part;
    }

    /// <summary>Whether an operand stands still along every axis.</summary>
    public readonly bool IsStill(int operand)
    {
        for (int axis = 0; axis < Rank; axis++)
            if (Stride(operand, axis) != 0) return false;
        return true;
    }

    private readonly bool CanMerge(int outer, int inner)
    {
        for (int o = 0; o < Operands; o++)
            if (Stride(o, outer) != Stride(o, inner) * lengths[inner]) return false;
        return true;
    }

    private void Put(in Walk source, int from, int to)
    {
        lengths[to] = source.lengths[from];
        axes[to] = source.axes[from];
        for (int o = 0; o < Operands; o++) strides[(o * 8) + to] = source.Stride(o, from);
    }

    private void Swap(int a, int b)
    {
        (lengths[a], lengths[b]) = (lengths[b], lengths[a]);
        (axes[a], axes[b]) = (axes[b], axes[a]);
        for (int o = 0; o < Operands; o++)
            (strides[(o * 8) + a], strides[(o * 8) + b]) = (strides[(o * 8) + b], strides[(o * 8) + a]);
    }

    /// <summary>The axis that the innermost loop runs along.</summary>
    internal struct Inner
    {
        /// <summary>Its length.</summary>
        public long Length;

        /// <summary>The stride of every operand.</summary>
        public Eight Strides;
    }

    [InlineArray(64)]
    private struct Strides
    {
        private long first;
    }
}

/// <summary>A place on a <see cref="Walk"/>: the position of every operand in elements, relative to its first element.</summary>
internal ref struct Cursor
{
    private readonly ref readonly Walk walk;
    private Eight coordinates, positions;

    /// <summary>The place that is <paramref name="index"/>th in row-major order.</summary>
    public Cursor(ref readonly Walk walk, long index)
    {
        this.walk = ref walk;
        for (int axis = walk.Rank - 1; axis >= 0; axis--)
        {
            (index, long coordinate) = Math.DivRem(index, Math.Max(1, walk.Length(axis))); // an empty walk has a first place too
            coordinates[axis] = coordinate;
            for (int o = 0; o < walk.Operands; o++) positions[o] += coordinate * walk.Stride(o, axis);
        }
    }

    /// <summary>Where an operand is.</summary>
    public readonly long this[int operand]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => positions[operand];
    }

    /// <summary>Goes on by one; after the last place comes the first.</summary>
    public void Next()
    {
        for (int axis = walk.Rank - 1; axis >= 0; axis--)
        {
            if (++coordinates[axis] < walk.Length(axis))
            {
                for (int o = 0; o < walk.Operands; o++) positions[o] += walk.Stride(o, axis);
                return;
            }

            coordinates[axis] = 0;
            for (int o = 0; o < walk.Operands; o++) positions[o] -= walk.Stride(o, axis) * (walk.Length(axis) - 1);
        }
    }
}
