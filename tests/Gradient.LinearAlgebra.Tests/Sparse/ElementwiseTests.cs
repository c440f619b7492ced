namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>Sums, scalar and element products, products of two sparse matrices, rows, reductions and batches, against loops in double precision.</summary>
public sealed class ElementwiseTests
{
    public static IEnumerable<TestCaseData> Cases() =>
        from matrix in SparseCase.All from format in SparseCase.Formats select new TestCaseData(matrix, format);

    [TestCaseSource(nameof(Cases))]
    public void Sums_differences_and_element_products(SparseCase matrix, SparseFormat format)
    {
        var other = matrix.Rows * matrix.Columns == 0 ? matrix : SparseCase.Random("other", matrix.Rows, matrix.Columns, 25, 31);
        var a = matrix.Make(format);
        foreach (var second in SparseCase.Formats)
        {
            var b = other.Make(second);
            foreach (var result in new[] { a + b, a - b, a * b }) Assert.That(result.Format, Is.EqualTo(format));
            Reference.Near((a + b).ToDense(), Reference.Zip(matrix.Dense, other.Dense, (x, y) => x + y), 1e-15, $"+ {second}");
            Reference.Near((a - b).ToDense(), Reference.Zip(matrix.Dense, other.Dense, (x, y) => x - y), 1e-15, $"- {second}");
            Reference.Near((a * b).ToDense(), Reference.Zip(matrix.Dense, other.Dense, (x, y) => x * y), 1e-15, $"* {second}");
        }

        Reference.Near((2.5 * -a).ToDense(), Reference.Zip(matrix.Dense, matrix.Dense, (x, _) => -2.5 * x), 1e-15, "scaled");
        Reference.Near((a * GradientTensor.Scalar(-3, DType.Float64)).ToDense(), Reference.Zip(matrix.Dense, matrix.Dense, (x, _) => -3 * x), 1e-14, "scaled by a tensor");
    }

    [TestCaseSource(nameof(Cases))]
    public void Element_products_with_dense_operands_of_any_layout(SparseCase matrix, SparseFormat format)
    {
        var a = matrix.Make(format);
        var d = Reference.Random(matrix.Rows, matrix.Columns, 40);
        foreach (var (name, layout) in DenseLayouts.All)
        {
            var product = a * layout(d, DType.Float64);
            Assert.That(product.Format, Is.EqualTo(format));
            Reference.Near(product.ToDense(), Reference.Zip(matrix.Dense, d, (x, y) => x * y), 1e-14, name);
        }

        double[,] row = Reference.Random(1, matrix.Columns, 41), column = Reference.Random(matrix.Rows, 1, 42);
        Reference.Near((a * DenseLayouts.Contiguous(row).Squeeze(0)).ToDense(), Reference.Make(matrix.Rows, matrix.Columns, (i, j) => matrix.Dense[i, j] * row[0, j]), 1e-14, "a row");
        Reference.Near((a * DenseLayouts.Contiguous(column)).ToDense(), Reference.Make(matrix.Rows, matrix.Columns, (i, j) => matrix.Dense[i, j] * column[i, 0]), 1e-14, "a column");
    }

    [TestCaseSource(nameof(Cases))]
    public void Products_of_sparse_matrices(SparseCase matrix, SparseFormat format)
    {
        foreach (var other in new[] { SparseCase.Random("other", Math.Max(1, matrix.Columns), 9, 30, 50), SparseCase.Random("wider", Math.Max(1, matrix.Columns), 5000, 900, 51) })
        {
            var right = matrix.Columns == 0 ? new SparseCase("empty", 0, other.Columns, []) : other;
            var expected = Reference.MatMul(matrix.Dense, right.Dense);
            foreach (var second in SparseCase.Formats)
            {
                var product = matrix.Make(format).MatMul(right.Make(second));
                Assert.That(product.Format, Is.EqualTo(format));
                Assert.That(product.IsCoalesced || format == SparseFormat.Coo);
                Reference.Near(product.ToDense(), expected, 1e-13, $"{format} times {second} {right.Name}");
            }
        }
    }

    [Test]
    public void Products_of_sparse_matrices_are_the_same_on_any_number_of_threads()
    {
        SparseTensor a = SparseCase.Random("a", 900, 700, 30_000, 60).Make(SparseFormat.Csr, DType.Float32), b = SparseCase.Random("b", 700, 20_000, 20_000, 61).Make(SparseFormat.Csr, DType.Float32);
        int threads = Devices.Cpu.Threads;
        try
        {
            Devices.Cpu.Threads = 1;
            var single = a.MatMul(b);
            Devices.Cpu.Threads = 5;
            var several = a.MatMul(b);
            Assert.That(several.Offsets.ToArray<int>(), Is.EqualTo(single.Offsets.ToArray<int>()));
            Assert.That(several.ColumnIndices.ToArray<int>(), Is.EqualTo(single.ColumnIndices.ToArray<int>()));
            Assert.That(several.Values.ToArray<float>(), Is.EqualTo(single.Values.ToArray<float>()));
        }
        finally
        {
            Devices.Cpu.Threads = threads;
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Rows_and_sums_along_axes(SparseCase matrix, SparseFormat format)
    {
        var a = matrix.Make(format);
        foreach (var (start, count) in new[] { (0, matrix.Rows), (matrix.Rows / 3, matrix.Rows / 2), (matrix.Rows, 0) })
        {
            var slice = a.SliceRows(start, count);
            Assert.That(slice.Format, Is.EqualTo(format));
            Reference.Near(slice.ToDense(), Reference.Make(count, matrix.Columns, (i, j) => matrix.Dense[start + i, j]), 1e-15, $"{count} rows from {start}");
        }

        var ones = Reference.Make(matrix.Columns, 1, (_, _) => 1);
        Reference.Near(a.Sum(1).Unsqueeze(1), Reference.MatMul(matrix.Dense, ones), 1e-13, "of rows");
        Reference.Near(a.Sum(-2).Unsqueeze(0), Reference.MatMul(Reference.Make(1, matrix.Rows, (_, _) => 1), matrix.Dense), 1e-13, "of columns");
        Assert.That(a.Sum().Item<double>(), Is.EqualTo(matrix.Dense.Cast<double>().Sum()).Within(1e-11));
    }

    [Test]
    public void Batches_and_blocks_are_single_operations_side_by_side()
    {
        var cases = SparseCase.All.Where(matrix => matrix.Rows * matrix.Columns > 0).ToArray();
        SparseTensor[] matrices = [.. cases.Select((matrix, i) => matrix.Make(SparseCase.Formats[i % 3]))];
        double[][,] dense = [.. cases.Select((matrix, i) => Reference.Random(matrix.Columns, i + 1, 70 + i))];
        var products = SparseTensor.MatMulBatch(matrices, [.. dense.Select(d => DenseLayouts.Contiguous(d))]);
        var squares = SparseTensor.MatMulBatch(matrices, [.. matrices.Select(matrix => matrix.Transpose())]);
        var sums = SparseTensor.AddBatch(matrices, matrices);
        var scaled = SparseTensor.MultiplyBatch(matrices, [.. matrices.Select((_, i) => i - 2.0)]);
        for (int i = 0; i < cases.Length; i++)
        {
            var a = cases[i].Dense;
            Reference.Near(products[i], Reference.MatMul(a, dense[i]), 1e-13, $"product {i}");
            Reference.Near(squares[i].ToDense(), Reference.MatMul(a, Reference.Transpose(a)), 1e-13, $"square {i}");
            Reference.Near(sums[i].ToDense(), Reference.Zip(a, a, (x, y) => x + y), 1e-15, $"sum {i}");
            Reference.Near(scaled[i].ToDense(), Reference.Zip(a, a, (x, _) => (i - 2.0) * x), 1e-15, $"multiple {i}");
        }

        var blocks = SparseTensor.BlockDiagonal(matrices).ToDense();
        int row = 0, column = 0;
        foreach (var matrix in cases)
        {
            Reference.Near(blocks.Narrow(0, row, matrix.Rows).Narrow(1, column, matrix.Columns), matrix.Dense, 1e-15, $"block {matrix}");
            (row, column) = (row + matrix.Rows, column + matrix.Columns);
        }

        Assert.That(blocks.Abs().Sum().Item<double>(), Is.EqualTo(cases.Sum(matrix => matrix.Dense.Cast<double>().Sum(Math.Abs))).Within(1e-9), "zeros elsewhere");
        Reference.Near(SparseTensor.Eye(3, DType.Float64).ToDense(), Reference.Make(3, 3, (i, j) => i == j ? 1 : 0), 0, "identity");
    }
}
