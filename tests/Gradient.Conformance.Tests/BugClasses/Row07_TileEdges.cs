namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>
/// Row 7: the edge of a tile not clipped. Sizes beside those of tiles, teams and unrolled loops, between bands of NaN; small integers,
/// so that every sum is exact in Float32.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class Row07_TileEdges
{
    private static readonly long[] Tiles = [8, 16, 32, 64];

    public static IEnumerable<TestCaseData> Products() =>
        from backend in Backends.All
        from tile in Tiles
        from dtype in new[] { DType.Float32, DType.Float16, DType.BFloat16 }
        select new TestCaseData(backend, tile, dtype).SetArgDisplayNames(backend.Name, $"{tile}", dtype.Name());

    [TestCaseSource(nameof(Products))]
    public void Products_beside_tiles(Backend backend, long tile, DType dtype)
    {
        foreach (long m in Beside(tile))
            foreach (long n in Beside(tile))
                foreach (long k in Beside(tile)) Check(backend, m, k, n, dtype);
    }

    public static IEnumerable<TestCaseData> Depths() =>
        from backend in Backends.All
        from depth in new[] { 1L, 255, 256, 257, 4095, 4097, 32766, 32767, 32768, 32769 }
        select new TestCaseData(backend, depth).SetArgDisplayNames(backend.Name, $"{depth}");

    [TestCaseSource(nameof(Depths))]
    public void Products_of_great_depth(Backend backend, long depth)
    {
        Check(backend, 3, depth, 2, DType.Float32);
        Check(backend, 1, depth, 3, DType.Float32);
        Check(backend, 3, depth, 1, DType.Float32);
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Lines_beside_the_lengths_of_teams(Backend backend)
    {
        using var _ = Tape.NoGrad();
        foreach (long length in new long[] { 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 8193 })
            foreach (int axis in new[] { 0, 1 })
            {
                var values = Inputs.Generate(axis == 0 ? [length, 3] : [3, length], Domain.Integers, (int)length, DType.Float32);
                var x = new GradientTensor(Layouts.All["padded rows"](Inputs.ToTensor(values, DType.Float32, backend.Device())));
                string what = $"{length} along axis {axis}";
                Compare.Near(values.Reduce([axis], false, v => v.Sum()), Inputs.FromTensor(x.Sum(axis).Value), 0, what + ": sum");
                Compare.Near(values.Reduce([axis], false, v => v.Max()), Inputs.FromTensor(x.Max([axis]).Value), 0, what + ": max");
                Compare.Near(values.Reduce([axis], false, v => Array.IndexOf(v, v.Min())), Inputs.FromTensor(x.ArgMin(axis).Value), 0, what + ": argMin");
                Compare.Near(Values.Scalar(values.Data.Sum()), Inputs.FromTensor(x.Sum().Value), 0, what + ": sum of all");
                Compare.Near(Along(values, axis, Running), Inputs.FromTensor(x.CumSum(axis).Value), 0, what + ": cumulative sum");
                Compare.Near(Along(values, axis, Sorted), Inputs.FromTensor(x.Sort(axis).Values.Value), 0, what + ": sort");
                Compare.Near(Along(values, axis, Softmax), Inputs.FromTensor(x.Softmax(axis).Value), 1e-6, what + ": softmax");
            }
    }

    public static IEnumerable<TestCaseData> Channels() =>
        from backend in Backends.All
        from channels in new[] { 7L, 8, 9, 31, 32, 33 }
        select new TestCaseData(backend, channels).SetArgDisplayNames(backend.Name, $"{channels}");

    [TestCaseSource(nameof(Channels))]
    public void Convolutions_beside_tiles(Backend backend, long channels)
    {
        foreach (long outputs in new[] { channels - 1, channels + 1 })
            ConvolutionReference.Check(backend.Device(), [2, 5, 4, channels], [3, 2, channels, outputs], new() { PaddingHeight = 1 });
    }

    private static long[] Beside(long tile) => [tile - 1, tile, tile + 1];

    private static void Check(Backend backend, long m, long k, long n, DType dtype)
    {
        Values a = Inputs.Generate([m, k], Domain.Integers, 1, dtype), b = Inputs.Generate([k, n], Domain.Integers, 2, dtype);
        double[] products = new double[m * n];
        for (long i = 0; i < m; i++)
            for (long d = 0; d < k; d++)
                for (long j = 0; j < n; j++) products[(i * n) + j] += a.Data[(i * k) + d] * b.Data[(d * n) + j];
        var expected = new Values(products, m, n).Map(x => Inputs.Round(x, dtype));
        Tensor Guarded(Values values) => Layouts.All["padded rows"](Inputs.ToTensor(values, dtype, backend.Device()));
        var room = Tensor.Empty([m + 2, n + 3], dtype, backend.Device());
        room.Fill(double.NaN);
        var y = room.View(room.Layout.Slice(0, 1, m).Slice(1, 2, n));
        y.Backend.MatMul(Guarded(a), Guarded(b), null, MatMulActivation.None, y);
        Compare.Near(expected, Inputs.FromTensor(y), 0, $"[{m}, {k}]·[{k}, {n}] {dtype.Name()}");
        var all = Inputs.FromTensor(room);
        for (long i = 0; i < m + 2; i++)
            for (long j = 0; j < n + 3; j++)
                if (i < 1 || i > m || j < 2 || j >= n + 2) Assert.That(all.Data[(i * (n + 3)) + j], Is.NaN, $"[{m}, {k}]·[{k}, {n}]: neighbour [{i - 1}, {j - 2}]");
    }

    private static Values Along(Values values, int axis, Func<double[], double[]> f)
    {
        long length = values.Shape[axis], lines = values.Shape[1 - axis], step = axis == 0 ? lines : 1, next = axis == 0 ? 1 : length;
        double[] result = new double[values.Data.Length], line = new double[length];
        for (long i = 0; i < lines; i++)
        {
            for (long j = 0; j < length; j++) line[j] = values.Data[(i * next) + (j * step)];
            double[] changed = f(line);
            for (long j = 0; j < length; j++) result[(i * next) + (j * step)] = changed[j];
        }

        return new(result, values.Shape);
    }

    private static double[] Running(double[] line)
    {
        double sum = 0;
        return Array.ConvertAll(line, x => sum += x);
    }

    private static double[] Sorted(double[] line) => [.. line.Order()];

    private static double[] Softmax(double[] line)
    {
        double[] powers = Array.ConvertAll(line, Math.Exp);
        double sum = powers.Sum();
        return Array.ConvertAll(powers, x => x / sum);
    }
}
