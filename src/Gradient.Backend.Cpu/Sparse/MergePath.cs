namespace Gradient.Backend.Cpu;

/// <summary>
/// Cuts a sparse matrix in compressed rows into pieces of equal work, however unequal its rows: ends of rows and entries are merged into one
/// list, in the order in which they are met, and a piece is so many of its items (D. Merrill and M. Garland, "Merge-Based Parallel Sparse
/// Matrix-Vector Multiplication", 2016). The pieces depend on the matrix alone, and so do results.
/// </summary>
internal readonly unsafe struct MergePath
{
    private readonly int* offsets;
    private readonly int rows;
    private readonly int entries;

    /// <param name="offsets">Where each row begins, and, last, the number of entries.</param>
    /// <param name="rows">How many rows there are.</param>
    /// <param name="entries">How many entries there are.</param>
    /// <param name="length">Items per piece.</param>
    public MergePath(int* offsets, int rows, int entries, int length)
    {
        this.offsets = offsets;
        (this.rows, this.entries, Length) = (rows, entries, length);
        Pieces = (nint)(((long)rows + entries + length - 1) / length);
    }

    /// <summary>Items per piece.</summary>
    public int Length { get; }

    /// <summary>How many pieces there are.</summary>
    public nint Pieces { get; }

    /// <summary>Where a row's entries end.</summary>
    public int End(int row) => offsets[row + 1];

    /// <summary>The row and the entry at which a piece begins: the end of that row and that entry are the next items.</summary>
    public (int Row, int Entry) Start(nint piece)
    {
        long item = Math.Min((long)piece * Length, (long)rows + entries);
        long low = Math.Max(0, item - entries), high = Math.Min(item, rows);
        while (low < high)
        {
            long middle = (low + high) / 2;
            // The end of row `middle` comes before entry item − middle − 1.
            if (offsets[middle + 1] < item - middle) low = middle + 1;
            else high = middle;
        }

        return ((int)low, (int)(item - low));
    }

    /// <summary>The row of an entry: the last that begins at or before it.</summary>
    public static int RowOf(int* offsets, int rows, long entry)
    {
        int low = 0, high = rows;
        while (high - low > 1)
        {
            int middle = (int)(((uint)low + (uint)high) / 2);
            if (offsets[middle] <= entry) low = middle;
            else high = middle;
        }

        return low;
    }
}
