using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>Which axes of a product meet the causal triangle: key c is seen by query r if c ≤ r + diagonal.</summary>
internal enum Triangle
{
    /// <summary>Rows are queries, columns are keys: tiles beyond the triangle are not computed.</summary>
    Scores,

    /// <summary>Rows are queries, the depth is keys: the sum ends where the tile's last row does.</summary>
    Weighted,

    /// <summary>Rows are keys, the depth is queries: the sum begins with the first query that sees the tile.</summary>
    Transposed,
}

/// <summary>
/// C ← A·B, or C += A·B, of a strip that lies in the first-level cache. Rows of C are padded to whole vectors, and so are the
/// panels of B: one after the other (packed), or columns of rows that lie BDepth apart.
/// </summary>
internal unsafe struct StripProduct<T>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
{
    /// <summary>The diagonal of a product without a triangle.</summary>
    public const nint NoDiagonal = int.MaxValue;

    /// <summary>Longest chain of products in one running sum.</summary>
    private const nint MaxDepth = 288;

    public T* A;
    public nint ARow;
    public nint ADepth;
    public T* B;
    public nint BDepth;
    public nint BPanel;
    public T* C;
    public nint CRow;
    public nint Rows;

    /// <summary>A multiple of the vector's width.</summary>
    public nint Columns;

    public nint Depth;
    public bool Accumulate;
    public Triangle Triangle;
    public nint Diagonal;

    [SkipLocalsInit]
    public readonly void Run<TVector, TSimd>()
        where TVector : struct
        where TSimd : struct, ISimd<T, TVector>
    {
        int height = TileDispatch<T, TVector, TSimd>.MaxRows, width = TileDispatch<T, TVector, TSimd>.MaxColumns;
        T** rows = stackalloc T*[height];
        T** outputs = stackalloc T*[height];
        nint origin = 0;
        TileArguments<T> tile;
        tile.Rows = rows;
        tile.Outputs = outputs;
        tile.RowStep = ADepth;
        tile.Segments = &origin;
        tile.SegmentCount = 1;
        tile.OutputOffset = 0;
        tile.PanelStep = BDepth;
        tile.Relu = false;
        tile.Bias = null;
        for (nint depth0 = 0; depth0 == 0 || depth0 < Depth; depth0 += MaxDepth)
        {
            nint depthEnd = Math.Min(Depth, depth0 + MaxDepth);
            tile.Accumulate = Accumulate || depth0 > 0;
            T* panel = B;
            for (nint j = 0; j < Columns; j += width, panel += BPanel)
            {
                tile.Columns = (int)Math.Min(width, Columns - j);
                for (nint i = 0; i < Rows; i += height)
                {
                    int count = (int)Math.Min(height, Rows - i);
                    nint last = i + count - 1 + Diagonal, first = depth0, end = depthEnd;
                    if (Triangle == Triangle.Scores && j > last)
                        continue;
                    if (Triangle == Triangle.Weighted)
                        end = Math.Min(end, last + 1);
                    if (Triangle == Triangle.Transposed)
                        first = Math.Max(first, i - Diagonal);
                    if (first >= end && Depth > 0)
                        continue;
                    tile.RowOffset = first * ADepth;
                    tile.SegmentLength = end - first;
                    tile.Panel = panel + (first * BDepth);
                    T* from = A + (i * ARow), output = C + (i * CRow) + j;
                    for (int r = 0; r < count; r++, from += ARow, output += CRow)
                    {
                        rows[r] = from;
                        outputs[r] = output;
                    }

                    TileDispatch<T, TVector, TSimd>.Run(&tile, count);
                }
            }
        }
    }
}
