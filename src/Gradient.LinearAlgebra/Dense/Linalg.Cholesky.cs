using System.Numerics;

namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>
    /// The lower triangle L with A = L·Lᵀ. Only the lower triangle of A is read; the gradient is symmetric, as if both were.
    /// </summary>
    /// <param name="a">[..., n, n], symmetric and positive definite.</param>
    /// <exception cref="MatrixException">A matrix is not positive definite.</exception>
    public static GradientTensor Cholesky(this GradientTensor a)
    {
        CheckSquare("cholesky", a);
        var result = a.DType == DType.Float32 ? Cholesky<float>(a.Value) : Cholesky<double>(a.Value);
        return Tape.RecordWithOutput("cholesky", result, [a], (l, g) =>
        {
            // L⁻ᵀ·Φ(Lᵀ·g)·L⁻¹, made symmetric; Φ takes the lower triangle and half of the diagonal (I. Murray, Differentiation of the Cholesky
            // Decomposition, 2016). ½(tril + tril₋₁) is Φ.
            var product = l.Transpose().MatMul(g);
            var half = l.Transpose().SolveTriangular((product.Tril() + product.Tril(-1)) * 0.5, upper: true);
            return [Symmetric(l.Transpose().SolveTriangular(half.Transpose(), upper: true))];
        });
    }

    /// <summary>(X + Xᵀ)/2.</summary>
    private static GradientTensor Symmetric(GradientTensor x) => (x + x.Transpose()) * 0.5;

    private static unsafe Tensor Cholesky<T>(Tensor x) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var a = HostMatrices<T>.Copy(x);
        nint n = a.Rows;
        var failure = new FirstFailure();
        Batch.Run(a.Count, Cubic(n, n, n) / 6, i =>
        {
            if (Decompositions<T>.Current.Cholesky(a[i], n, n) is >= 0 and var pivot) failure.Report(i, pivot, a[i][(pivot * n) + pivot]);
        });
        failure.Throw("cholesky", x.Shape, (pivot, value) =>
            $"is not positive definite: pivot {pivot} is {value}; add to its diagonal, or use EigenSymmetric.");
        return a.On(x.Device);
    }
}
