using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>What gathering and scattering have in common: their indices must lie on the axis, and off it shapes may be cut.</summary>
internal static class IndexCheck
{
    /// <summary>Checks every index once (an expanded one only where it differs), before anything is written.</summary>
    /// <exception cref="ShapeMismatchException">An index is negative or not below the length of the axis.</exception>
    public static unsafe void Run(string operation, Tensor index, int axis, in Shape shape)
    {
        var walk = new Walk(index.Shape, Distinct(index.Layout));
        walk.Add(index.Layout);
        walk.Merge();
        var inner = walk.TakeInner();
        long length = shape.Rank == 0 ? 1 : shape[axis];
        int isOutside = 0;
        var check = new Check { Walk = walk, Inner = inner, Index = new(index), Length = length, IsOutside = &isOutside };
        // Lines of the index, or parts of a single one.
        if (walk.Rank == 0) WorkerPool.Shared.For(inner.Length, 1 << 15, check);
        else WorkerPool.Shared.For(walk.Count, Math.Max(1, (1 << 15) / Math.Max(1, inner.Length)), check);
        if (isOutside != 0) throw Outside(operation, index, axis, shape, length);
    }

    /// <summary>The layout cut to a shape off the axis, and standing still along it.</summary>
    public static Layout WithoutAxis(in Layout layout, int axis, in Shape shape)
    {
        Span<long> strides = stackalloc long[Shape.MaxRank];
        layout.CopyStridesTo(strides);
        if (layout.Rank > 0) strides[axis] = 0;
        return new(shape, strides[..layout.Rank], layout.Offset);
    }

    private static AxisSet Distinct(in Layout layout)
    {
        int mask = 0;
        for (int i = 0; i < layout.Rank; i++)
            if (layout.Stride(i) != 0) mask |= 1 << i;
        return new((byte)mask);
    }

    private static ShapeMismatchException Outside(string operation, Tensor index, int axis, in Shape shape, long length)
    {
        var reader = new IndexReader(index);
        for (long i = 0; i < index.ElementCount; i++)
        {
            long value = reader[index.Layout.PositionOf(i) - index.Layout.Offset];
            if ((ulong)value >= (ulong)length) return ShapeChecks.IndexOutside(operation, value, axis, shape);
        }

        return new($"{operation}: an index of shape {index.Shape} changed while it was read; do not write to it meanwhile.");
    }

    private unsafe struct Check : IParallelBody
    {
        public Walk Walk;
        public Walk.Inner Inner;
        public IndexReader Index;
        public long Length;
        public int* IsOutside;

        public readonly void Run(long start, long end)
        {
            bool isSingle = Walk.Rank == 0;
            long stride = Inner.Strides[0], first = isSingle ? start : 0, count = isSingle ? end - start : Inner.Length;
            var cursor = new Cursor(in Walk, isSingle ? 0 : start);
            for (long line = isSingle ? 0 : start; line < (isSingle ? 1 : end); line++, cursor.Next())
            {
                if (Index.HasOutside(cursor[0] + (first * stride), stride, count, Length)) Volatile.Write(ref *IsOutside, 1);
            }
        }
    }
}
