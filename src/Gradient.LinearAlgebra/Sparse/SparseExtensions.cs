namespace Gradient.LinearAlgebra;

/// <summary>What dense tensors do with sparse ones.</summary>
public static class SparseExtensions
{
    /// <summary>The product with a sparse matrix on the right: [rows] gives [columns], […, m, rows] gives […, m, columns]: (Sᵀ·Dᵀ)ᵀ.</summary>
    /// <param name="dense">A vector, a matrix, or a batch of matrices.</param>
    /// <param name="sparse">The right operand.</param>
    /// <exception cref="ShapeMismatchException">The left is 0-d, or its last axis has another length than the rows.</exception>
    /// <exception cref="DeviceMismatchException">They lie on different devices.</exception>
    public static GradientTensor MatMul(this GradientTensor dense, SparseTensor sparse)
    {
        if (dense.Rank == 0 || dense.Shape[^1] != sparse.Rows)
            throw new ShapeMismatchException(
                $"MatMul: shape {dense.Shape} and a sparse matrix {sparse.Shape}: [{sparse.Rows}] or […, m, {sparse.Rows}] is needed; perhaps Transpose one.");
        var transposed = sparse.Transpose();
        return dense.Rank == 1 ? transposed.MatMul(dense) : transposed.MatMul(dense.Transpose()).Transpose();
    }

    /// <summary>See <see cref="SparseTensor.FromDense"/>.</summary>
    public static SparseTensor ToSparse(this GradientTensor dense, double threshold = 0, SparseFormat format = SparseFormat.Csr) =>
        SparseTensor.FromDense(dense, threshold, format);
}
