namespace Gradient.LinearAlgebra;

/// <summary>
/// Where a matrix in compressed rows has entries, on the host, where patterns are computed, and on the device, where values are. Rising
/// columns along each row, unless it is a selection. Immutable; what is derived from it is made once.
/// </summary>
internal sealed class SparsePattern
{
    private readonly Lazy<int[]> offsets;
    private readonly Lazy<Tensor> offsetTensor, indexTensor;
    private readonly Lazy<(SparsePattern Pattern, SparsePattern Selection)> transposed;

    public SparsePattern(int rows, int columns, int[] offsets, int[] indices, Device device)
        : this(rows, columns, new Lazy<int[]>(offsets), indices, device, null)
    {
    }

    private SparsePattern(int rows, int columns, Lazy<int[]> offsets, int[] indices, Device device, Func<(SparsePattern, SparsePattern)>? transposed)
    {
        (Rows, Columns, this.offsets, Indices, Device) = (rows, columns, offsets, indices, device);
        offsetTensor = new(() => Upload(Offsets));
        indexTensor = new(() => Upload(Indices));
        this.transposed = new(transposed ?? Transpose);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Where each row begins, and, last, the number of entries.</summary>
    public int[] Offsets => offsets.Value;

    /// <summary>The column of each entry.</summary>
    public int[] Indices { get; }

    public Device Device { get; }

    public int Count => Indices.Length;

    /// <summary><see cref="Offsets"/> on the device.</summary>
    public Tensor OffsetTensor => offsetTensor.Value;

    /// <summary><see cref="Indices"/> on the device.</summary>
    public Tensor IndexTensor => indexTensor.Value;

    /// <summary>The pattern of the transposed matrix, and the selection that takes values of this one to their places there.</summary>
    public (SparsePattern Pattern, SparsePattern Selection) Transposed => transposed.Value;

    /// <summary>The matrix that picks an element per row: S·x is x[index].</summary>
    public static SparsePattern Selecting(int[] index, int length, Device device) =>
        new(index.Length, length, new Lazy<int[]>(() => Iota(index.Length + 1)), index, device, null); // gradients alone read the offsets

    /// <summary>The row of each entry.</summary>
    public int[] RowOfEach()
    {
        var rows = new int[Count];
        for (int row = 0; row < Rows; row++) Array.Fill(rows, row, Offsets[row], Offsets[row + 1] - Offsets[row]);
        return rows;
    }

    public SparsePattern On(Device device) => ReferenceEquals(device, Device) ? this : new(Rows, Columns, offsets, Indices, device, null);

    public static int[] Iota(int length)
    {
        var numbers = new int[length];
        for (int i = 0; i < length; i++) numbers[i] = i;
        return numbers;
    }

    private static int[] Inverse(int[] order)
    {
        var places = new int[order.Length];
        for (int i = 0; i < order.Length; i++) places[order[i]] = i;
        return places;
    }

    /// <summary>Counting sort by column, which keeps the order of rows.</summary>
    private (SparsePattern, SparsePattern) Transpose()
    {
        var offsets = new int[Columns + 1];
        foreach (int column in Indices) offsets[column + 1]++;
        for (int column = 0; column < Columns; column++) offsets[column + 1] += offsets[column];
        int[] starts = Offsets, next = offsets.AsSpan(0, Columns).ToArray(), indices = new int[Count], order = new int[Count];
        for (int row = 0; row < Rows; row++)
        {
            for (int e = starts[row]; e < starts[row + 1]; e++)
            {
                int place = next[Indices[e]]++;
                indices[place] = row;
                order[place] = e;
            }
        }

        var pattern = new SparsePattern(Columns, Rows, new Lazy<int[]>(offsets), indices, Device, () => (this, Selecting(Inverse(order), Count, Device)));
        return (pattern, Selecting(order, Count, Device));
    }

    /// <summary>On the processor the array itself; kept for as long as the pattern, whatever scope is around.</summary>
    private Tensor Upload(int[] numbers)
    {
        using var outside = TensorScope.Suppress();
        return ReferenceEquals(Device, Devices.Cpu) && numbers.Length > 0 ? Tensor.Wrap<int>(numbers, [numbers.Length], Device) : Tensor.From<int>(numbers, [numbers.Length], Device);
    }
}
