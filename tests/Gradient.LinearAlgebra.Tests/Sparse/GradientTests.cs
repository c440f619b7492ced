namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>First and second derivatives with respect to entries and dense operands, by central differences in Float64.</summary>
public sealed class GradientTests
{
    private static readonly SparseCase Matrix = SparseCase.Random("gradients", 4, 5, 12, 90), Other = SparseCase.Random("other", 4, 5, 9, 91);

    private static SparseTensor With(SparseCase matrix, SparseFormat format, GradientTensor values) =>
        SparseTensor.FromCoordinates(matrix.Rows, matrix.Columns, [.. matrix.Entries.Select(e => e.Row)], [.. matrix.Entries.Select(e => e.Column)], values).To(format);

    private static (string Name, Func<SparseTensor, GradientTensor[], GradientTensor> Run, GradientTensor[] Dense)[] Operations { get; } =
    [
        ("times a matrix", (a, x) => a.MatMul(x[0]), [Random(5, 3)]),
        ("times a vector", (a, x) => a.MatMul(x[0]), [Random(5)]),
        ("times a batch", (a, x) => a.MatMul(x[0]), [Random(2, 5, 2)]),
        ("a matrix times", (a, x) => x[0].MatMul(a), [Random(2, 4)]),
        ("a vector times", (a, x) => x[0].MatMul(a), [Random(4)]),
        ("to dense", (a, _) => a.ToDense(), []),
        ("coalesced", (a, _) => a.Coalesce().Values, []),
        ("times a scalar", (a, x) => (a * x[0]).ToDense(), [Random()]),
        ("times a number", (a, _) => (a * 1.5).Values, []),
        ("times elements", (a, x) => (a * x[0]).ToDense(), [Random(4, 5)]),
        ("times a row", (a, x) => (a * x[0]).Values, [Random(5)]),
        ("times a column", (a, x) => (a * x[0]).ToDense(), [Random(4, 1)]),
        ("sum", (a, _) => a.Sum(), []),
        ("sum of columns", (a, _) => a.Sum(0), []),
        ("sum of rows", (a, _) => a.Sum(1), []),
        ("rows", (a, _) => a.SliceRows(1, 2).ToDense(), []),
        ("transposed", (a, _) => a.Transpose().ToDense(), []),
        ("plus sparse", (a, x) => (a + With(Other, SparseFormat.Csc, x[0])).ToDense(), [Other.Values()]),
        ("times sparse elements", (a, x) => (a * With(Other, SparseFormat.Coo, x[0])).ToDense(), [Other.Values()]),
        ("times sparse", (a, x) => a.MatMul(With(Other, SparseFormat.Csr, x[0]).Transpose()).ToDense(), [Other.Values()]),
        ("a block", (a, x) => SparseTensor.BlockDiagonal(a, With(Other, SparseFormat.Coo, x[0])).ToDense(), [Other.Values()]),
    ];

    public static IEnumerable<TestCaseData> Cases() =>
        from i in Enumerable.Range(0, Operations.Length) from format in SparseCase.Formats select new TestCaseData(i, format).SetArgDisplayNames(Operations[i].Name, format.ToString());

    [TestCaseSource(nameof(Cases))]
    public void First_and_second_derivatives(int operation, SparseFormat format)
    {
        var (_, run, dense) = Operations[operation];
        GradientTensor Run(GradientTensor[] x) => run(With(Matrix, format, x[0]), x[1..]);
        GradientTensor[] inputs = [Matrix.Values(), .. dense];
        GradientCheck.Verify(Run, inputs);
        GradientCheck.VerifySecondOrder(Run, inputs);
    }

    [TestCaseSource(typeof(SparseCase), nameof(SparseCase.Formats))]
    public void From_dense(SparseFormat format)
    {
        // Away from the threshold, where the places would change.
        var x = GradientTensor.From(Reference.Make(4, 5, (i, j) => (i + j) % 3 == 0 ? 0.1 : 1 + i - (0.5 * j)));
        GradientCheck.Verify(v => v.ToSparse(0.2, format).Values.Square(), x);
        GradientCheck.VerifySecondOrder(v => v.ToSparse(0.2, format).MatMul(v.Transpose()), x);
    }

    [Test]
    public void A_step_of_descent_lowers_a_loss_through_entries_and_operand()
    {
        var values = Matrix.Values(requiresGrad: true);
        var weights = Random(5, 2).RequireGrad();
        double Loss(bool step)
        {
            values.Grad = weights.Grad = null;
            var loss = (With(Matrix, SparseFormat.Csr, values).MatMul(weights) - 1).Square().Mean();
            loss.Backward();
            if (step)
            {
                values = (values - (0.05 * values.Grad!)).Detach().RequireGrad();
                weights = (weights - (0.05 * weights.Grad!)).Detach().RequireGrad();
            }

            return loss.Item<double>();
        }

        double first = Loss(true);
        for (int i = 0; i < 50; i++) Loss(true);
        Assert.That(Loss(false), Is.LessThan(0.5 * first));
    }

    [Test]
    public void What_is_cached_survives_the_scope_that_made_it()
    {
        var sparse = Matrix.Make(SparseFormat.Csc);
        for (int step = 0; step < 3; step++)
        {
            using var scope = TensorScope.Begin();
            var x = Random(5, 2).RequireGrad();
            sparse.MatMul(x).Sum().Backward();
            Reference.Near(x.Grad!, Reference.Make(5, 2, (i, _) => Enumerable.Range(0, 4).Sum(row => Matrix.Dense[row, i])), 1e-13, $"step {step}");
        }
    }

    private static GradientTensor Random(params Shape shape) => GradientTensor.Randn(shape, seed: 92, dtype: DType.Float64);
}
