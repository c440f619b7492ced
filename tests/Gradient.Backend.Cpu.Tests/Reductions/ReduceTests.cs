using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>Reductions against a plain double-precision reference.</summary>
public sealed class ReduceTests
{
    private static readonly Shape[] Shapes =
    [
        [], [1], [7], [0], [3, 0, 2], [5, 9], [2, 3, 4], [33, 17], [3, 2, 4, 5], [2, 1, 3, 2, 4], [2, 3, 2, 1, 2, 3],
    ];

    private static readonly DType[] Types =
        [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Bool];

    private static DType Result(ReduceKind kind, DType x) => kind switch
    {
        ReduceKind.Any or ReduceKind.All => DType.Bool,
        ReduceKind.Sum or ReduceKind.Product when !x.IsFloatingPoint() => DType.Int64,
        _ => x,
    };

    private static double Start(ReduceKind kind) => kind switch
    {
        ReduceKind.Product or ReduceKind.All => 1,
        ReduceKind.Maximum => double.NegativeInfinity,
        ReduceKind.Minimum => double.PositiveInfinity,
        _ => 0,
    };

    private static double Combine(ReduceKind kind, double a, double x) => kind switch
    {
        ReduceKind.Sum or ReduceKind.Mean => a + x,
        ReduceKind.Product => a * x,
        ReduceKind.Maximum => Math.Max(a, x),
        ReduceKind.Minimum => Math.Min(a, x),
        ReduceKind.Any => a != 0 || x != 0 ? 1 : 0,
        ReduceKind.All => a != 0 && x != 0 ? 1 : 0,
        ReduceKind.SumOfSquares => a + (x * x),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static double[] Reference(ReduceKind kind, Tensor x, AxisSet axes)
    {
        var shape = x.Shape.Reduce(axes, keepDims: true);
        var result = new double[shape.ElementCount];
        Array.Fill(result, Start(kind));
        for (long i = 0; i < x.ElementCount; i++)
        {
            var at = Given.Coordinates(x.Shape, i);
            for (int axis = 0; axis < at.Length; axis++)
                if (axes.Contains(axis)) at[axis] = 0;
            long to = Given.Number(shape, at);
            result[to] = Combine(kind, result[to], Given.Get(x, i));
        }

        if (kind == ReduceKind.Mean)
        {
            double count = 1;
            for (int axis = 0; axis < x.Rank; axis++)
                if (axes.Contains(axis)) count *= x.Shape[axis];
            for (int i = 0; i < result.Length; i++) result[i] /= count;
        }

        return result;
    }

    [Test]
    public void Every_kind_type_layout_and_set_of_axes([Values] ReduceKind kind, [ValueSource(nameof(Types))] DType dtype)
    {
        if (kind is ReduceKind.Mean or ReduceKind.SumOfSquares && !dtype.IsFloatingPoint())
        {
            var x = Given.Make([2], dtype, Lie.Contiguous, i => i);
            Assert.Throws<UnsupportedOperationException>(() => Given.Backend.Reduce(kind, x, AxisSet.All(1), Given.Blank([1], dtype, Lie.Contiguous)));
            return;
        }

        foreach (var shape in Shapes)
        {
            foreach (var lie in Given.Lies)
            {
                for (int mask = 0; mask < 1 << shape.Rank; mask++)
                {
                    var axes = new AxisSet((byte)mask);
                    var uniform = Given.Uniform(mask, dtype.IsFloatingPoint() ? 1.2 : 3);
                    var x = Given.Make(shape, dtype, lie, uniform);
                    if (kind is ReduceKind.Maximum or ReduceKind.Minimum && x.ElementCount == 0) continue;
                    var y = Given.Blank(shape.Reduce(axes, keepDims: true), Result(kind, dtype), Given.WritableLies[mask % 5]);
                    Given.Backend.Reduce(kind, x, axes, y);
                    double terms = Math.Max(1, x.ElementCount / Math.Max(1, y.ElementCount));
                    double tolerance = kind == ReduceKind.Product ? terms * Given.Epsilon(dtype) * 4
                        : Math.Sqrt(terms) * (Given.Epsilon(dtype) + (dtype == DType.Float64 ? 1e-15 : 0)) * 2;
                    Given.AreClose(Given.Read(y), Reference(kind, x, axes), tolerance, $"{kind} of {dtype} {shape}, {lie}, axes {mask:b}");
                }
            }
        }
    }

    [TestCase(63), TestCase(64), TestCase(65), TestCase(4095), TestCase(4096), TestCase(4097), TestCase(65535), TestCase(65536), TestCase(65537), TestCase(200_003)]
    public void Lengths_at_the_edges_of_pieces(int length)
    {
        foreach (var dtype in new[] { DType.Float32, DType.Float64, DType.Float16, DType.Int32 })
        {
            foreach (var lie in new[] { Lie.Contiguous, Lie.Steps, Lie.Flipped })
            {
                var line = Given.Make([length], dtype, lie, i => (i % 7) - 3);
                var columns = Given.Make([length, 3], dtype, lie, i => (i % 11) - 5);
                foreach (var (x, axes) in new[] { (line, AxisSet.All(1)), (columns, AxisSet.Single(0)), (columns, AxisSet.Single(1)) })
                {
                    foreach (var kind in new[] { ReduceKind.Sum, ReduceKind.Maximum, ReduceKind.All })
                    {
                        var y = Given.Blank(x.Shape.Reduce(axes, true), Result(kind, dtype), Lie.Contiguous);
                        Given.Backend.Reduce(kind, x, axes, y);
                        // Integers in floats: exact up to the last rounding to the type.
                        Given.AreClose(Given.Read(y), Reference(kind, x, axes), Given.Epsilon(dtype), $"{kind} {dtype} {x.Shape} {lie}");
                    }
                }
            }
        }
    }

    [TestCase(1, 511), TestCase(9, 512), TestCase(8, 513), TestCase(1000, 70), TestCase(3001, 31), TestCase(7, 2000)]
    public void Columns_at_the_edges_of_tiles(int rows, int columns)
    {
        foreach (var dtype in new[] { DType.Float32, DType.Float64, DType.BFloat16, DType.Int64 })
        {
            var x = Given.Make([2, rows, columns], dtype, Lie.Contiguous, i => (i % 5) - 2);
            var y = Given.Blank([2, 1, columns], dtype, Lie.Contiguous);
            Given.Backend.Reduce(ReduceKind.Sum, x, AxisSet.Single(1), y);
            Given.AreClose(Given.Read(y), Reference(ReduceKind.Sum, x, AxisSet.Single(1)), Given.Epsilon(dtype), $"{dtype} rows {rows} columns {columns}");
            var all = Given.Blank([1, rows, 1], dtype, Lie.Contiguous);
            Given.Backend.Reduce(ReduceKind.Sum, x, new(0b101), all);
            Given.AreClose(Given.Read(all), Reference(ReduceKind.Sum, x, new(0b101)), Given.Epsilon(dtype), $"{dtype} rows {rows} columns {columns} outer and inner");
        }
    }

    [Test]
    public void Ten_million_floats_of_a_tenth_sum_to_seven_digits()
    {
        const int N = 10_000_000;
        var x = Given.Make([N], DType.Float32, Lie.Contiguous, _ => 0.1);
        double exact = N * (double)0.1f;
        var sum = Given.Blank([1], DType.Float32, Lie.Contiguous);
        Given.Backend.Reduce(ReduceKind.Sum, x, AxisSet.All(1), sum);
        Assert.That(Given.Get(sum, 0), Is.EqualTo(exact).Within(1e-6 * exact));
        var matrix = x.View(Layout.Contiguous([N / 10, 10]));
        var columns = Given.Blank([1, 10], DType.Float32, Lie.Contiguous);
        Given.Backend.Reduce(ReduceKind.Mean, matrix, AxisSet.Single(0), columns);
        foreach (double mean in Given.Read(columns)) Assert.That(mean, Is.EqualTo((double)0.1f).Within(1e-6 * 0.1));
    }

    [Test]
    public void Long_sums_of_doubles_are_pairwise()
    {
        // A chain of 4 million additions of 0.1 is off by about 1e-11 relatively; blocks and pairs stay below 1e-14.
        const int N = 1 << 22;
        var x = Given.Make([N], DType.Float64, Lie.Contiguous, _ => 0.1);
        var sum = Given.Blank([1], DType.Float64, Lie.Contiguous);
        Given.Backend.Reduce(ReduceKind.Sum, x, AxisSet.All(1), sum);
        Assert.That(Given.Get(sum, 0), Is.EqualTo(N * 0.1).Within(1e-14 * N * 0.1));
    }

    [Test]
    public void NaN_infinity_and_signed_zero([Values(1, 5, 40, 300)] int length, [Values] ReduceKind kind)
    {
        double[] specials = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.0, 1e-42, 3e38];
        foreach (var dtype in new[] { DType.Float32, DType.Float64 })
        {
            foreach (double special in specials)
            {
                for (int at = 0; at < length; at += Math.Max(1, length / 3))
                {
                    int place = at;
                    double value = dtype == DType.Float32 ? (float)special : special;
                    var x = Given.Make([length, 2], dtype, Lie.Transposed, i => i / 2 == place ? value : 0.5);
                    foreach (int axis in new[] { 0, 1 })
                    {
                        var axes = AxisSet.Single(axis);
                        var y = Given.Blank(x.Shape.Reduce(axes, true), Result(kind, dtype), Lie.Contiguous);
                        Given.Backend.Reduce(kind, x, axes, y);
                        var expected = Reference(kind, x, axes);
                        if (dtype == DType.Float32 && kind != ReduceKind.Any) expected = Array.ConvertAll(expected, e => (double)(float)e);
                        Given.AreClose(Given.Read(y), expected, 1e-6, $"{kind} {dtype} {special} at {place} of {length}, axis {axis}");
                    }
                }
            }
        }
    }

    [Test]
    public void Integers_are_exact_beyond_32_bits()
    {
        var x = Given.Make([4], DType.Int32, Lie.Contiguous, _ => int.MaxValue);
        var y = Given.Blank([1], DType.Int64, Lie.Contiguous);
        Given.Backend.Reduce(ReduceKind.Sum, x, AxisSet.All(1), y);
        Assert.That(y.AsSpan<long>()[0], Is.EqualTo(4L * int.MaxValue));
        Given.Backend.Reduce(ReduceKind.Product, x.View(x.Layout.Slice(0, 0, 2, 1)), AxisSet.All(1), y);
        Assert.That(y.AsSpan<long>()[0], Is.EqualTo((long)int.MaxValue * int.MaxValue));
    }

    [Test]
    public void The_number_of_threads_changes_no_bit([Values(DType.Float32, DType.Float64, DType.Float16)] DType dtype)
    {
        Shape[] shapes = [[300_001], [1000, 301], [7, 4099, 16], [2, 5000, 3, 11]];
        int[][] sets = [[1], [1, 2, 3], [1, 2, 4, 5, 7], [1, 2, 4, 8, 5, 10, 15]];
        for (int k = 0; k < shapes.Length; k++)
        {
            var x = Given.Make(shapes[k], dtype, Lie.Contiguous, Given.Uniform(k, 1));
            foreach (int mask in sets[k])
            {
                Given.SameOnAnyThreads(() =>
                {
                    var y = Given.Blank(x.Shape.Reduce(new((byte)mask), true), dtype, Lie.Contiguous);
                    Given.Backend.Reduce(ReduceKind.Sum, x, new((byte)mask), y);
                    return Given.Read(y);
                });
            }
        }
    }
}
