using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>What works on lines along one axis: arg-reductions, scans, softmax, sorting.</summary>
public sealed class LineTests
{
    private static readonly Shape[] Shapes = [[], [1], [9], [5, 9], [2, 3, 4], [33, 17], [3, 2, 4, 5], [2, 3, 2, 1, 2, 3], [0, 3], [40, 40]];
    private static readonly DType[] Types = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Bool];
    private static readonly DType[] Floats = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16];

    /// <summary>Replaces every line of values along an axis by f(line).</summary>
    private static double[] EachLine(double[] values, Shape shape, int axis, Func<double[], double[]> f)
    {
        if (shape.Rank == 0) return f(values);
        long inner = 1, n = shape[axis];
        for (int i = axis + 1; i < shape.Rank; i++) inner *= shape[i];
        if (n == 0) return values;
        var lines = new List<(long Start, double[] Result)>();
        for (long start = 0; start < values.Length; start++)
        {
            if (start / inner % n != 0) continue;
            var line = new double[n];
            for (long i = 0; i < n; i++) line[i] = values[start + (i * inner)];
            lines.Add((start, f(line)));
        }

        long m = lines.Count == 0 ? 0 : lines[0].Result.Length;
        var result = new double[values.Length / n * m];
        foreach (var (start, line) in lines)
        {
            long to = (start / (inner * n) * inner * m) + (start % inner);
            for (long i = 0; i < m; i++) result[to + (i * inner)] = line[i];
        }

        return result;
    }

    private static IEnumerable<(Shape Shape, Lie Lie, int Axis)> Cases()
    {
        foreach (var shape in Shapes)
            foreach (var lie in Given.Lies)
                for (int axis = 0; axis < Math.Max(1, shape.Rank); axis++)
                    yield return (shape, lie, axis);
    }

    [Test]
    public void Arg_reductions([Values] ArgKind kind, [ValueSource(nameof(Types))] DType dtype, [Values] bool withValues)
    {
        foreach (var (shape, lie, axis) in Cases())
        {
            if (shape.Rank > 0 && shape[axis] == 0) continue;
            // Few different values make ties, the first of which counts.
            var x = Given.Make(shape, dtype, lie, i => (i * 7 % 5) - 2);
            var to = shape.Rank == 0 ? shape : shape.With(axis, 1);
            var indices = Given.Blank(to, DType.Int64, Given.WritableLies[axis % 5]);
            var values = withValues ? Given.Blank(to, dtype, Given.WritableLies[(axis + 1) % 5]) : null;
            Given.Backend.ArgReduce(kind, x, axis, values, indices);
            var expected = EachLine(Given.Read(x), shape, axis, line => [First(kind, line)]);
            Given.AreClose(Given.Read(indices), expected, 0, $"{kind} {dtype} {shape} {lie} axis {axis}");
            if (values is not null)
                Given.AreClose(Given.Read(values), EachLine(Given.Read(x), shape, axis, line => [line[(int)First(kind, line)]]), 0, "values");
        }
    }

    [Test]
    public void The_first_NaN_is_the_most_extreme([Values] ArgKind kind, [Values(3, 50, 300)] int n)
    {
        foreach (int axis in new[] { 0, 1 })
        {
            var x = Given.Make(axis == 0 ? [n, 20] : [20, n], DType.Float32, Lie.Contiguous, i =>
            {
                long line = axis == 0 ? i % 20 : i / n, at = axis == 0 ? i / 20 : i % n;
                return at == (line + 1) % n || at == n - 1 ? double.NaN : double.PositiveInfinity;
            });
            var indices = Given.Blank(axis == 0 ? [1, 20] : [20, 1], DType.Int64, Lie.Contiguous);
            Given.Backend.ArgReduce(kind, x, axis, null, indices);
            for (int line = 0; line < 20; line++) Assert.That(indices.AsSpan<long>()[line], Is.EqualTo((line + 1) % n));
        }
    }

    [Test]
    public void Infinities_tie_with_what_a_kernel_might_start_from([Values] ArgKind kind)
    {
        double value = kind == ArgKind.Maximum ? double.NegativeInfinity : double.PositiveInfinity;
        foreach (int axis in new[] { 0, 1 })
        {
            var x = Given.Make([70, 70], DType.Float32, Lie.Contiguous, _ => value);
            var indices = Given.Blank(x.Shape.With(axis, 1), DType.Int64, Lie.Contiguous);
            Given.Backend.ArgReduce(kind, x, axis, null, indices);
            Assert.That(Given.Read(indices), Is.All.Zero);
        }
    }

    [Test]
    public void Of_no_element_there_is_no_extreme()
    {
        var x = Given.Blank([2, 0], DType.Float32, Lie.Contiguous);
        var indices = Given.Blank([2, 1], DType.Int64, Lie.Contiguous);
        Assert.Throws<ShapeMismatchException>(() => Given.Backend.ArgReduce(ArgKind.Maximum, x, 1, null, indices));
    }

    private static double First(ArgKind kind, double[] line)
    {
        int at = 0;
        for (int i = 1; i < line.Length; i++)
            if (kind == ArgKind.Maximum ? line[i] > line[at] : line[i] < line[at]) at = i;
        return at;
    }

    [Test]
    public void Scans([Values] ScanKind kind, [Values] bool reverse, [ValueSource(nameof(Types))] DType dtype)
    {
        if (dtype == DType.Bool)
        {
            var mask = Given.Make([3], dtype, Lie.Contiguous, i => i);
            Assert.Throws<UnsupportedOperationException>(() => Given.Backend.Scan(kind, mask, 0, reverse, mask));
            return;
        }

        foreach (var (shape, lie, axis) in Cases())
        {
            var x = Given.Make(shape, dtype, lie, dtype.IsFloatingPoint() ? Given.Uniform(axis, 1.2) : i => (i % 3) - 1);
            var y = Given.Blank(shape, dtype, Given.WritableLies[axis % 5]);
            Given.Backend.Scan(kind, x, axis, reverse, y);
            var expected = EachLine(Given.Read(x), shape, axis, line =>
            {
                var result = new double[line.Length];
                double total = kind == ScanKind.Sum ? 0 : 1;
                for (int k = 0; k < line.Length; k++)
                {
                    int i = reverse ? line.Length - 1 - k : k;
                    result[i] = total = kind == ScanKind.Sum ? total + line[i] : total * line[i];
                }

                return result;
            });
            Given.AreClose(Given.Read(y), expected, Given.Epsilon(dtype) * 2, $"{kind} {dtype} {shape} {lie} axis {axis}");
        }
    }

    [Test]
    public void A_long_scan_keeps_its_precision()
    {
        var x = Given.Make([1_000_000], DType.Float32, Lie.Contiguous, _ => 0.1);
        var y = Given.Blank([1_000_000], DType.Float32, Lie.Contiguous);
        Given.Backend.Scan(ScanKind.Sum, x, 0, false, y);
        Assert.That(Given.Get(y, 999_999), Is.EqualTo(1_000_000 * (double)0.1f).Within(0.01));
    }

    private static double[] Softmax(SoftmaxKind kind, double[] line)
    {
        double maximum = double.NegativeInfinity, sum = 0;
        foreach (double x in line) maximum = Math.Max(maximum, x);
        foreach (double x in line) sum += Math.Exp(x - maximum);
        return Array.ConvertAll(line, x => kind == SoftmaxKind.Softmax ? Math.Exp(x - maximum) / sum : x - maximum - Math.Log(sum));
    }

    [Test]
    public void Softmax_forward_and_backward([Values] SoftmaxKind kind, [ValueSource(nameof(Floats))] DType dtype)
    {
        foreach (var (shape, lie, axis) in Cases())
        {
            var x = Given.Make(shape, dtype, lie, Given.Uniform(axis, 4));
            var y = Given.Blank(shape, dtype, Given.WritableLies[axis % 5]);
            Given.Backend.Softmax(kind, x, axis, y);
            double tolerance = Given.Epsilon(dtype) * (kind == SoftmaxKind.Softmax ? 4 : 6);
            Given.AreClose(Given.Read(y), EachLine(Given.Read(x), shape, axis, line => Softmax(kind, line)), tolerance, $"{kind} {dtype} {shape} {lie} axis {axis}");

            var dy = Given.Make(shape, dtype, lie, Given.Uniform(axis + 100, 1));
            var dx = Given.Blank(shape, dtype, Given.WritableLies[(axis + 2) % 5]);
            Given.Backend.SoftmaxBackward(kind, dy, y, axis, dx);
            var gradients = Given.Read(dy);
            var sums = EachLine(Given.Read(y), shape, axis, line => line);
            var products = new double[sums.Length];
            for (int i = 0; i < sums.Length; i++) products[i] = kind == SoftmaxKind.Softmax ? gradients[i] * sums[i] : gradients[i];
            var totals = EachLine(products, shape, axis, line => Array.ConvertAll(line, _ => line.Sum()));
            var expected = new double[sums.Length];
            for (int i = 0; i < expected.Length; i++)
                expected[i] = kind == SoftmaxKind.Softmax ? sums[i] * (gradients[i] - totals[i]) : gradients[i] - (Math.Exp(sums[i]) * totals[i]);
            Given.AreClose(Given.Read(dx), expected, Given.Epsilon(dtype) * 8, $"{kind} backward {dtype} {shape} {lie} axis {axis}");
        }
    }

    [Test]
    public void Softmax_of_extreme_lines([Values] SoftmaxKind kind, [Values(0, 1)] int axis, [Values(4, 19, 100)] int n)
    {
        double[][] lines =
        [
            [double.NegativeInfinity, double.NegativeInfinity], [1e4, -1e4], [-1e4, -1e4 + 1], [double.NaN, 1], [1, double.NaN],
            [double.PositiveInfinity, 0], [double.NegativeInfinity, 0], [1e38, -1e38], [-0.0, 0],
        ];
        Shape shape = axis == 1 ? [lines.Length, n] : [n, lines.Length];
        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            var x = Given.Make(shape, dtype, Lie.Contiguous, i => axis == 1 ? lines[i / n][i % n % 2] : lines[i % lines.Length][i / lines.Length % 2]);
            var y = Given.Blank(shape, dtype, Lie.Contiguous);
            Given.Backend.Softmax(kind, x, axis, y);
            Given.AreClose(Given.Read(y), EachLine(Given.Read(x), shape, axis, line => Softmax(kind, line)), 1e-6, $"{kind} {dtype}");
        }
    }

    [Test]
    public void Softmax_in_place_and_on_any_threads([Values] SoftmaxKind kind)
    {
        foreach (Shape shape in new Shape[] { [50, 1031], [1031, 50], [3, 200, 77] })
        {
            for (int axis = 0; axis < shape.Rank; axis++)
            {
                Given.SameOnAnyThreads(() =>
                {
                    var x = Given.Make(shape, DType.Float32, Lie.Contiguous, Given.Uniform(1, 10));
                    Given.Backend.Softmax(kind, x, axis, x);
                    return Given.Read(x);
                });
            }
        }
    }

    [Test]
    public void Sorting_is_stable_with_NaN_last([Values] bool descending, [ValueSource(nameof(Types))] DType dtype)
    {
        foreach (var (shape, lie, axis) in Cases())
        {
            var x = Given.Make(shape, dtype, lie, i => dtype.IsFloatingPoint() && i % 11 == 5 ? double.NaN : i * 13 % 7);
            long n = shape.Rank == 0 ? 1 : shape[axis];
            foreach (long kept in new[] { n, Math.Min(n, 3) })
            {
                var to = shape.Rank == 0 ? shape : shape.With(axis, kept);
                var values = Given.Blank(to, dtype, Given.WritableLies[axis % 5]);
                var indices = Given.Blank(to, DType.Int64, Given.WritableLies[(axis + 1) % 5]);
                Given.Backend.Sort(x, axis, descending, values, indices);
                if (to.ElementCount == 0) continue;
                var places = EachLine(Given.Read(x), shape, axis, line => Sorted(line, descending)[..(int)kept]);
                Given.AreClose(Given.Read(indices), places, 0, $"{dtype} {shape} {lie} axis {axis} first {kept}");
                var sorted = EachLine(Given.Read(x), shape, axis, line => Array.ConvertAll(Sorted(line, descending)[..(int)kept], i => line[(int)i]));
                Given.AreClose(Given.Read(values), sorted, 0, "values");
            }
        }
    }

    [TestCase(1000, 10), TestCase(5000, 1), TestCase(3000, 2999)]
    public void The_largest_of_long_lines(int n, int k)
    {
        foreach (bool descending in new[] { false, true })
        {
            var x = Given.Make([3, n], DType.Float32, Lie.Contiguous, i => Math.Floor(Math.Sin(i) * 500));
            var values = Given.Blank([3, k], DType.Float32, Lie.Contiguous);
            var indices = Given.Blank([3, k], DType.Int64, Lie.Contiguous);
            Given.Backend.Sort(x, 1, descending, values, indices);
            Given.AreClose(Given.Read(indices), EachLine(Given.Read(x), x.Shape, 1, line => Sorted(line, descending)[..k]), 0, "indices");
        }
    }

    /// <summary>Places in stable order; NaN compares as larger than all.</summary>
    private static double[] Sorted(double[] line, bool descending)
    {
        var places = Enumerable.Range(0, line.Length);
        var keyed = descending
            ? places.OrderByDescending(i => double.IsNaN(line[i])).ThenByDescending(i => line[i])
            : places.OrderBy(i => double.IsNaN(line[i])).ThenBy(i => line[i]);
        return keyed.Select(i => (double)i).ToArray();
    }
}
