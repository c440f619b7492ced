namespace Gradient.LinearAlgebra;

public static partial class Linalg
{
    /// <summary>A norm of each matrix.</summary>
    /// <param name="a">[..., m, n].</param>
    /// <param name="kind">Which norm; the default is <see cref="MatrixNormKind.Frobenius"/>.</param>
    /// <param name="keepDims">Whether the axes of the matrix stay with length 1.</param>
    public static GradientTensor MatrixNorm(this GradientTensor a, MatrixNormKind kind = MatrixNormKind.Frobenius, bool keepDims = false)
    {
        CheckMatrices("matrixNorm", a);
        var norm = kind switch
        {
            MatrixNormKind.Frobenius => a.Norm(2, [-2, -1]),
            MatrixNormKind.Nuclear => a.SingularValues().Sum(-1),
            // Empty matrices have norm 0.
            _ when a.Shape[^1] == 0 || a.Shape[^2] == 0 => a.Sum([-2, -1]),
            MatrixNormKind.One => a.Abs().Sum(-2).Max([-1]),
            MatrixNormKind.Infinity => a.Abs().Sum(-1).Max([-1]),
            MatrixNormKind.Two => a.SingularValues().Select(-1, 0),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such norm."),
        };
        return keepDims ? norm.Unsqueeze(-1).Unsqueeze(-1) : norm;
    }

    /// <summary>
    /// ‖A‖·‖A⁻¹‖: how much errors of A or b may grow in the solution of A·x = b. In the 2-norm, of any matrix, the largest singular value over the
    /// smallest (∞ for a singular matrix).
    /// </summary>
    /// <param name="a">[..., n, n]; for the 2-norm [..., m, n], not empty.</param>
    /// <param name="kind">In which norm; the default is <see cref="MatrixNormKind.Two"/>.</param>
    /// <exception cref="MatrixException">A matrix is singular, and the norm is not the 2-norm.</exception>
    public static GradientTensor ConditionNumber(this GradientTensor a, MatrixNormKind kind = MatrixNormKind.Two)
    {
        if (kind != MatrixNormKind.Two)
        {
            CheckSquare("conditionNumber", a);
            return a.MatrixNorm(kind) * a.Inverse().MatrixNorm(kind);
        }

        CheckMatrices("conditionNumber", a);
        if (a.Shape[^1] == 0 || a.Shape[^2] == 0)
            throw new ShapeMismatchException($"conditionNumber: shape {a.Shape}; an empty matrix has no singular values.");
        var s = a.SingularValues();
        return s.Select(-1, 0) / s.Select(-1, s.Shape[^1] - 1);
    }

    /// <summary>How many singular values exceed the tolerance, Int64; without a gradient.</summary>
    /// <param name="a">[..., m, n].</param>
    /// <param name="relativeTolerance">The tolerance as a part of the largest singular value; by default max(m, n)·ε of the type.</param>
    public static GradientTensor MatrixRank(this GradientTensor a, double? relativeTolerance = null)
    {
        CheckMatrices("matrixRank", a);
        using var _ = Tape.NoGrad();
        var s = a.SingularValues();
        return s.Shape[^1] == 0 ? s.Sum(-1).To(DType.Int64) : IsSignificant(a, s, relativeTolerance).Sum(-1);
    }

    /// <summary>The sum of the diagonal.</summary>
    /// <param name="a">[..., m, n].</param>
    public static GradientTensor Trace(this GradientTensor a) => a.Diagonal().Sum(-1);

    /// <summary>The diagonal [..., min(m, n)]. A view. Any type.</summary>
    /// <param name="a">[..., m, n].</param>
    public static GradientTensor Diagonal(this GradientTensor a)
    {
        if (a.Rank < 2) throw new ShapeMismatchException($"diagonal: shape {a.Shape} has no matrices; two axes at least are needed.");
        var layout = a.Value.Layout;
        long rows = a.Shape[^2], columns = a.Shape[^1];
        Span<long> strides = stackalloc long[a.Rank];
        layout.CopyStridesTo(strides);
        strides[^2] += strides[^1];
        var view = new Layout(VectorShape(BatchShape(a.Shape), Math.Min(rows, columns)), strides[..^1], layout.Offset);
        return Tape.Record("diagonal", a.Value.View(view), [a], g => [OnDiagonal(g, rows, columns)]);
    }

    /// <summary>The Kronecker product: blocks aᵢⱼ·B. Batches broadcast.</summary>
    /// <param name="a">[..., m, n].</param>
    /// <param name="b">[..., p, q].</param>
    /// <returns>[..., m·p, n·q].</returns>
    public static GradientTensor Kronecker(this GradientTensor a, GradientTensor b)
    {
        if (a.Rank < 2 || b.Rank < 2)
            throw new ShapeMismatchException($"kronecker: shapes {a.Shape} and {b.Shape}; two axes at least are needed.");
        var blocks = a.Unsqueeze(-1).Unsqueeze(-3) * b.Unsqueeze(-2).Unsqueeze(-4);
        var batch = BatchShape(BatchShape(blocks.Shape));
        return blocks.Reshape(MatrixShape(batch, a.Shape[^2] * b.Shape[^2], a.Shape[^1] * b.Shape[^1]));
    }

    /// <summary>The matrix [..., rows, columns] with the diagonal x and zeros elsewhere.</summary>
    private static GradientTensor OnDiagonal(GradientTensor x, long rows, long columns)
    {
        long longer = Math.Max(rows, columns);
        var eye = GradientTensor.Eye(longer, DType.Bool, x.Device).Narrow(-2, 0, rows).Narrow(-1, 0, columns);
        var spread = rows <= columns ? x.Unsqueeze(-1) : x.Unsqueeze(-2);
        return eye.Where(spread, GradientTensor.Scalar(0, x.DType, x.Device));
    }

    /// <summary>Which singular values count, as opposed to what rounding left of zeros.</summary>
    private static GradientTensor IsSignificant(GradientTensor a, GradientTensor s, double? relativeTolerance)
    {
        double tolerance = relativeTolerance ?? Math.Max(a.Shape[^1], a.Shape[^2]) * Epsilon(a.DType);
        return s.GreaterThan(s.Narrow(-1, 0, 1) * tolerance);
    }

    private static double Epsilon(DType dtype) => dtype == DType.Float32 ? 1.0 / (1 << 23) : 1.0 / (1L << 52);
}
