namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>Formats and what they keep.</summary>
public sealed class ConversionTests
{
    public static IEnumerable<TestCaseData> Cases() =>
        from matrix in SparseCase.All from format in SparseCase.Formats select new TestCaseData(matrix, format);

    [TestCaseSource(nameof(Cases))]
    public void Every_format_holds_the_same_matrix(SparseCase matrix, SparseFormat format)
    {
        var sparse = matrix.Make(format);
        foreach (var other in SparseCase.Formats)
        {
            var converted = sparse.To(other);
            Assert.That(converted.Format, Is.EqualTo(other));
            Reference.Near(converted.ToDense(), matrix.Dense, 1e-15, $"to {other}");
            Reference.Near(converted.To(format).ToDense(), matrix.Dense, 1e-15, $"to {other} and back");
            Reference.Near(converted.Transpose().ToDense(), Reference.Transpose(matrix.Dense), 1e-15, $"transposed in {other}");
            if (other != SparseFormat.Coo) CheckOrder(converted);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Coalescing_leaves_one_entry_per_place_in_order(SparseCase matrix, SparseFormat format)
    {
        var coalesced = matrix.Make(format).Coalesce();
        int[] rows = coalesced.RowIndices.ToArray<int>(), columns = coalesced.ColumnIndices.ToArray<int>();
        double[] values = coalesced.Values.ToArray<double>();
        var expected = matrix.Entries.GroupBy(e => (e.Row, e.Column)).OrderBy(group => group.Key).ToArray();
        Assert.That(coalesced.IsCoalesced);
        Assert.That(coalesced.Format, Is.EqualTo(SparseFormat.Coo));
        Assert.That(rows.Zip(columns), Is.EqualTo(expected.Select(group => group.Key)));
        for (int i = 0; i < values.Length; i++) Assert.That(values[i], Is.EqualTo(expected[i].Sum(e => e.Value)).Within(1e-14));
    }

    [Test]
    public void Transposing_shares_the_values() =>
        Assert.That(SparseCase.All[0].Make(SparseFormat.Csr) is var csr && ReferenceEquals(csr.Transpose().Values, csr.Values) && csr.Transpose().Format == SparseFormat.Csc);

    [TestCaseSource(nameof(Cases))]
    public void From_dense_keeps_what_is_above_the_threshold(SparseCase matrix, SparseFormat format)
    {
        foreach (var (name, layout) in DenseLayouts.All)
        {
            foreach (double threshold in new[] { 0, 0.5, 100 })
            {
                var sparse = layout(matrix.Dense, DType.Float64).ToSparse(threshold, format);
                var expected = Reference.Make(matrix.Rows, matrix.Columns, (i, j) => Math.Abs(matrix.Dense[i, j]) > threshold ? matrix.Dense[i, j] : 0);
                Assert.That(sparse.NonZeros, Is.EqualTo(expected.Cast<double>().Count(x => x != 0)), name);
                Assert.That(sparse.Format, Is.EqualTo(format));
                Reference.Near(sparse.ToDense(), expected, 0, $"{name}, threshold {threshold}");
            }
        }
    }

    [Test]
    public void From_dense_keeps_nan_and_infinity()
    {
        var sparse = GradientTensor.From(new[,] { { double.NaN, 0 }, { 1, double.NegativeInfinity } }).ToSparse(2);
        Assert.That(sparse.Values.ToArray<double>(), Is.EqualTo(new[] { double.NaN, double.NegativeInfinity }));
    }

    [TestCaseSource(nameof(Cases))]
    public void Elements_are_read_one_by_one(SparseCase matrix, SparseFormat format)
    {
        if (matrix.Rows * matrix.Columns > 500) return;
        var sparse = matrix.Make(format);
        Reference.Near(GradientTensor.From(Reference.Make(matrix.Rows, matrix.Columns, (i, j) => sparse[i, j])), matrix.Dense, 1e-15, "elements");
    }

    [Test]
    public void Info_tells_size_density_format_and_bytes()
    {
        var csr = SparseTensor.FromCsr(3, 4, [0, 2, 2, 5], [0, 3, 0, 1, 2], GradientTensor.Ones([5]));
        Assert.That(csr.Info, Is.EqualTo(new SparseInfo(3, 4, 5, SparseFormat.Csr, DType.Float32, ((4 + 5) * 4) + (5 * 4))));
        Assert.That(csr.Info.Density, Is.EqualTo(5 / 12.0));
        Assert.That(csr.Info.DenseBytes, Is.EqualTo(48));
        Assert.That(csr.ToString(), Is.EqualTo("csr [3, 4] float32, 5 non-zeros (41.6667 %), 56 bytes"));
        Assert.That(csr.ToCsc().Info.Bytes, Is.EqualTo(((5 + 5) * 4) + (5 * 4)));
        Assert.That(csr.ToCoo().To(DType.Float64).Info.Bytes, Is.EqualTo((10 * 4) + (5 * 8)));
        Assert.That(SparseCase.All.Single(matrix => matrix.Name == "nothing").Make(SparseFormat.Csr).Info.Density, Is.Zero);
    }

    private static void CheckOrder(SparseTensor sparse)
    {
        bool byRows = sparse.Format == SparseFormat.Csr;
        int[] lines = (byRows ? sparse.RowIndices : sparse.ColumnIndices).ToArray<int>(), places = (byRows ? sparse.ColumnIndices : sparse.RowIndices).ToArray<int>();
        int[] offsets = sparse.Offsets.ToArray<int>();
        for (int e = 1; e < lines.Length; e++) Assert.That((lines[e - 1], places[e - 1]).CompareTo((lines[e], places[e])), Is.Negative);
        for (int e = 0; e < lines.Length; e++) Assert.That(offsets[lines[e]] <= e && e < offsets[lines[e] + 1]);
    }
}
