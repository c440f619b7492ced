namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>Products with dense operands, in every format, layout and type, against loops in double precision.</summary>
public sealed class ProductTests
{
    private static readonly int[] Widths = [0, 1, 2, 8, 17, 40, 133];

    public static IEnumerable<TestCaseData> Cases() =>
        from matrix in SparseCase.All from format in SparseCase.Formats select new TestCaseData(matrix, format);

    [TestCaseSource(nameof(Cases))]
    public void Sparse_times_dense_of_any_layout(SparseCase matrix, SparseFormat format)
    {
        foreach (var dtype in new[] { DType.Float64, DType.Float32, DType.Float16, DType.BFloat16 })
        {
            var sparse = matrix.Make(format, dtype);
            foreach (int width in Widths)
            {
                var b = Rounded(Reference.Random(matrix.Columns, width, 7), dtype);
                var expected = Reference.MatMul(ToArray(sparse), b);
                var scale = Reference.MatMul(Magnitudes(ToArray(sparse)), Magnitudes(b));
                foreach (var (name, layout) in DenseLayouts.All)
                    Reference.Near(sparse.MatMul(layout(b, dtype)), expected, Reference.Tolerance(dtype), $"{dtype}, width {width}, {name}", scale);
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Dense_times_sparse_of_any_layout(SparseCase matrix, SparseFormat format)
    {
        var sparse = matrix.Make(format);
        foreach (int height in Widths)
        {
            var a = Reference.Random(height, matrix.Rows, 8);
            var expected = Reference.MatMul(a, matrix.Dense);
            foreach (var (name, layout) in DenseLayouts.All) Reference.Near(layout(a, DType.Float64).MatMul(sparse), expected, 1e-13, $"height {height}, {name}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Vectors_on_either_side(SparseCase matrix, SparseFormat format)
    {
        var sparse = matrix.Make(format);
        double[,] right = Reference.Random(matrix.Columns, 1, 9), left = Reference.Random(1, matrix.Rows, 10);
        var step = DenseLayouts.All["every second column"](Reference.Transpose(right), DType.Float64).Squeeze(0);
        Reference.Near(sparse.MatMul(step).Unsqueeze(1), Reference.MatMul(matrix.Dense, right), 1e-13, "on the right");
        Reference.Near(DenseLayouts.Contiguous(left).Squeeze(0).MatMul(sparse).Unsqueeze(0), Reference.MatMul(left, matrix.Dense), 1e-13, "on the left");
    }

    [TestCaseSource(nameof(Cases))]
    public void Operands_that_broadcast_and_batches(SparseCase matrix, SparseFormat format)
    {
        var sparse = matrix.Make(format);
        double[,] column = Reference.Random(matrix.Columns, 1, 11), row = Reference.Random(1, 6, 12);
        var sameColumns = DenseLayouts.Contiguous(column).Expand([matrix.Columns, 6]);
        Reference.Near(sparse.MatMul(sameColumns), Reference.MatMul(matrix.Dense, Reference.Make(matrix.Columns, 6, (i, _) => column[i, 0])), 1e-13, "columns");
        var sameRows = DenseLayouts.Contiguous(row).Expand([matrix.Columns, 6]);
        Reference.Near(sparse.MatMul(sameRows), Reference.MatMul(matrix.Dense, Reference.Make(matrix.Columns, 6, (_, j) => row[0, j])), 1e-13, "rows");

        double[][,] parts = [.. Enumerable.Range(0, 6).Select(i => Reference.Random(matrix.Columns, 3, 20 + i))];
        var batch = GradientTensor.Stack([.. parts.Select(part => DenseLayouts.Contiguous(part))]).Reshape([2, 3, matrix.Columns, 3]);
        var product = sparse.MatMul(batch);
        var turned = batch.Transpose().MatMul(sparse.Transpose());
        for (int i = 0; i < 6; i++)
        {
            var expected = Reference.MatMul(matrix.Dense, parts[i]);
            Reference.Near(product[i / 3, i % 3], expected, 1e-13, $"matrix {i} of a batch on the right");
            Reference.Near(turned[i / 3, i % 3], Reference.Transpose(expected), 1e-13, $"matrix {i} of a batch on the left");
        }
    }

    [Test]
    public void Types_are_promoted()
    {
        var matrix = SparseCase.All[0];
        var product = matrix.Make(SparseFormat.Csr, DType.Float32).MatMul(GradientTensor.Ones([5, 2], DType.Float64));
        Assert.That(product.DType, Is.EqualTo(DType.Float64));
        Reference.Near(product, Reference.MatMul(matrix.Dense, Reference.Make(5, 2, (_, _) => 1)), 1e-13, "promoted");
    }

    [Test]
    public void One_full_row_among_millions_of_empty_ones_is_exact_and_the_same_on_any_number_of_threads()
    {
        const int Rows = 3_000_000, Columns = 1_000_000, Full = 1_234_567;
        var random = new Random(3);
        // Small integers: sums are exact in any order, so that nothing may be lost or counted twice.
        int[] numbers = [.. Enumerable.Range(0, Columns).Select(_ => random.Next(-8, 9))];
        var offsets = new int[Rows + 1];
        Array.Fill(offsets, Columns, Full + 1, Rows - Full);
        var sparse = SparseTensor.FromCsr(Rows, Columns, offsets, [.. Enumerable.Range(0, Columns)], GradientTensor.From<double>([.. numbers.Select(n => (double)n)]));
        foreach (int width in new[] { 1, 3 })
        {
            double[] dense = [.. Enumerable.Range(0, Columns * width).Select(_ => (double)random.Next(-8, 9))];
            var product = sparse.MatMul(GradientTensor.From<double>(dense, [Columns, width]));
            double[] expected = [.. Enumerable.Range(0, width).Select(j => Enumerable.Range(0, Columns).Sum(i => numbers[i] * dense[(i * width) + j]))];
            Assert.That(product[Full].ToArray<double>(), Is.EqualTo(expected));
            Assert.That(product.NotEqualTo(0).To(DType.Int64).Sum().Item<long>(), Is.EqualTo(expected.Count(x => x != 0)), "all other rows are 0");
        }

        int threads = Devices.Cpu.Threads;
        try
        {
            var rounded = sparse.WithValues(GradientTensor.Randn([Columns], seed: 1));
            foreach (int width in new[] { 1, 20 })
            {
                var dense = GradientTensor.Randn([Columns, width], seed: 2);
                Devices.Cpu.Threads = 1;
                var single = rounded.MatMul(dense)[Full].ToArray<float>();
                foreach (int many in new[] { 2, 3, 7 })
                {
                    Devices.Cpu.Threads = many;
                    Assert.That(rounded.MatMul(dense)[Full].ToArray<float>(), Is.EqualTo(single), $"{many} threads, width {width}");
                }
            }
        }
        finally
        {
            Devices.Cpu.Threads = threads;
        }
    }

    private static double[,] ToArray(SparseTensor sparse)
    {
        // What the type of the values holds, added up in double precision.
        var dense = new double[sparse.Rows, sparse.Columns];
        int[] rows = sparse.RowIndices.ToArray<int>(), columns = sparse.ColumnIndices.ToArray<int>();
        double[] values = sparse.Values.To(DType.Float64).ToArray<double>();
        for (int e = 0; e < values.Length; e++) dense[rows[e], columns[e]] += values[e];
        return dense;
    }

    private static double[,] Magnitudes(double[,] x) => Reference.Zip(x, x, (element, _) => Math.Abs(element));

    private static double[,] Rounded(double[,] x, DType dtype)
    {
        double[] values = GradientTensor.From(x).To(dtype).To(DType.Float64).ToArray<double>();
        return Reference.Make(x.GetLength(0), x.GetLength(1), (i, j) => values[(i * x.GetLength(1)) + j]);
    }
}
