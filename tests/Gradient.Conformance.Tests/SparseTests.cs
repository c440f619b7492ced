using Gradient.LinearAlgebra;

namespace Gradient.Conformance.Tests;

/// <summary>
/// The sparse products of the seam against loops in double precision: over backends, types, layouts of every dense operand, widths beside those of
/// vectors, and rows of very unequal length.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class SparseTests
{
    private static readonly long[] Widths = [1, 2, 8, 31, 64, 67];

    /// <summary>The number of columns, and the columns of each row's entries.</summary>
    private static (string Name, int Columns, int[][] Rows)[] Patterns { get; } =
    [
        ("even", 9, [[0, 3, 8], [1, 2], [], [4, 5, 6, 7], [0]]),
        ("empty rows at the ends", 4, [[], [], [1, 3], [], []]),
        ("one long row", 3000, [[5], .. Enumerable.Repeat(Array.Empty<int>(), 700), [.. Enumerable.Range(0, 3000)], [], [2, 2999]]),
        ("long rows one behind the other", 1100, [[.. Enumerable.Range(0, 1100)], [.. Enumerable.Range(0, 1037)], [3], [.. Enumerable.Range(40, 1060)]]),
        ("many short rows", 7, [.. Enumerable.Range(0, 1500).Select(i => new[] { i % 7 })]),
        ("no entries", 5, [[], [], []]),
        ("no rows", 5, []),
        ("no columns", 0, [[], []]),
    ];

    public static IEnumerable<TestCaseData> Cases() =>
        from backend in Backends.All
        from dtype in new[] { DType.Float32, DType.Float64, DType.Float16, DType.BFloat16 }
        where backend.Supports(dtype)
        from pattern in Enumerable.Range(0, Patterns.Length)
        select new TestCaseData(backend, dtype, pattern).SetArgDisplayNames(backend.Name, dtype.Name(), Patterns[pattern].Name);

    [TestCaseSource(nameof(Cases))]
    public void Product_with_a_dense_matrix(Backend backend, DType dtype, int pattern)
    {
        var (offsets, columns, sparse) = Make(backend, pattern);
        foreach (bool ones in new[] { false, true })
        {
            var values = ones ? null : Inputs.Generate([sparse.Count], Domain.Normal, 1, dtype);
            foreach (long width in sparse.Count > 1000 ? [1, 2, 67] : Widths)
            {
                var b = Inputs.Generate([sparse.Columns, width], Domain.Normal, 2, dtype);
                var expected = Sum(sparse, width, (e, j) => (values?[e] ?? 1) * b[sparse.Entries[e].Column, j]);
                // Σ|terms| bounds the error of a sum that cancels.
                var scale = Sum(sparse, width, (e, j) => Math.Abs((values?[e] ?? 1) * b[sparse.Entries[e].Column, j]));
                foreach (var (layout, arrange) in Layouts.All)
                {
                    var y = Out(arrange, [sparse.Height, width], dtype, backend);
                    backend.Device().Backend.SparseMatMul(
                        offsets, columns, values is null ? null : arrange(Inputs.ToTensor(values, dtype, backend.Device())), arrange(Inputs.ToTensor(b, dtype, backend.Device())), y);
                    Near(expected, scale, y, dtype, $"width {width}, {layout}");
                }
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Identity_on_the_right_makes_it_dense(Backend backend, DType dtype, int pattern)
    {
        var (offsets, columns, sparse) = Make(backend, pattern);
        var values = Inputs.Generate([sparse.Count], Domain.Normal, 1, dtype);
        foreach (bool ones in new[] { false, true })
        {
            var dense = new double[sparse.Height * sparse.Columns];
            for (int e = 0; e < sparse.Count; e++) dense[(sparse.Entries[e].Row * sparse.Columns) + sparse.Entries[e].Column] = ones ? 1 : values[e];
            foreach (var (layout, arrange) in Layouts.All)
            {
                var y = Out(arrange, [sparse.Height, sparse.Columns], dtype, backend);
                backend.Device().Backend.SparseMatMul(offsets, columns, ones ? null : arrange(Inputs.ToTensor(values, dtype, backend.Device())), null, y);
                Compare.Near(new(dense, sparse.Height, sparse.Columns), Inputs.FromTensor(y), 0, layout);
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Sampled_product(Backend backend, DType dtype, int pattern)
    {
        var (offsets, columns, sparse) = Make(backend, pattern);
        foreach (long width in (long[])[0, .. sparse.Count > 1000 ? [1, 67] : Widths, 700])
        {
            if (width == 700 && sparse.Count > 1000) continue;
            Values a = Inputs.Generate([sparse.Height, width], Domain.Normal, 3, dtype), b = Inputs.Generate([sparse.Columns, width], Domain.Normal, 4, dtype);
            Values expected = Sample((row, column, j) => a[row, j] * b[column, j]), scale = Sample((row, column, j) => Math.Abs(a[row, j] * b[column, j]));
            foreach (var (layout, arrange) in Layouts.All)
            {
                var y = Out(arrange, [sparse.Count], dtype, backend);
                backend.Device().Backend.SparseSample(
                    offsets, columns, arrange(Inputs.ToTensor(a, dtype, backend.Device())), arrange(Inputs.ToTensor(b, dtype, backend.Device())), y);
                Near(expected, scale, y, dtype, $"width {width}, {layout}");
            }

            Values Sample(Func<int, int, int, double> term) =>
                Values.Make([sparse.Count], e => Enumerable.Range(0, (int)width).Sum(j => term(sparse.Entries[e[0]].Row, sparse.Entries[e[0]].Column, j)));
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Sampled_elements(Backend backend, DType dtype, int pattern)
    {
        var (offsets, columns, sparse) = Make(backend, pattern);
        var a = Inputs.Generate([sparse.Height, sparse.Columns], Domain.Normal, 5, dtype);
        var expected = Values.Make([sparse.Count], e => a[sparse.Entries[e[0]].Row, sparse.Entries[e[0]].Column]);
        foreach (var (layout, arrange) in Layouts.All)
        {
            var y = Out(arrange, [sparse.Count], dtype, backend);
            backend.Device().Backend.SparseSample(offsets, columns, arrange(Inputs.ToTensor(a, dtype, backend.Device())), null, y);
            Compare.Near(expected, Inputs.FromTensor(y), 0, layout);
        }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Special_values_meet_only_their_terms(Backend backend)
    {
        const float Inf = float.PositiveInfinity;
        var device = backend.Device();
        Tensor offsets = Tensor.From([0, 2, 2, 4, 5], device), columns = Tensor.From([0, 1, 1, 2, 0], device);
        var b = Tensor.From<float>([Inf, 2, float.NaN, 1, 1e-40f, -0f], [3, 2], device);
        var y = Tensor.Empty([4, 2], DType.Float32, device);
        device.Backend.SparseMatMul(offsets, columns, Tensor.From([1f, 0, 0, 1, -1], device), b, y);
        Assert.That(y.ToArray<float>(), Is.EqualTo(new[] { float.NaN, 2, 0, 0, float.NaN, 0, -Inf, -2 }));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void The_same_step_gives_the_same_bits(Backend backend)
    {
        var (offsets, columns, sparse) = Make(backend, 3);
        var device = backend.Device();
        Tensor values = Inputs.ToTensor(Inputs.Generate([sparse.Count], Domain.Normal, 1, DType.Float32), DType.Float32, device);
        Tensor b = Inputs.ToTensor(Inputs.Generate([sparse.Columns, 3], Domain.Normal, 2, DType.Float32), DType.Float32, device);
        float[]? first = null;
        for (int i = 0; i < 50; i++)
        {
            var y = Tensor.Empty([sparse.Height, 3], DType.Float32, device);
            device.Backend.SparseMatMul(offsets, columns, values, b, y);
            first ??= y.ToArray<float>();
            Assert.That(y.ToArray<float>(), Is.EqualTo(first));
        }
    }

    /// <summary>What is composed of those products, with gradients: conversions, sums, and products of sparse matrices, on each device as on the CPU.</summary>
    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Sparse_tensors_compute_on_every_device_what_they_do_on_the_cpu(Backend backend)
    {
        var random = new Random(6);
        int[] rows = [.. Enumerable.Range(0, 300).Select(i => i < 100 ? 7 : random.Next(40))], columns = [.. rows.Select(_ => random.Next(50))];
        double[][] expected = Run(Devices.Cpu), actual = Run(backend.Device());
        for (int i = 0; i < expected.Length; i++) Compare.Near(new(expected[i], expected[i].Length), new(actual[i], actual[i].Length), 1e-4, $"result {i}");

        double[][] Run(Device device)
        {
            GradientTensor values = GradientTensor.Randn([300], seed: 1, device: device, requiresGrad: true), x = GradientTensor.Randn([50, 6], seed: 2, device: device, requiresGrad: true);
            var a = SparseTensor.FromCoordinates(40, 50, rows, columns, values);
            var square = a.MatMul(a.Transpose());
            var sum = (a.ToCsc() + (a * a) - x.MatMul(x.Transpose()).Narrow(0, 0, 40).ToSparse(0.5)) * GradientTensor.Randn([50], seed: 3, device: device);
            GradientTensor[] results = [a.MatMul(x), x.Transpose().MatMul(square.ToCsr().SliceRows(0, 6).MatMul(a).Transpose()), square.ToDense(), sum.ToDense(), sum.Sum(0), sum.Sum(1), a.Coalesce().Values];
            var loss = results[0].Square().Mean();
            foreach (var result in results[1..]) loss += result.Square().Mean();
            loss.Backward();
            return [.. results.Append(values.Grad!).Append(x.Grad!).Select(result => Inputs.FromTensor(result.Value).Data)];
        }
    }

    private sealed record Matrix(int Height, int Columns, (int Row, int Column)[] Entries)
    {
        public int Count => Entries.Length;
    }

    private static (Tensor Offsets, Tensor Columns, Matrix Matrix) Make(Backend backend, int pattern)
    {
        var (_, columns, rows) = Patterns[pattern];
        (int, int)[] entries = [.. rows.SelectMany((row, i) => row.Select(column => (i, column)))];
        var offsets = new int[rows.Length + 1];
        for (int i = 0; i < rows.Length; i++) offsets[i + 1] = offsets[i] + rows[i].Length;
        return (Tensor.From(offsets, backend.Device()), Tensor.From<int>([.. rows.SelectMany(row => row)], backend.Device()), new(rows.Length, columns, entries));
    }

    private static Values Sum(Matrix matrix, long width, Func<int, int, double> term)
    {
        var sum = new double[matrix.Height * width];
        for (int e = 0; e < matrix.Count; e++)
            for (int j = 0; j < width; j++) sum[(matrix.Entries[e].Row * width) + j] += term(e, j);
        return new(sum, matrix.Height, width);
    }

    private static Tensor Out(Layouts.Arrange arrange, Shape shape, DType dtype, Backend backend)
    {
        // What is there before must not count.
        var y = arrange(Tensor.Empty(shape, dtype, backend.Device()));
        y.Fill(double.NaN);
        return y;
    }

    /// <summary>Within the rounding of sums whose terms' magnitudes add up to scale, and of the result.</summary>
    private static void Near(Values expected, Values scale, Tensor y, DType dtype, string what)
    {
        var actual = Inputs.FromTensor(y);
        double sums = Case.Rounding(dtype == DType.Float64 ? DType.Float64 : DType.Float32);
        Assert.That(actual.Shape, Is.EqualTo(expected.Shape), what);
        for (int i = 0; i < expected.Data.Length; i++)
        {
            double tolerance = (sums * scale.Data[i]) + (Case.Rounding(dtype) * Math.Abs(expected.Data[i])) + (dtype == DType.Float16 ? 1e-7 : 0);
            Assert.That(actual.Data[i], Is.EqualTo(expected.Data[i]).Within(tolerance), $"{what}: element {i}");
        }
    }
}
