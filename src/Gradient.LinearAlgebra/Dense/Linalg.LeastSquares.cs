namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>
    /// The pseudo-inverse of Moore and Penrose, by singular values. Its gradient is right as long as small changes leave the rank as it is.
    /// </summary>
    /// <param name="a">[..., m, n].</param>
    /// <param name="relativeTolerance">Singular values up to this part of the largest count as 0; by default max(m, n)·ε of the type.</param>
    /// <returns>[..., n, m].</returns>
    /// <exception cref="MatrixException">A matrix holds NaN or infinity.</exception>
    public static GradientTensor PseudoInverse(this GradientTensor a, double? relativeTolerance = null)
    {
        CheckMatrices("pseudoInverse", a);
        GradientTensor result;
        using (Autocast.Disable())
        using (Tape.NoGrad())
        {
            var (u, s, vt) = a.Svd();
            if (s.Shape[^1] == 0) return a.Transpose().Clone();
            var inverse = IsSignificant(a, s, relativeTolerance).Where(1 / s, s.ZerosLike());
            result = (vt.Transpose() * inverse.Unsqueeze(-2)).MatMul(u.Transpose());
        }

        // dP = −P·dA·P + P·Pᵀ·dAᵀ·(I − A·P) + (I − P·A)·dAᵀ·Pᵀ·P (G. Golub and V. Pereyra, The Differentiation of Pseudo-Inverses, 1973).
        return Tape.RecordWithOutput("pseudoInverse", result.Value, [a], (p, g) =>
        {
            GradientTensor pt = p.Transpose(), gt = g.Transpose(), rows = gt.MatMul(p).MatMul(pt), columns = pt.MatMul(p).MatMul(gt);
            return [-pt.MatMul(g).MatMul(pt) + (rows - a.MatMul(p.MatMul(rows))) + (columns - columns.MatMul(p).MatMul(a))];
        }, a);
    }

    /// <summary>
    /// X that makes ‖A·X − B‖ smallest, and of those the shortest. By QR if the rank is full, else by singular values; the rank counts as full
    /// if no diagonal element of R is below the tolerance (a matrix like Kahan's is nearer to a smaller rank than that shows).
    /// </summary>
    /// <param name="a">[..., m, n].</param>
    /// <param name="b">[..., m, k], or a vector [m].</param>
    /// <param name="relativeTolerance">What counts as 0, as a part of the largest; by default max(m, n)·ε of the type.</param>
    /// <returns>[..., n, k], or a vector [n].</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor LeastSquares(this GradientTensor a, GradientTensor b, double? relativeTolerance = null)
    {
        CheckMatrices("leastSquares", a);
        if (b.Rank == 1) return a.LeastSquares(b.Unsqueeze(-1), relativeTolerance).Squeeze(-1);
        (a, b) = Equations("leastSquares", a, b);
        using var _ = Autocast.Disable(); // the products are part of the one operation
        bool wide = a.Shape[^2] < a.Shape[^1];
        var (q, r) = (wide ? a.Transpose() : a).Qr();
        if (!HasFullRank(a, r, relativeTolerance)) return a.PseudoInverse(relativeTolerance).MatMul(b);
        return wide
            ? q.MatMul(r.Transpose().SolveTriangular(b, upper: false))
            : r.SolveTriangular(q.Transpose().MatMul(b), upper: true);
    }

    /// <summary>Reads a number back, so that the one way or the other is taken for the whole batch.</summary>
    private static bool HasFullRank(GradientTensor a, GradientTensor r, double? relativeTolerance)
    {
        if (r.ElementCount == 0) return true;
        using var _ = Tape.NoGrad();
        var diagonal = r.Diagonal().Abs();
        double tolerance = relativeTolerance ?? Math.Max(a.Shape[^1], a.Shape[^2]) * Epsilon(a.DType);
        return diagonal.GreaterThan(diagonal.Max([-1], keepDims: true) * tolerance).All().Item<bool>();
    }
}
