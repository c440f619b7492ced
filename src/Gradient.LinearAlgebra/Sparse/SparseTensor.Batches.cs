namespace Gradient.LinearAlgebra;

/// <content>
/// Many independent operations in one call. Each is asked of the device without waiting for the one before; results come in the order of the
/// operands. Where operands are equally wide, <see cref="BlockDiagonal"/> makes one product of many.
/// </content>
public sealed partial class SparseTensor
{
    /// <summary>The products of pairs of a sparse matrix and a dense operand; see <see cref="MatMul(GradientTensor)"/>. Shapes may differ from pair to pair.</summary>
    public static GradientTensor[] MatMulBatch(ReadOnlySpan<SparseTensor> matrices, ReadOnlySpan<GradientTensor> operands) =>
        Batch("MatMulBatch", matrices, operands, (a, b) => a.MatMul(b));

    /// <summary>The products of pairs of sparse matrices; see <see cref="MatMul(SparseTensor)"/>.</summary>
    public static SparseTensor[] MatMulBatch(ReadOnlySpan<SparseTensor> left, ReadOnlySpan<SparseTensor> right) =>
        Batch("MatMulBatch", left, right, (a, b) => a.MatMul(b));

    /// <summary>The sums of pairs of sparse matrices; see <see cref="Add"/>.</summary>
    public static SparseTensor[] AddBatch(ReadOnlySpan<SparseTensor> left, ReadOnlySpan<SparseTensor> right) =>
        Batch("AddBatch", left, right, (a, b) => a.Add(b));

    /// <summary>Sparse matrices, each times its number; see <see cref="Multiply(double)"/>.</summary>
    public static SparseTensor[] MultiplyBatch(ReadOnlySpan<SparseTensor> matrices, ReadOnlySpan<double> factors) =>
        Batch("MultiplyBatch", matrices, factors, (a, factor) => a.Multiply(factor));

    private static TResult[] Batch<T, TResult>(string name, ReadOnlySpan<SparseTensor> left, ReadOnlySpan<T> right, Func<SparseTensor, T, TResult> operation)
    {
        if (left.Length != right.Length) throw new ShapeMismatchException($"{name}: {left.Length} matrices and {right.Length} operands; each needs one.");
        var results = new TResult[left.Length];
        for (int i = 0; i < results.Length; i++) results[i] = operation(left[i], right[i]);
        return results;
    }
}
