namespace Gradient.LinearAlgebra;

/// <summary>Where a matrix in coordinates has entries. Immutable; the compressed form is made once.</summary>
internal sealed class SparseCoordinates
{
    private readonly int height, width;
    private readonly Device device;
    private readonly Lazy<(SparsePattern Pattern, SparsePattern Sums)> compressed;

    public SparseCoordinates(int height, int width, int[] rows, int[] columns, Device device)
    {
        (this.height, this.width, Rows, Columns, this.device) = (height, width, rows, columns, device);
        compressed = new(Compress);
        IsCoalesced = true;
        for (int e = 1; e < rows.Length && IsCoalesced; e++)
            IsCoalesced = rows[e - 1] < rows[e] || (rows[e - 1] == rows[e] && columns[e - 1] < columns[e]);
    }

    public int[] Rows { get; }

    public int[] Columns { get; }

    public int Count => Rows.Length;

    /// <summary>Whether entries are sorted by rows, then columns, and differ.</summary>
    public bool IsCoalesced { get; }

    /// <summary>The pattern in compressed rows, and the matrix of ones that takes values to their places there, adding those of one place.</summary>
    public (SparsePattern Pattern, SparsePattern Sums) Compressed => compressed.Value;

    public SparseCoordinates On(Device other) => new(height, width, Rows, Columns, other);

    private (SparsePattern, SparsePattern) Compress()
    {
        int[] order = IsCoalesced ? SparsePattern.Iota(Count) : Sorted();
        int[] offsets = new int[height + 1], indices = new int[Count], starts = new int[Count + 1];
        int distinct = 0, lastRow = -1, lastColumn = -1;
        for (int i = 0; i < order.Length; i++)
        {
            int row = Rows[order[i]], column = Columns[order[i]];
            if (row == lastRow && column == lastColumn) continue;
            (lastRow, lastColumn) = (row, column);
            starts[distinct] = i;
            indices[distinct++] = column;
            offsets[row + 1]++;
        }

        starts[distinct] = Count;
        for (int row = 0; row < height; row++) offsets[row + 1] += offsets[row];
        if (distinct < Count) (indices, starts) = (indices[..distinct], starts[..(distinct + 1)]);
        return (new(height, width, offsets, indices, device), new(distinct, Count, starts, order, device));
    }

    /// <summary>
    /// The entries by rows, columns and where they stood, so that equal places stay in order: a counting sort by rows, then each row for itself.
    /// </summary>
    private int[] Sorted()
    {
        int[] ends = new int[height + 1], order = new int[Count];
        foreach (int row in Rows) ends[row + 1]++;
        for (int row = 0; row < height; row++) ends[row + 1] += ends[row];
        var keys = new long[Count];
        for (int e = 0; e < Count; e++) keys[ends[Rows[e]]++] = ((long)Columns[e] << 32) | (uint)e; // afterwards row r ends at ends[r]
        for (int row = 0, start = 0; row < height; start = ends[row++]) keys.AsSpan(start, ends[row] - start).Sort();
        for (int i = 0; i < order.Length; i++) order[i] = (int)keys[i];
        return order;
    }
}
