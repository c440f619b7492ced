namespace Gradient.LinearAlgebra;

/// <content>
/// When a sparse product is faster than a dense one, by a model of the CPU's time that is linear in what is read and multiplied. The constants are
/// nanoseconds, fitted to products in Float32 on two cores with AVX2; docs/linear-algebra.md has the figures (benchmarks --only sparse/model).
/// Only their ratios count.
/// </content>
public sealed partial class SparseTensor
{
    private const double PerRow = 4, PerEntry = 0.45, PerSparseProduct = 0.054, PerElement = 0.045, PerDenseProduct = 0.0205;

    /// <summary>Whether the product of a matrix with a dense operand is faster if the matrix is sparse.</summary>
    /// <param name="rows">The rows of the matrix.</param>
    /// <param name="columns">The columns of the matrix.</param>
    /// <param name="nonZeros">How many of its elements are not 0.</param>
    /// <param name="columnsOfDense">The columns of the dense operand; 1 for a vector.</param>
    /// <exception cref="ShapeMismatchException">A number is negative, or there are more non-zeros than elements.</exception>
    public static bool IsWorthwhile(long rows, long columns, long nonZeros, long columnsOfDense = 1)
    {
        double elements = (double)rows * columns;
        if (rows < 0 || columns < 0 || nonZeros < 0 || columnsOfDense < 0 || nonZeros > elements)
            throw new ShapeMismatchException(
                $"IsWorthwhile: {nonZeros} non-zeros in a matrix [{rows}, {columns}] and {columnsOfDense} columns; numbers are not negative, and non-zeros at most {elements:0}.");
        double sparse = (rows * PerRow) + (nonZeros * (PerEntry + (columnsOfDense * PerSparseProduct)));
        return sparse < elements * (PerElement + (columnsOfDense * PerDenseProduct));
    }

    /// <summary>Whether this matrix is faster than its dense counterpart in a product; see <see cref="IsWorthwhile(long, long, long, long)"/>.</summary>
    /// <param name="columnsOfDense">The columns of the dense operand; 1 for a vector.</param>
    public bool IsWorthwhile(long columnsOfDense = 1) => IsWorthwhile(Rows, Columns, NonZeros, columnsOfDense);
}
