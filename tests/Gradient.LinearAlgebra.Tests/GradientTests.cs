namespace Gradient.LinearAlgebra.Tests;

/// <summary>First derivatives of everything by central differences in Float64; second ones where they exist. Gauge freedom is taken out.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class GradientTests
{
    private static readonly Shape[] Batches = [[], [2], [2, 3]];

    private static GradientTensor Normal(Shape batch, int rows, int columns, int seed = 3) =>
        GradientTensor.Randn(batch.Insert(batch.Rank, rows).Insert(batch.Rank + 1, columns), seed: seed, dtype: DType.Float64);

    private static void Verify(Func<GradientTensor, GradientTensor> f, GradientTensor x, bool second = true)
    {
        GradientCheck.Verify(f, x, tolerance: 1e-5);
        if (second) GradientCheck.VerifySecondOrder(f, x, tolerance: 1e-4);
    }

    private static GradientTensor Join(params GradientTensor[] parts) => GradientTensor.Cat(Array.ConvertAll(parts, p => p.Flatten()));

    [TestCaseSource(nameof(Batches))]
    public void Solve_inverse_determinant(Shape batch)
    {
        var a = Samples.Regular(batch, 3);
        var b = Normal(batch, 3, 2);
        GradientCheck.Verify(x => x[0].Solve(x[1]), [a, b]);
        GradientCheck.VerifySecondOrder(x => x[0].Solve(x[1]), [a, b], tolerance: 1e-5);
        Verify(x => x.Inverse(), a);
        Verify(x => x.Determinant(), a);
        Verify(x => x.LogDeterminant().LogAbs, a);
        Verify(x => x.Trace(), a);
        Verify(x => x.ConditionNumber(), a);
        Verify(x => x.ConditionNumber(MatrixNormKind.Frobenius), a);
    }

    [Test]
    public void Right_hand_sides_broadcast_and_vectors()
    {
        GradientCheck.Verify(x => x[0].Solve(x[1]), [Samples.Regular([], 3), Normal([4], 3, 2)]);
        GradientCheck.Verify(x => x[0].Solve(x[1]), [Samples.Regular([2, 1], 3), Normal([4], 3, 2)]);
        GradientCheck.Verify(x => x[0].Solve(x[1]), [Samples.Regular([2], 3), GradientTensor.Randn([3], seed: 8, dtype: DType.Float64)]);
        GradientCheck.Verify(x => x[0].LeastSquares(x[1]), [Normal([2], 5, 3), GradientTensor.Randn([5], seed: 8, dtype: DType.Float64)], tolerance: 1e-5);
    }

    [Test]
    public void Triangular([Values] bool upper, [Values] bool left, [Values] bool unit)
    {
        GradientTensor a = Samples.Regular([2], 4), b = left ? Normal([2], 4, 3) : Normal([2], 3, 4);
        GradientCheck.Verify(x => x[0].SolveTriangular(x[1], upper, left, unit), [a, b]);
        GradientCheck.VerifySecondOrder(x => x[0].SolveTriangular(x[1], upper, left, unit), [a, b], tolerance: 1e-5);
    }

    [TestCaseSource(nameof(Batches))]
    public void Cholesky(Shape batch) =>
        Verify(x => (x.MatMul(x.Transpose()) + GradientTensor.Eye(3, DType.Float64)).Cholesky(), Normal(batch, 3, 3));

    [TestCase(3, 3), TestCase(5, 3), TestCase(3, 5), TestCase(1, 4), TestCase(4, 1)]
    public void Lu(int rows, int columns)
    {
        var a = Normal([2], rows, columns);
        Verify(x => Join(x.Lu().L, x.Lu().U * 2), a);
        Verify(x => x.Lu().L, a, second: false);
        Verify(x => x.Lu().U, a, second: false);
    }

    [TestCase(3, 3), TestCase(5, 3), TestCase(3, 5), TestCase(1, 4), TestCase(4, 1)]
    public void Qr(int rows, int columns)
    {
        var a = Normal([2], rows, columns);
        Verify(x => x.Qr().Q, a);
        Verify(x => x.Qr().R, a);
        if (rows <= columns) Verify(x => Join(x.Qr(QrMode.Complete).Q, x.Qr(QrMode.Complete).R), a, second: false);
    }

    [TestCase(3, 3), TestCase(5, 3), TestCase(3, 5), TestCase(1, 3), TestCase(3, 1)]
    public void Svd(int rows, int columns)
    {
        var a = Normal([2], rows, columns);
        // |U| and |V| do not know the signs of vectors.
        Verify(x => x.Svd().S, a);
        Verify(x => x.SingularValues(), a, second: false);
        Verify(x => x.Svd().U.Square(), a);
        Verify(x => x.Svd().Vt.Square(), a);
        Verify(x => { var (u, s, vt) = x.Svd(); return (u * s.Sqrt().Unsqueeze(-2)).MatMul(vt); }, a);
    }

    [TestCaseSource(nameof(Batches))]
    public void EigenSymmetric(Shape batch)
    {
        var a = Normal(batch, 4, 4);
        Verify(x => (x + x.Transpose()).EigenSymmetric().Values, a);
        Verify(x => (x + x.Transpose()).EigenSymmetric().Vectors.Square(), a);
        // The gradient is symmetric; without an upper triangle in the way, twice that of the lower one.
        Verify(x => { var (w, v) = (x.Tril() + x.Tril(-1).Transpose()).EigenSymmetric(); return (v * w.Tanh().Unsqueeze(-2)).MatMul(v.Transpose()); }, a);
    }

    [TestCaseSource(nameof(Batches))]
    public void Eigenvalues(Shape batch)
    {
        // Random matrices of both kinds of values.
        var a = Normal(batch, 5, 5, seed: 4);
        Assert.That(a.Eigenvalues().Imaginary.NotEqualTo(0).Any().Item<bool>(), "no complex pair is tested");
        // The order of eigenvalues may change with a small change of the matrix: sums over them do not mind.
        Verify(x => x.Eigenvalues().Real.Pow(3).Sum(-1), a, second: false);
        Verify(x => x.Eigenvalues().Imaginary.Square().Sum(-1), a, second: false);
        Verify(x => { var (re, im) = x.Eigenvalues(); return (re.Sin() * im.Cos() + (re * im.Pow(4))).Sum(-1); }, a, second: false);
        var t = Normal([], 2, 2).RequireGrad();
        var first = Tape.Gradients(t.Eigenvalues().Real.Square().Sum(), [t], createGraph: true)[0];
        Assert.That(() => first.Sum().Backward(), Throws.TypeOf<UnsupportedOperationException>());
    }

    [TestCase(4, 4), TestCase(5, 3), TestCase(3, 5)]
    public void PseudoInverse_and_least_squares(int rows, int columns)
    {
        var a = Normal([2], rows, columns);
        Verify(x => x.PseudoInverse(), a);
        var b = Normal([2], rows, 2, seed: 6);
        GradientCheck.Verify(x => x[0].LeastSquares(x[1]), [a, b], tolerance: 1e-5);
        GradientCheck.VerifySecondOrder(x => x[0].LeastSquares(x[1]), [a, b], tolerance: 1e-4);
        // Of constant rank 2: a product of factors, which are what varies.
        GradientCheck.Verify(x => x[0].MatMul(x[1]).PseudoInverse(1e-8), [Normal([], rows, 2), Normal([], 2, columns, seed: 7)], tolerance: 1e-5);
        GradientCheck.Verify(x => x[0].MatMul(x[1]).LeastSquares(x[2], 1e-8), [Normal([], rows, 2), Normal([], 2, columns, seed: 7), Normal([], rows, 2)], tolerance: 1e-5);
    }

    [Test]
    public void Norms([Values] MatrixNormKind kind)
    {
        Verify(x => x.MatrixNorm(kind), Normal([2], 3, 4));
        Verify(x => x.MatrixNorm(kind, keepDims: true), Normal([], 4, 2));
    }

    [Test]
    public void Kronecker_and_diagonals()
    {
        GradientTensor[] inputs = [Normal([2, 1], 2, 3), Normal([3], 3, 2)];
        GradientCheck.Verify(x => x[0].Kronecker(x[1]), inputs);
        GradientCheck.VerifySecondOrder(x => x[0].Kronecker(x[1]), inputs, tolerance: 1e-5);
        Verify(x => x.Diagonal().Square(), Normal([2], 3, 5));
        Verify(x => x.Transpose().Diagonal().Square(), Normal([2], 3, 5));
    }

    /// <summary>The cofactors of a singular matrix are still its determinant's derivative.</summary>
    [Test]
    public void Determinant_of_singular_matrices()
    {
        // Exactly singular in floating point: a row of zeros; of rank n − 2, where all cofactors vanish; one of a batch.
        double[,] one = { { 1, 2, 3 }, { 4, 5, 7 }, { 0, 0, 0 } }, two = { { 1, 2, 3 }, { 0, 0, 0 }, { 0, 0, 0 } }, regular = { { 2, 1, 0 }, { 1, 3, 1 }, { 0, 1, 4 } };
        foreach (var x in new[] { GradientTensor.From(one), GradientTensor.From(two), GradientTensor.Stack([GradientTensor.From(regular), GradientTensor.From(one)]) })
            Verify(y => y.Determinant(), x, second: false);
    }

    [Test]
    public void Nothing_is_recorded_without_need()
    {
        var a = Samples.Regular([], 3).RequireGrad();
        using (Tape.NoGrad()) Assert.That(a.Svd().U.RequiresGrad || a.SingularValues().RequiresGrad || a.Solve(a).RequiresGrad, Is.False);
        Assert.That(a.MatrixRank().RequiresGrad, Is.False);
        a.Qr().R.Sum().Backward();
        Assert.That(a.Grad, Is.Not.Null);
    }

    [Test]
    public void A_complete_basis_has_no_gradient()
    {
        var a = Normal([], 4, 2).RequireGrad();
        Assert.That(() => a.Qr(QrMode.Complete).Q.Sum().Backward(), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("[4, 2]"));
    }

    [Test]
    public void An_overwritten_factor_is_noticed()
    {
        var a = Normal([], 3, 3).RequireGrad();
        var (q, r) = a.Qr();
        using (Tape.NoGrad()) q.Value.Fill(0);
        Assert.That(() => r.Sum().Backward(), Throws.TypeOf<TapeException>());
    }
}
