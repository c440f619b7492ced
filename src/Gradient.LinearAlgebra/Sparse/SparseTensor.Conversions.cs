namespace Gradient.LinearAlgebra;

public sealed partial class SparseTensor
{
    /// <summary>The same matrix in a format; gradients flow through. From COO to another, entries in one place are added.</summary>
    public SparseTensor To(SparseFormat format) => format == Format ? this : format switch
    {
        SparseFormat.Coo => InCoordinates(Rows, Columns, Expanded(SparseFormat.Csr), Expanded(SparseFormat.Csc), Values),
        SparseFormat.Csr => Compressed(SparseFormat.Csr, InRows("ToCsr")),
        SparseFormat.Csc => Compressed(SparseFormat.Csc, Transpose().InRows("ToCsc")),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "not a SparseFormat"),
    };

    /// <summary>In coordinates, in the order that the entries have here.</summary>
    public SparseTensor ToCoo() => To(SparseFormat.Coo);

    /// <summary>In compressed rows.</summary>
    public SparseTensor ToCsr() => To(SparseFormat.Csr);

    /// <summary>In compressed columns.</summary>
    public SparseTensor ToCsc() => To(SparseFormat.Csc);

    /// <summary>All elements, [rows, columns].</summary>
    public GradientTensor ToDense()
    {
        var (rows, values) = InRows("ToDense");
        return SparseOperations.MatMul("ToDense", rows, values, null);
    }

    /// <summary>In coordinates, by rows and columns, one entry per place: the sum of those that were there.</summary>
    public SparseTensor Coalesce() => IsCoalesced && Format == SparseFormat.Coo ? this : ToCsr().ToCoo();

    /// <summary>Rows and columns exchanged. CSR becomes CSC and the other way round; nothing is computed or copied.</summary>
    public SparseTensor Transpose() => Format switch
    {
        SparseFormat.Csr => new(SparseFormat.Csc, Columns, Rows, pattern, null, Values),
        SparseFormat.Csc => new(SparseFormat.Csr, Columns, Rows, pattern, null, Values),
        _ => InCoordinates(Columns, Rows, coordinates!.Columns, coordinates.Rows, Values),
    };

    private SparseTensor Compressed(SparseFormat format, (SparsePattern Pattern, GradientTensor Values) entries) =>
        new(format, Rows, Columns, entries.Pattern, null, entries.Values);

    /// <summary>The row (Csr) or column (Csc) of each entry of a compressed matrix.</summary>
    private int[] Expanded(SparseFormat axis) => axis == Format ? pattern!.RowOfEach() : pattern!.Indices;
}
