using static Gradient.LinearAlgebra.Tests.Plain;

namespace Gradient.LinearAlgebra.Tests;

/// <summary>Every decomposition multiplies back to its matrix within a few roundings, whatever the matrix; orthogonal factors are so.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ResidualTests
{
    private static IEnumerable<TestCaseData> General() =>
        from type in Samples.Types
        from shape in Samples.Shapes
        from kind in Samples.Kinds
        select new TestCaseData(kind, shape.Rows, shape.Columns, type).SetArgDisplayNames(kind, $"{shape.Rows}x{shape.Columns}", type.Name());

    private static IEnumerable<TestCaseData> Square() =>
        from type in Samples.Types
        from n in Samples.Sizes
        from kind in Samples.Kinds
        select new TestCaseData(kind, n, type).SetArgDisplayNames(kind, $"{n}", type.Name());

    private static IEnumerable<TestCaseData> Sizes() =>
        from type in Samples.Types
        from n in Samples.Sizes
        select new TestCaseData(n, type).SetArgDisplayNames($"{n}", type.Name());

    [TestCaseSource(nameof(General))]
    public void Lu(string kind, int rows, int columns, DType type)
    {
        var a = Samples.Make(kind, rows, columns, type);
        var (p, l, u, pivots) = a.Lu();
        double[,] left = Matrix(l), right = Matrix(u);
        IsSmall(Minus(Matrix(a), Times(Matrix(p), Times(left, right))), Norm(left) * Norm(right), type, "A − PLU");
        Assert.That(pivots.Shape, Is.EqualTo(new Shape([Math.Min(rows, columns)])));
        for (int i = 0; i < left.GetLength(0); i++)
            for (int j = 0; j < left.GetLength(1); j++)
                Assert.That(i == j ? left[i, j] == 1 : i > j ? Math.Abs(left[i, j]) <= 1 : left[i, j] == 0, $"L[{i}, {j}] = {left[i, j]}");
        for (int i = 0; i < right.GetLength(0); i++)
            for (int j = 0; j < Math.Min(i, right.GetLength(1)); j++)
                Assert.That(right[i, j], Is.Zero);
    }

    [TestCaseSource(nameof(General))]
    public void Qr(string kind, int rows, int columns, DType type)
    {
        var a = Samples.Make(kind, rows, columns, type);
        foreach (var mode in new[] { QrMode.Reduced, QrMode.Complete })
        {
            var (q, r) = a.Qr(mode);
            int width = mode == QrMode.Complete ? rows : Math.Min(rows, columns);
            Assert.That((q.Shape, r.Shape), Is.EqualTo((new Shape([rows, width]), new Shape([width, columns]))));
            IsSmall(Minus(Matrix(a), Times(Matrix(q), Matrix(r))), Norm(Matrix(a)), type, "A − QR");
            IsOrthonormal(Matrix(q), type, "Q");
            double[,] upper = Matrix(r);
            for (int i = 0; i < width; i++)
                for (int j = 0; j < Math.Min(i, columns); j++)
                    Assert.That(upper[i, j], Is.Zero);
        }
    }

    [TestCaseSource(nameof(General))]
    public void Svd(string kind, int rows, int columns, DType type)
    {
        var a = Samples.Make(kind, rows, columns, type);
        var (u, s, vt) = a.Svd();
        double[] values = Vector(s);
        IsSmall(Minus(Matrix(a), Times(Times(Matrix(u), Diagonal(values)), Matrix(vt))), Norm(Matrix(a)), type, "A − USVᵀ");
        IsOrthonormal(Matrix(u), type, "U");
        IsOrthonormal(Transpose(Matrix(vt)), type, "V");
        for (int i = 0; i < values.Length; i++) Assert.That(values[i] >= 0 && (i == 0 || values[i] <= values[i - 1]), $"value {i}");
        double[] alone = Vector(a.SingularValues());
        for (int i = 0; i < values.Length; i++)
            Assert.That(Math.Abs(alone[i] - values[i]) <= 10 * Epsilon(type) * values[0], $"value {i}: {alone[i]} without vectors, {values[i]} with");
    }

    [TestCaseSource(nameof(Square))]
    public void EigenSymmetric(string kind, int n, DType type)
    {
        var general = Samples.Make(kind, n, n, type);
        var a = general.Tril() + general.Tril(-1).Transpose();
        // What stands in the upper triangle does not matter.
        var (w, v) = (a.Tril() + GradientTensor.Ones([n, n], type).Triu(1)).EigenSymmetric();
        double[] values = Vector(w);
        IsSmall(Minus(Matrix(a), Times(Times(Matrix(v), Diagonal(values)), Transpose(Matrix(v)))), Norm(Matrix(a)), type, "A − VwVᵀ");
        IsOrthonormal(Matrix(v), type, "V");
        for (int i = 1; i < n; i++) Assert.That(values[i] >= values[i - 1]);
    }

    [TestCaseSource(nameof(Sizes))]
    public void Cholesky(int n, DType type)
    {
        var a = Samples.Positive([], n, type);
        double[,] l = Matrix((a.Tril() + GradientTensor.Full([n, n], double.NaN, type).Triu(1)).Cholesky());
        IsSmall(Minus(Matrix(a), Times(l, Transpose(l))), Norm(Matrix(a)), type, "A − LLᵀ");
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++)
                Assert.That(l[i, j], Is.Zero);
    }

    [TestCaseSource(nameof(Sizes))]
    public void Solutions(int n, DType type)
    {
        var a = Samples.Make("random", n, n, type);
        foreach (int columns in new[] { 1, 2, 7, 40 })
        {
            var b = Samples.Make("random", n, columns, type, seed: 5);
            var x = a.Solve(b);
            // Backward stable: ‖AX − B‖ ≤ c·n·ε·‖A‖·‖X‖ (Higham, Accuracy and Stability of Numerical Algorithms, 2002, 9.3).
            IsSmall(Minus(Times(Matrix(a), Matrix(x)), Matrix(b)), Norm(Matrix(a)) * Norm(Matrix(x)), type, $"AX − B, {columns} columns");
            foreach (bool upper in new[] { false, true })
                foreach (bool unit in new[] { false, true })
                {
                    // Random unit triangles are as ill-conditioned as it gets; the residual does not mind.
                    var triangle = upper ? a.Triu(unit ? 1 : 0) : a.Tril(unit ? -1 : 0);
                    if (unit) triangle += GradientTensor.Eye(n, type);
                    var y = a.SolveTriangular(b, upper, unitDiagonal: unit);
                    IsSmall(Minus(Times(Matrix(triangle), Matrix(y)), Matrix(b)), Norm(Matrix(triangle)) * Norm(Matrix(y)), type, $"triangle upper: {upper}, unit: {unit}");
                    var right = a.SolveTriangular(b.Transpose(), upper, left: false, unitDiagonal: unit);
                    IsSmall(Minus(Times(Matrix(right), Matrix(triangle)), Transpose(Matrix(b))), Norm(Matrix(triangle)) * Norm(Matrix(right)), type, "right");
                }
        }

        var inverse = a.Inverse();
        double norms = Norm(Matrix(a)) * Norm(Matrix(inverse));
        IsSmall(Minus(Times(Matrix(a), Matrix(inverse)), Diagonal([.. Enumerable.Repeat(1.0, n)])), norms, type, "A·A⁻¹ − I");
    }

    [TestCaseSource(nameof(General))]
    public void PseudoInverse(string kind, int rows, int columns, DType type)
    {
        // The four equations of Penrose. Tolerances as of a product of three matrices of these norms.
        var x = Samples.Make(kind, rows, columns, type);
        // The rank of the first two depends on the tolerance; norms of the last two leave the range when they are multiplied.
        if (kind is "graded" or "hilbert" or "huge" or "tiny") return;
        double[,] a = Matrix(x), p = Matrix(x.PseudoInverse());
        double norm = Norm(a), inverse = Norm(p);
        IsSmall(Minus(Times(Times(a, p), a), a), norm * norm * inverse, type, "APA − A");
        IsSmall(Minus(Times(Times(p, a), p), p), norm * inverse * inverse, type, "PAP − P");
        IsSmall(Minus(Times(a, p), Transpose(Times(a, p))), norm * inverse, type, "AP");
        IsSmall(Minus(Times(p, a), Transpose(Times(p, a))), norm * inverse, type, "PA");
    }

    [TestCaseSource(nameof(General))]
    public void Least_squares_residuals_are_orthogonal_and_solutions_shortest(string kind, int rows, int columns, DType type)
    {
        if (kind is "graded" or "hilbert" or "huge" or "tiny" || rows == 0 || columns == 0) return; // ranks in doubt; squares of norms leave the range
        var x = Samples.Make(kind, rows, columns, type);
        var b = Samples.Make("random", rows, 3, type, seed: 9);
        double[,] a = Matrix(x), solution = Matrix(x.LeastSquares(b)), p = Matrix(x.PseudoInverse());
        double condition = Norm(a) * Norm(p);
        var residual = Minus(Times(a, solution), Matrix(b));
        IsSmall(Times(Transpose(a), residual), Norm(a) * (Norm(residual) + (Norm(a) * Norm(solution))), type, "Aᵀ(AX − B)");
        IsSmall(Minus(solution, Times(p, Matrix(b))), condition * condition * (Norm(p) * Norm(Matrix(b))), type, "X − A⁺B");
    }

    [TestCaseSource(nameof(Square))]
    public void Eigenvalues(string kind, int n, DType type)
    {
        // Backward stable: each value λ makes A − λI singular within c·n·ε·‖A‖. As |det| that would overflow; its smallest singular value tells, by MathNet.
        if (kind is "huge" or "tiny") return; // scaled by a power of two, as others test
        double[,] a = Matrix(Samples.Make(kind, n, n, type));
        var (real, imaginary) = Samples.Make(kind, n, n, type).Eigenvalues();
        double[] re = Vector(real), im = Vector(imaginary);
        var matrix = MathNet.Numerics.LinearAlgebra.Complex.DenseMatrix.OfArray(new System.Numerics.Complex[n, n]);
        double norm = Math.Max(Norm(a), 1e-300), trace = 0;
        for (int i = 0; i < n; i++) trace += a[i, i] - re[i];
        Assert.That(Math.Abs(trace) <= 10 * n * Epsilon(type) * norm, $"trace off by {trace}");
        Assert.That(Math.Abs(im.Sum()) <= n * Epsilon(type) * norm);
        for (int k = 0; k < n; k += 1 + (n / 5))
        {
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    matrix[i, j] = a[i, j] - (i == j ? new System.Numerics.Complex(re[k], im[k]) : 0);
            double smallest = matrix.Svd(computeVectors: false).S.AsEnumerable().Min(z => z.Real);
            Assert.That(smallest <= 10 * n * Epsilon(type) * norm, $"value {k} = {re[k]} + {im[k]}i: {smallest / (n * Epsilon(type) * norm):G3}·n·ε·‖A‖");
        }
    }

    /// <summary>D⁻¹·A·D with powers of two is exact and has A's eigenvalues, which only balancing finds again.</summary>
    [Test]
    public void Badly_scaled_matrices_have_the_eigenvalues_of_well_scaled_ones([Values(5, 12, 40)] int n)
    {
        double[,] a = Matrix(Samples.Make("random", n, n));
        var scaled = Samples.From(Make(n, n, (i, j) => Math.ScaleB(a[i, j], (j * 7 % 41) - (i * 7 % 41)))).RequireGrad();
        System.Numerics.Complex[] Values(GradientTensor x) =>
            [.. Vector(x.Eigenvalues().Real).Zip(Vector(x.Eigenvalues().Imaginary)).Select(p => new System.Numerics.Complex(p.First, p.Second))];
        var expected = Values(Samples.From(a)).ToList();
        foreach (var value in Values(scaled))
        {
            var nearest = expected.MinBy(p => (p - value).Magnitude);
            Assert.That((nearest - value).Magnitude, Is.LessThan(1e-11 * n), $"{value} beside {nearest}");
            expected.Remove(nearest);
        }

        // The sum of the eigenvalues is the trace, whatever the scale: its gradient is the identity.
        scaled.Eigenvalues().Real.Sum().Backward();
        double[,] gradient = Matrix(scaled.Grad!);
        for (int i = 0; i < n; i++) Assert.That(gradient[i, i], Is.EqualTo(1).Within(1e-9));
    }
}
