namespace Gradient.LinearAlgebra;

/// <summary>How a <see cref="SparseTensor"/> keeps the places of its entries.</summary>
public enum SparseFormat
{
    /// <summary>Coordinates: a row and a column per entry, in any order; entries in one place add up.</summary>
    Coo,

    /// <summary>Compressed rows: where each row begins, and a column per entry, rising along a row. What products work with.</summary>
    Csr,

    /// <summary>Compressed columns: where each column begins, and a row per entry, rising along a column.</summary>
    Csc,
}
