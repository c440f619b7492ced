namespace Gradient.LinearAlgebra;

public sealed partial class SparseTensor
{
    /// <summary>A matrix in coordinates: entry i is values[i] in row rowIndices[i], column columnIndices[i]. Any order; entries in one place add up.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="rowIndices">0 to rows − 1; copied.</param>
    /// <param name="columnIndices">0 to columns − 1; copied.</param>
    /// <param name="values">[non-zeros], floating point; its device is that of the matrix.</param>
    /// <exception cref="ShapeMismatchException">Lengths differ, or an index is outside the matrix.</exception>
    /// <exception cref="DTypeMismatchException">The values are not floating point.</exception>
    public static SparseTensor FromCoordinates(long rows, long columns, ReadOnlySpan<int> rowIndices, ReadOnlySpan<int> columnIndices, GradientTensor values)
    {
        const string Name = "FromCoordinates";
        var shape = CheckShape(Name, rows, columns);
        if (rowIndices.Length != columnIndices.Length)
            throw new ShapeMismatchException($"{Name}: {rowIndices.Length} row indices and {columnIndices.Length} column indices; each entry needs one of both.");
        CheckValues(Name, values, rowIndices.Length);
        CheckIndices(Name, rowIndices, 0, shape);
        CheckIndices(Name, columnIndices, 1, shape);
        return InCoordinates((int)rows, (int)columns, rowIndices.ToArray(), columnIndices.ToArray(), values);
    }

    /// <summary>The same from tensors of indices, which are read to the host.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="rowIndices">Int64 or Int32, a vector.</param>
    /// <param name="columnIndices">Int64 or Int32, a vector.</param>
    /// <param name="values">[non-zeros], floating point; its device is that of the matrix.</param>
    /// <exception cref="ShapeMismatchException">Lengths differ, or an index is outside the matrix.</exception>
    /// <exception cref="DTypeMismatchException">Indices are no integers, or the values not floating point.</exception>
    public static SparseTensor FromCoordinates(long rows, long columns, GradientTensor rowIndices, GradientTensor columnIndices, GradientTensor values) =>
        FromCoordinates(rows, columns, ToHost("FromCoordinates", rowIndices), ToHost("FromCoordinates", columnIndices), values);

    /// <summary>A matrix in compressed rows: the entries of row i are offsets[i] to offsets[i + 1] − 1, by rising columns.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="offsets">rows + 1 numbers from 0 to the number of entries, never falling; copied.</param>
    /// <param name="columnIndices">The column of each entry; copied.</param>
    /// <param name="values">[non-zeros], floating point; its device is that of the matrix.</param>
    /// <exception cref="ShapeMismatchException">Lengths do not fit, or an index is outside the matrix.</exception>
    /// <exception cref="GradientException">Columns of a row do not rise, or offsets fall: unsorted and duplicate places belong into <c>FromCoordinates</c>.</exception>
    public static SparseTensor FromCsr(long rows, long columns, ReadOnlySpan<int> offsets, ReadOnlySpan<int> columnIndices, GradientTensor values) =>
        FromCompressed("FromCsr", SparseFormat.Csr, rows, columns, offsets, columnIndices, values);

    /// <summary>The same from tensors of indices, which are read to the host.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="offsets">Int64 or Int32 [rows + 1].</param>
    /// <param name="columnIndices">Int64 or Int32 [non-zeros].</param>
    /// <param name="values">[non-zeros], floating point.</param>
    /// <exception cref="GradientException">As for spans; or indices are no integers.</exception>
    public static SparseTensor FromCsr(long rows, long columns, GradientTensor offsets, GradientTensor columnIndices, GradientTensor values) =>
        FromCsr(rows, columns, ToHost("FromCsr", offsets), ToHost("FromCsr", columnIndices), values);

    /// <summary>A matrix in compressed columns: the entries of column j are offsets[j] to offsets[j + 1] − 1, by rising rows.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="offsets">columns + 1 numbers from 0 to the number of entries, never falling; copied.</param>
    /// <param name="rowIndices">The row of each entry; copied.</param>
    /// <param name="values">[non-zeros], floating point; its device is that of the matrix.</param>
    /// <exception cref="ShapeMismatchException">Lengths do not fit, or an index is outside the matrix.</exception>
    /// <exception cref="GradientException">Rows of a column do not rise, or offsets fall: unsorted and duplicate places belong into <c>FromCoordinates</c>.</exception>
    public static SparseTensor FromCsc(long rows, long columns, ReadOnlySpan<int> offsets, ReadOnlySpan<int> rowIndices, GradientTensor values) =>
        FromCompressed("FromCsc", SparseFormat.Csc, rows, columns, offsets, rowIndices, values);

    /// <summary>The same from tensors of indices, which are read to the host.</summary>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="offsets">Int64 or Int32 [columns + 1].</param>
    /// <param name="rowIndices">Int64 or Int32 [non-zeros].</param>
    /// <param name="values">[non-zeros], floating point.</param>
    /// <exception cref="GradientException">As for spans; or indices are no integers.</exception>
    public static SparseTensor FromCsc(long rows, long columns, GradientTensor offsets, GradientTensor rowIndices, GradientTensor values) =>
        FromCsc(rows, columns, ToHost("FromCsc", offsets), ToHost("FromCsc", rowIndices), values);

    /// <summary>
    /// The elements of a matrix that are larger than a threshold in magnitude, or NaN. Gradients flow to them; what is left out gets 0. Reads
    /// the matrix to the host, as the number of entries depends on it.
    /// </summary>
    /// <param name="dense">[rows, columns], floating point.</param>
    /// <param name="threshold">What is left out: |x| ≤ threshold; not negative.</param>
    /// <param name="format">The format of the result.</param>
    /// <exception cref="ShapeMismatchException">The tensor is no matrix.</exception>
    /// <exception cref="DTypeMismatchException">It is not floating point.</exception>
    /// <exception cref="GradientException">The threshold is negative or NaN.</exception>
    public static SparseTensor FromDense(GradientTensor dense, double threshold = 0, SparseFormat format = SparseFormat.Csr)
    {
        const string Name = "FromDense";
        ShapeChecks.Rank(Name, dense.Shape, 2, "a matrix [rows, columns]");
        ShapeChecks.FloatingPoint(Name, dense.DType);
        if (!(threshold >= 0)) throw new GradientException($"{Name}: a threshold of {threshold} for shape {dense.Shape}; it is the largest magnitude left out, 0 or more.");
        CheckShape(Name, dense.Shape[0], dense.Shape[1]);
        int rows = (int)dense.Shape[0], columns = (int)dense.Shape[1];
        var offsets = new int[rows + 1];
        var indices = new List<int>();
        int together = Math.Max(1, (1 << 16) / Math.Max(1, columns));
        var block = new double[(long)Math.Min(together, rows) * columns];
        using (TensorScope.Begin())
        {
            var host = dense.Value.To(Devices.Cpu);
            for (int row = 0; row < rows; row++)
            {
                int at = row % together;
                if (at == 0)
                {
                    using var part = host.View(host.Layout.Slice(0, row, Math.Min(together, rows - row)));
                    part.To(DType.Float64).CopyTo<double>(block);
                }

                for (int column = 0; column < columns; column++)
                    if (!(Math.Abs(block[((long)at * columns) + column]) <= threshold)) indices.Add(column);
                offsets[row + 1] = indices.Count;
            }
        }

        SparsePattern pattern = new(rows, columns, offsets, [.. indices], dense.Device);
        return new SparseTensor(SparseFormat.Csr, rows, columns, pattern, null, SparseOperations.Sample(Name, pattern, dense, null)).To(format);
    }

    /// <summary>The identity [n, n] in compressed rows.</summary>
    /// <param name="n">The number of rows and columns.</param>
    /// <param name="dtype">The type of the ones.</param>
    /// <param name="device">Where it lies; <see cref="Devices.Default"/> if null.</param>
    public static SparseTensor Eye(int n, DType dtype = DType.Float32, Device? device = null) =>
        FromCsr(n, n, SparsePattern.Iota(n + 1), SparsePattern.Iota(n), GradientTensor.Ones([n], dtype, device));

    /// <summary>
    /// The matrices along the diagonal of a larger one in compressed rows, zeros elsewhere. Its product with operands one below the other is all
    /// products at once: how many small graphs become one.
    /// </summary>
    /// <param name="blocks">At least one; of one type and on one device.</param>
    /// <exception cref="ShapeMismatchException">There is no matrix, or the result is too large.</exception>
    /// <exception cref="DTypeMismatchException">Types differ.</exception>
    /// <exception cref="DeviceMismatchException">Devices differ.</exception>
    public static SparseTensor BlockDiagonal(params ReadOnlySpan<SparseTensor> blocks)
    {
        const string Name = "BlockDiagonal";
        if (blocks.IsEmpty) throw new ShapeMismatchException($"{Name}: no matrix; at least one is needed.");
        long rows = 0, columns = 0, entries = 0;
        foreach (var block in blocks)
        {
            CheckPair(Name, blocks[0], block);
            if (block.DType != blocks[0].DType) ShapeChecks.SameType(Name, blocks[0].Values.Value, block.Values.Value);
            (rows, columns, entries) = (rows + block.Rows, columns + block.Columns, entries + block.NonZeros);
        }

        CheckShape(Name, rows, columns);
        CheckCount(Name, entries, [rows, columns]);
        int[] offsets = new int[rows + 1], indices = new int[entries];
        var values = new GradientTensor[blocks.Length];
        int row = 0, column = 0, entry = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            (var pattern, values[i]) = blocks[i].InRows(Name);
            for (int r = 0; r < pattern.Rows; r++) offsets[++row] = entry + pattern.Offsets[r + 1];
            foreach (int index in pattern.Indices) indices[entry++] = column + index;
            column += pattern.Columns;
        }

        Array.Resize(ref indices, entry); // duplicates of a block have been added
        return new(SparseFormat.Csr, (int)rows, (int)columns, new((int)rows, (int)columns, offsets, indices, blocks[0].Device), null, GradientTensor.Cat(values));
    }

    private static SparseTensor FromCompressed(
        string name, SparseFormat format, long rows, long columns, ReadOnlySpan<int> offsets, ReadOnlySpan<int> indices, GradientTensor values)
    {
        var shape = CheckShape(name, rows, columns);
        bool byRows = format == SparseFormat.Csr;
        CheckCompressed(name, byRows ? "row" : "column", offsets, indices, values, byRows ? 1 : 0, shape);
        var (lines, length) = byRows ? ((int)rows, (int)columns) : ((int)columns, (int)rows);
        return new(format, (int)rows, (int)columns, new(lines, length, offsets.ToArray(), indices.ToArray(), values.Device), null, values);
    }

    private static SparseTensor InCoordinates(int rows, int columns, int[] rowIndices, int[] columnIndices, GradientTensor values) =>
        new(SparseFormat.Coo, rows, columns, null, new(rows, columns, rowIndices, columnIndices, values.Device), values);
}
