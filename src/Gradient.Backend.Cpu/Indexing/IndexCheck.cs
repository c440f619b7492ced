using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>What gathering and scattering have in common: their indices must lie on the axis, and off it shapes may be cut.</summary>
internal static class IndexCheck
{
    /// <summary>Checks every index once (an expanded one only where it differs), before anything is written.</summary>
    /// <exception cref="ShapeMismatchException">An index is negative or not below the length of the axis.</exception>
    public static void Run(string operation, Tensor index, int axis, in Shape shape)
    {
        var walk = new Walk(index.Shape, Distinct(index.Layout));
        walk.Add(index.Layout);
        walk.Merge();
        var inner = walk.TakeInner();
        long length = shape.Rank == 0 ? 1 : shape[axis], stride = inner.Strides[0], count = walk.Count;
        var reader = new IndexReader(index);
        var cursor = new Cursor(in walk, 0);
        for (long i = 0; i < count; i++, cursor.Next())
        {
            for (long j = 0; j < inner.Length; j++)
            {
                if ((ulong)reader[cursor[0] + (j * stride)] >= (ulong)length) throw Outside(operation, index, axis, shape, length);
            }
        }
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
            if ((ulong)value < (ulong)length) continue;
            var place = new long[index.Rank];
            long rest = i;
            for (int k = index.Rank - 1; k >= 0; k--) (rest, place[k]) = Math.DivRem(rest, index.Shape[k]);
            return new(
                $"{operation}: index {value} at position [{string.Join(", ", place)}] of the index of shape {index.Shape} is outside " +
                $"axis {axis} of shape {shape}, which has length {length}; indices go from 0 to {length - 1}.");
        }

        return new($"{operation}: an index of shape {index.Shape} changed while it was read; do not write to it meanwhile.");
    }
}
