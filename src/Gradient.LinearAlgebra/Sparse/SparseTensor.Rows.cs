namespace Gradient.LinearAlgebra;

public sealed partial class SparseTensor
{
    /// <summary>Some rows, one behind the other, in the format of this matrix. In compressed rows nothing but offsets is computed.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ShapeMismatchException">They are not all in the matrix.</exception>
    public SparseTensor SliceRows(int start, int count)
    {
        const string Name = "SliceRows";
        if (start < 0 || count < 0 || start > Rows - count)
            throw new ShapeMismatchException($"{Name}: {count} rows from {start} on of a matrix {Shape}; rows go from 0 to {Rows - 1}.");
        var (rows, values) = InRows(Name);
        int first = rows.Offsets[start], entries = rows.Offsets[start + count] - first;
        var offsets = new int[count + 1];
        for (int i = 0; i <= count; i++) offsets[i] = rows.Offsets[start + i] - first;
        var slice = new SparsePattern(count, Columns, offsets, rows.Indices.AsSpan(first, entries).ToArray(), Device);
        return new SparseTensor(SparseFormat.Csr, count, Columns, slice, null, values.Narrow(0, first, entries)).To(Format);
    }

    /// <summary>The sum of all elements, 0-d.</summary>
    public GradientTensor Sum() => Values.Sum();

    /// <summary>The sums along an axis, dense: [columns] for axis 0, [rows] for axis 1.</summary>
    /// <param name="axis">0 or 1; negative ones count from the end.</param>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    public GradientTensor Sum(int axis)
    {
        const string Name = "SparseTensor.Sum";
        var (lines, values) = Shape.Axis(axis, Name) == 1 ? InRows(Name) : Transpose().InRows(Name);
        // The same rows of entries, each a sum of its own: S·values.
        var sums = new SparsePattern(lines.Rows, lines.Count, lines.Offsets, SparsePattern.Iota(lines.Count), Device);
        return SparseOperations.Gathered(Name, sums, values);
    }
}
