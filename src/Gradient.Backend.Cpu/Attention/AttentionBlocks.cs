using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>What both directions of attention share: how rows lie in scratch, and the scores of a strip.</summary>
internal static unsafe class AttentionBlocks<T, TVector, TSimd, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
    where V : struct, ISimd<V>
{
    /// <summary>Multiply-adds below which a range of items is not given to another thread (some 10 µs).</summary>
    public const double Grain = 1 << 18;

    /// <summary>Elements behind a row of scores: a vector and a tile's rows can pass its end.</summary>
    public const nint Gap = 16;

    /// <summary>A length in whole vectors.</summary>
    public static nint Padded(nint length) => (length + TSimd.Width - 1) / TSimd.Width * TSimd.Width;

    /// <summary>From row to row: whole vectors and a cache line, lest rows fall into the same sets of the cache.</summary>
    public static nint Stride(nint length) => Padded(length) + (64 / sizeof(T));

    /// <summary>The elements that the panels of a transposed block take.</summary>
    public static nint PanelElements(nint rows, nint depth) =>
        (rows + TileDispatch<T, TVector, TSimd>.MaxColumns - 1) / TileDispatch<T, TVector, TSimd>.MaxColumns * TileDispatch<T, TVector, TSimd>.MaxColumns * depth;

    /// <summary>Rows as panels of a transposed right operand.</summary>
    public static void Transpose(T* panels, T* rows, nint stride, nint count, nint depth)
    {
        int width = TileDispatch<T, TVector, TSimd>.MaxColumns;
        for (nint j = 0; j < count; j += width, panels += width * depth)
            Packing<T, TVector, TSimd>.Panel(panels, rows + (j * stride), 1, stride, depth, (int)Math.Min(width, count - j));
    }

    /// <summary>C ← A·panelsᵀ: scores, or gradients of weights.</summary>
    public static void TimesTransposed(T* a, nint stride, nint rows, T* panels, nint columns, nint depth, T* c, nint cStride, nint diagonal) =>
        new StripProduct<T>
        {
            A = a, ARow = stride, ADepth = 1, Rows = rows,
            B = panels, BDepth = TileDispatch<T, TVector, TSimd>.MaxColumns, BPanel = TileDispatch<T, TVector, TSimd>.MaxColumns * depth,
            C = c, CRow = cStride, Columns = Padded(columns), Depth = depth, Triangle = Triangle.Scores, Diagonal = diagonal,
        }.Run<TVector, TSimd>();

    /// <summary>C += weights·rows: queries gather from keys.</summary>
    public static void AddWeighted(T* weights, nint stride, nint queries, T* rows, nint rowStride, nint keys, nint columns, T* c, nint diagonal) =>
        new StripProduct<T>
        {
            A = weights, ARow = stride, ADepth = 1, Rows = queries, B = rows, BDepth = rowStride, BPanel = TileDispatch<T, TVector, TSimd>.MaxColumns,
            C = c, CRow = rowStride, Columns = Padded(columns), Depth = keys, Accumulate = true, Triangle = Triangle.Weighted, Diagonal = diagonal,
        }.Run<TVector, TSimd>();

    /// <summary>C += weightsᵀ·rows: keys gather from queries.</summary>
    public static void AddTransposed(T* weights, nint stride, nint keys, T* rows, nint rowStride, nint queries, nint columns, T* c, nint diagonal) =>
        new StripProduct<T>
        {
            A = weights, ARow = 1, ADepth = stride, Rows = keys, B = rows, BDepth = rowStride, BPanel = TileDispatch<T, TVector, TSimd>.MaxColumns,
            C = c, CRow = rowStride, Columns = Padded(columns), Depth = queries, Accumulate = true, Triangle = Triangle.Transposed, Diagonal = diagonal,
        }.Run<TVector, TSimd>();

    /// <summary>How many keys of a block of <paramref name="keys"/> row <paramref name="row"/> of a strip sees.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Seen(nint row, nint diagonal, nint keys) => Math.Clamp(row + diagonal + 1, 0, keys);

    /// <summary>
    /// Masks the scores of a query, of which it sees so many; those up to the end of a vector become −∞. Their number then.
    /// </summary>
    public static nint Mask(in AttentionArguments a, nint head, nint query, nint key, nint seen, T* scores, T* line)
    {
        if (a.Mask.Exists && seen > 0)
        {
            a.Mask.Line(head, query, key, seen, line);
            AttentionRows<T, V>.Mask(scores, line, seen, a.MaskAdds);
        }

        nint whole = Padded(seen);
        for (nint j = seen; j < whole; j++)
            scores[j] = T.NegativeInfinity;
        return whole;
    }

    /// <summary>Tiles of other rows read a little beyond what a row sees: there are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ClearBeyond(T* row, nint whole)
    {
        for (int i = 0; i < TileDispatch<T, TVector, TSimd>.MaxRows; i++)
            row[whole + i] = T.Zero;
    }
}
