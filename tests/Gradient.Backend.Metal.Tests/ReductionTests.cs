namespace Gradient.Backend.Metal.Tests;

/// <summary>Reductions, scans, softmax and normalization of cells long enough to be cut into pieces, against double precision.</summary>
public sealed class ReductionTests
{
    /// <summary>Shapes and reduced axes: one cell; lines; few, some and many columns; axes apart; teams that do not fill.</summary>
    private static readonly (long[] Shape, int[] Axes)[] Cuts =
    [
        ([70001], [0]), ([3, 20000], [1]), ([20000, 3], [0]), ([5001, 40], [0]), ([3, 700, 33], [0, 1]), ([33, 7, 65], [1]), ([6, 5, 1500], [0, 2]), ([300, 2], [1]),
    ];

    [Test]
    public void Sums_are_blocked([ValueSource(nameof(Cuts))] (long[] Shape, int[] Axes) cut, [Values(ReduceKind.Sum, ReduceKind.Mean, ReduceKind.SumOfSquares)] ReduceKind kind)
    {
        // Positive numbers: one long chain of additions in Float32 would be off by more than the tolerance.
        float[] x = Random(Count(cut.Shape), 1);
        var (cells, count) = Cells(cut.Shape, cut.Axes);
        var expected = new double[count];
        for (int i = 0; i < x.Length; i++) expected[cells[i]] += kind == ReduceKind.SumOfSquares ? (double)x[i] * x[i] : x[i];
        if (kind == ReduceKind.Mean) for (int i = 0; i < count; i++) expected[i] /= (double)x.Length / count;
        float[] actual = Reduce(kind, x, cut.Shape, cut.Axes);
        for (int i = 0; i < count; i++) Assert.That(actual[i], Is.EqualTo(expected[i]).Within(4e-7 * Math.Abs(expected[i])), $"cell {i}");
    }

    [Test]
    public void Extremes_keep_NaN([ValueSource(nameof(Cuts))] (long[] Shape, int[] Axes) cut, [Values(ReduceKind.Maximum, ReduceKind.Minimum)] ReduceKind kind)
    {
        float[] x = Random(Count(cut.Shape), 2);
        x[x.Length / 3] = float.NaN;
        x[x.Length / 2] = kind == ReduceKind.Maximum ? float.PositiveInfinity : float.NegativeInfinity;
        var (cells, count) = Cells(cut.Shape, cut.Axes);
        var expected = new float[count];
        Array.Fill(expected, kind == ReduceKind.Maximum ? float.NegativeInfinity : float.PositiveInfinity);
        for (int i = 0; i < x.Length; i++) expected[cells[i]] = kind == ReduceKind.Maximum ? MathF.Max(expected[cells[i]], x[i]) : MathF.Min(expected[cells[i]], x[i]);
        Assert.That(Reduce(kind, x, cut.Shape, cut.Axes), Is.EqualTo(expected));
    }

    [Test]
    public void Integers_are_exact([ValueSource(nameof(Cuts))] (long[] Shape, int[] Axes) cut)
    {
        var random = new Random(3);
        int[] x = [.. Enumerable.Range(0, (int)Count(cut.Shape)).Select(_ => random.Next(int.MinValue, int.MaxValue))];
        var (cells, count) = Cells(cut.Shape, cut.Axes);
        var expected = new long[count];
        for (int i = 0; i < x.Length; i++) expected[cells[i]] += x[i];
        var device = TestDevices.Get(true);
        using var input = Tensor.From<int>(x, new Shape(cut.Shape), device);
        using var result = Tensor.Empty(Kept(cut.Shape, cut.Axes), DType.Int64, device);
        device.Backend.Reduce(ReduceKind.Sum, input, AxisSet.Of(input.Shape, cut.Axes), result);
        Assert.That(result.ToArray<long>(), Is.EqualTo(expected));
    }

    [Test]
    public void The_first_extreme_is_found([Values(0, 1)] int axis, [Values(1, 3, 40)] int others, [Values(ArgKind.Maximum, ArgKind.Minimum)] ArgKind kind, [Values] bool withNaN)
    {
        const int Length = 20001;
        long[] shape = axis == 0 ? [Length, others] : [others, Length];
        var random = new Random(4);
        float[] x = [.. Enumerable.Range(0, Length * others).Select(_ => (float)random.Next(-50, 50))];
        if (withNaN) x[17000 * others] = x[(17000 * others) + 1] = float.NaN;
        var device = TestDevices.Get(true);
        using var input = Tensor.From<float>(x, new Shape(shape), device);
        using var values = Tensor.Empty(new Shape(shape).With(axis, 1), DType.Float32, device);
        using var indices = Tensor.Empty(values.Shape, DType.Int64, device);
        device.Backend.ArgReduce(kind, input, axis, values, indices);
        long[] places = indices.ToArray<long>();
        float[] extremes = values.ToArray<float>();
        for (int line = 0; line < others; line++)
        {
            float[] elements = [.. Enumerable.Range(0, Length).Select(i => axis == 0 ? x[(i * others) + line] : x[(line * Length) + i])];
            float extreme = elements.Any(float.IsNaN) ? float.NaN : kind == ArgKind.Maximum ? elements.Max() : elements.Min();
            Assert.That(places[line], Is.EqualTo(Array.FindIndex(elements, e => e.Equals(extreme))), $"line {line}");
            Assert.That(extremes[line], Is.EqualTo(extreme));
        }
    }

    [Test]
    public void Long_running_sums_do_not_drift([Values] bool reverse, [Values(1, 255, 256, 257, 1023, 1025, 60000)] int length)
    {
        float[] x = Random(2 * length, 5);
        var device = TestDevices.Get(true);
        using var input = Tensor.From<float>(x, [2, length], device);
        using var result = Tensor.Empty([2, length], DType.Float32, device);
        device.Backend.Scan(ScanKind.Sum, input, 1, reverse, result);
        float[] actual = result.ToArray<float>();
        for (int line = 0; line < 2; line++)
        {
            double sum = 0;
            for (int i = 0; i < length; i++)
            {
                int at = (line * length) + (reverse ? length - 1 - i : i);
                sum += x[at];
                Assert.That(actual[at], Is.EqualTo(sum).Within(4e-7 * sum), $"element {i} of line {line}");
            }
        }
    }

    [Test]
    public void Infinity_and_NaN_stay_in_running_sums()
    {
        var device = TestDevices.Get(true);
        var x = new float[5000];
        Array.Fill(x, 1f);
        x[10] = float.PositiveInfinity;
        x[4990] = float.NaN;
        using var input = Tensor.From<float>(x, [5000], device);
        using var result = Tensor.Empty([5000], DType.Float32, device);
        device.Backend.Scan(ScanKind.Sum, input, 0, false, result);
        float[] actual = result.ToArray<float>();
        Assert.That(actual[..10], Is.EqualTo(Enumerable.Range(1, 10).Select(i => (float)i)));
        Assert.That(actual[10..4990], Is.All.EqualTo(float.PositiveInfinity));
        Assert.That(actual[4990..], Is.All.NaN);
    }

    [Test]
    public void Long_softmax([Values(0, 1)] int axis, [Values(SoftmaxKind.Softmax, SoftmaxKind.LogSoftmax)] SoftmaxKind kind)
    {
        const int Length = 9000, Others = 5;
        long[] shape = axis == 0 ? [Length, Others] : [Others, Length];
        float[] x = Random(Length * Others, 6), dy = Random(Length * Others, 7);
        var device = TestDevices.Get(true);
        using var input = Tensor.From<float>(x, new Shape(shape), device);
        using var gradient = Tensor.From<float>(dy, new Shape(shape), device);
        using var result = Tensor.Empty(new Shape(shape), DType.Float32, device);
        using var dx = Tensor.Empty(new Shape(shape), DType.Float32, device);
        device.Backend.Softmax(kind, input, axis, result);
        device.Backend.SoftmaxBackward(kind, gradient, result, axis, dx);
        float[] actual = result.ToArray<float>(), actualGradient = dx.ToArray<float>();
        for (int line = 0; line < Others; line++)
        {
            int[] at = [.. Enumerable.Range(0, Length).Select(i => axis == 0 ? (i * Others) + line : (line * Length) + i)];
            double sum = at.Sum(i => Math.Exp(x[i])), mean = at.Sum(i => dy[i] * Math.Exp(x[i]) / sum), whole = at.Sum(i => (double)dy[i]);
            foreach (int i in at)
            {
                double p = Math.Exp(x[i]) / sum, y = kind == SoftmaxKind.Softmax ? p : Math.Log(p);
                double d = kind == SoftmaxKind.Softmax ? p * (dy[i] - mean) : dy[i] - (p * whole);
                Assert.That(actual[i], Is.EqualTo(y).Within(1e-6 * Math.Abs(y)), $"element {i}");
                double terms = kind == SoftmaxKind.Softmax ? p : dy[i] + (p * whole); // what is subtracted from each other
                Assert.That(actualGradient[i], Is.EqualTo(d).Within(2e-6 * terms), $"gradient {i}");
            }
        }
    }

    /// <summary>
    /// Cells of many pieces, far from zero; and, near it, of sizes that fill their buffers to the last byte (Gradient.Core's SizeClasses) with fewer cells, or elements of
    /// one, than a team has room for: one step outside is outside of the buffer.
    /// </summary>
    private static readonly (int Length, int Cells, float Shift)[] Normalized = [(9000, 6, 100), (600, 48, 0), (40, 4, 0)];

    [Test]
    public void Normalization_of_cells(
        [Values(NormalizeKind.Standard, NormalizeKind.RootMeanSquare)] NormalizeKind kind, [Values] bool columns, [ValueSource(nameof(Normalized))] (int Length, int Cells, float Shift) size)
    {
        var (length, count, shift) = size;
        const double Epsilon = 1e-5;
        long[] shape = columns ? [length, count] : [count, length], one = columns ? [1, count] : [count, 1], parameter = columns ? [1, count] : [1, length];
        int axis = columns ? 0 : 1;
        float[] x = [.. Random(length * count, 8).Select(v => v + shift)], dy = Random(length * count, 9), w = Random(Count(parameter), 10);
        var device = TestDevices.Get(true);
        using var input = Tensor.From<float>(x, new Shape(shape), device);
        using var gradient = Tensor.From<float>(dy, new Shape(shape), device);
        using var weight = Tensor.From<float>(w, new Shape(parameter), device);
        Tensor New(long[] of) => Tensor.Empty(new Shape(of), DType.Float32, device);
        Tensor y = New(shape), mean = New(one), inverse = New(one), dx = New(shape), dweight = New(parameter), dbias = New(parameter);
        var meanOrNone = kind == NormalizeKind.Standard ? mean : null;
        device.Backend.Normalize(kind, input, AxisSet.Single(axis), weight, null, Epsilon, y, meanOrNone, inverse);
        device.Backend.NormalizeBackward(kind, gradient, input, AxisSet.Single(axis), weight, meanOrNone, inverse, dx, dweight, dbias);
        float[] actual = y.ToArray<float>(), actualDx = dx.ToArray<float>();
        double[] dw = new double[w.Length], db = new double[w.Length];
        for (int cell = 0; cell < count; cell++)
        {
            int[] at = [.. Enumerable.Range(0, length).Select(i => columns ? (i * count) + cell : (cell * length) + i)];
            int Parameter(int i) => columns ? i % count : i % length;
            double m = kind == NormalizeKind.Standard ? at.Average(i => (double)x[i]) : 0, scale = 1 / Math.Sqrt(at.Average(i => (x[i] - m) * (x[i] - m)) + Epsilon);
            double a = at.Average(i => (double)dy[i] * w[Parameter(i)]), b = at.Average(i => dy[i] * w[Parameter(i)] * (x[i] - m) * scale);
            foreach (int i in at)
            {
                double normal = (x[i] - m) * scale, g = dy[i] * w[Parameter(i)];
                // Beside 100, x has an ulp of 7.6e-6, the standard deviation is 0.29: what the subtraction of a rounded mean leaves.
                Assert.That(actual[i], Is.EqualTo(normal * w[Parameter(i)]).Within(3e-5), $"element {i}");
                double d = scale * (g - (kind == NormalizeKind.Standard ? a : 0) - (normal * b));
                Assert.That(actualDx[i], Is.EqualTo(d).Within(1e-4 * scale), $"dx {i}");
                dw[Parameter(i)] += dy[i] * normal;
                db[Parameter(i)] += dy[i];
            }
        }

        float[] actualDw = dweight.ToArray<float>(), actualDb = dbias.ToArray<float>();
        double terms = (double)x.Length / w.Length;
        for (int i = 0; i < w.Length; i++)
        {
            Assert.That(actualDw[i], Is.EqualTo(dw[i]).Within(3e-5 * terms), $"dweight {i}");
            Assert.That(actualDb[i], Is.EqualTo(db[i]).Within(4e-7 * terms), $"dbias {i}");
        }
    }

    private static float[] Reduce(ReduceKind kind, float[] x, long[] shape, int[] axes)
    {
        var device = TestDevices.Get(true);
        using var input = Tensor.From<float>(x, new Shape(shape), device);
        using var result = Tensor.Empty(Kept(shape, axes), DType.Float32, device);
        device.Backend.Reduce(kind, input, AxisSet.Of(input.Shape, axes), result);
        return result.ToArray<float>();
    }

    private static Shape Kept(long[] shape, int[] axes) => new([.. shape.Select((length, axis) => axes.Contains(axis) ? 1 : length)]);

    /// <summary>The cell of each element, and how many cells there are.</summary>
    private static (int[] Cells, int Count) Cells(long[] shape, int[] axes)
    {
        var cells = new int[Count(shape)];
        for (int i = 0; i < cells.Length; i++)
        {
            long rest = i, cell = 0, step = 1;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                (rest, long coordinate) = Math.DivRem(rest, shape[axis]);
                if (axes.Contains(axis)) continue;
                cell += coordinate * step;
                step *= shape[axis];
            }

            cells[i] = (int)cell;
        }

        return (cells, cells.Max() + 1);
    }

    private static long Count(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);

    private static float[] Random(long count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)count).Select(_ => random.NextSingle())];
    }
}
