using System.Globalization;

namespace Gradient.LinearAlgebra;

/// <summary>What a sparse matrix is like.</summary>
/// <param name="Rows">The number of rows.</param>
/// <param name="Columns">The number of columns.</param>
/// <param name="NonZeros">The number of entries that are kept; a kept entry may be 0.</param>
/// <param name="Format">How the places are kept.</param>
/// <param name="DType">The type of the values.</param>
/// <param name="Bytes">The size of values and places on the device, in bytes, without what is cached for other formats.</param>
public sealed record SparseInfo(long Rows, long Columns, long NonZeros, SparseFormat Format, DType DType, long Bytes)
{
    /// <summary>The part of all places that has an entry, 0 to 1; 0 for a matrix without places.</summary>
    public double Density => Rows == 0 || Columns == 0 ? 0 : NonZeros / ((double)Rows * Columns);

    /// <summary>The size of the same matrix if it were dense, in bytes.</summary>
    public double DenseBytes => (double)Rows * Columns * DType.Size();

    /// <summary>In one line: <c>csr [3, 4] float32, 5 non-zeros (41.7 %), 56 bytes</c>.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Format.Name()} [{Rows}, {Columns}] {DType.Name()}, {NonZeros} non-zeros ({100 * Density:0.####} %), {Bytes} bytes");
}

internal static class SparseFormats
{
    public static string Name(this SparseFormat format) => format switch
    {
        SparseFormat.Coo => "coo",
        SparseFormat.Csr => "csr",
        SparseFormat.Csc => "csc",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "not a SparseFormat"),
    };
}
