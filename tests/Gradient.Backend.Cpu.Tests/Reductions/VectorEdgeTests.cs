using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>
/// Lines side by side and reductions, where whole vectors, segments, tiles and pieces end: one less, as many, one more. The references
/// are loops in double precision.
/// </summary>
public sealed class VectorEdgeTests
{
    private static readonly DType[] Floats = [DType.Float32, DType.Float64];

    /// <summary>Lengths of lines, and numbers of lines side by side.</summary>
    private static IEnumerable<(int Length, int Lines)> Sizes()
    {
        foreach (int length in new[] { 1, 2, 31, 32, 33, 70 })
            foreach (int lines in new[] { 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 80, 129 })
                yield return (length, lines);
    }

    /// <summary>An element of every kind that softmax treats in a way of its own, in some lines.</summary>
    private static double Special(long line, long at) => (line % 9, at) switch
    {
        (1, 0) => double.NaN,
        (2, _) => double.NegativeInfinity,
        (3, 0) => double.PositiveInfinity,
        (4, 0) => double.NegativeInfinity,
        (5, 0) => 1e30,
        (6, _) => 100 * at,
        (7, 0) => 1e-42,
        (7, 1) => -0.0,
        _ => ((line * 31) + (at * 17)) % 23 / 3.0,
    };

    [Test]
    public void Softmax_across([ValueSource(nameof(Floats))] DType dtype, [Values] SoftmaxKind kind)
    {
        foreach (var (length, lines) in Sizes())
        {
            var x = Given.Make([length, lines], dtype, Lie.Contiguous, i => Special(i % lines, i / lines));
            var y = Given.Blank(x.Shape, dtype, Lie.Contiguous);
            Given.Backend.Softmax(kind, x, 0, y);
            var expected = new double[length * lines];
            for (int line = 0; line < lines; line++)
            {
                double largest = double.NegativeInfinity, sum = 0;
                for (int i = 0; i < length; i++) largest = Math.Max(largest, Given.Get(x, (i * lines) + line));
                for (int i = 0; i < length; i++) sum += Math.Exp(Given.Get(x, (i * lines) + line) - largest);
                for (int i = 0; i < length; i++)
                {
                    double z = Given.Get(x, (i * lines) + line) - largest;
                    expected[(i * lines) + line] = kind == SoftmaxKind.Softmax ? Math.Exp(z) / sum : z - Math.Log(sum);
                }
            }

            Given.AreClose(Given.Read(y), expected, 8 * Given.Epsilon(dtype), $"{kind} of {length} by {lines}");
            Given.Backend.Softmax(kind, x, 0, x);
            Given.AreClose(Given.Read(x), expected, 8 * Given.Epsilon(dtype), $"in place, {kind} of {length} by {lines}");
        }
    }

    [Test]
    public void The_small_results_of_softmax_are_accurate_too([Values(0, 1)] int axis)
    {
        // e^−k for k = 0 … 110 under one maximum: down to where they are denormal and 0.
        var x = Given.Make(axis == 0 ? [111, 16] : [16, 111], DType.Float32, Lie.Contiguous, i => -(axis == 0 ? i / 16 : i % 111));
        var y = Given.Blank(x.Shape, DType.Float32, Lie.Contiguous);
        Given.Backend.Softmax(SoftmaxKind.Softmax, x, axis, y);
        double sum = 0;
        for (int k = 0; k <= 110; k++) sum += Math.Exp(-k);
        for (long i = 0; i < x.ElementCount; i++)
        {
            double exact = Math.Exp(Given.Get(x, i)) / sum;
            Assert.That(Given.Get(y, i), Is.EqualTo(exact).Within((4e-7 * exact) + float.Epsilon), $"element {i}");
        }
    }

    [Test]
    public void Softmax_backward_across([ValueSource(nameof(Floats))] DType dtype, [Values] SoftmaxKind kind)
    {
        foreach (var (length, lines) in Sizes())
        {
            var dy = Given.Make([length, lines], dtype, Lie.Contiguous, Given.Uniform(length, 1));
            var y = Given.Make([length, lines], dtype, Lie.Contiguous, i => kind == SoftmaxKind.Softmax ? (i % 7) / 7.0 : -(i % 11));
            var dx = Given.Blank(y.Shape, dtype, Lie.Contiguous);
            Given.Backend.SoftmaxBackward(kind, dy, y, 0, dx);
            var expected = new double[length * lines];
            for (int line = 0; line < lines; line++)
            {
                double sum = 0;
                for (int i = line; i < expected.Length; i += lines) sum += Given.Get(dy, i) * (kind == SoftmaxKind.Softmax ? Given.Get(y, i) : 1);
                for (int i = line; i < expected.Length; i += lines)
                {
                    double g = Given.Get(dy, i), value = Given.Get(y, i);
                    expected[i] = kind == SoftmaxKind.Softmax ? value * (g - sum) : g - (Math.Exp(value) * sum);
                }
            }

            Given.AreClose(Given.Read(dx), expected, 16 * Given.Epsilon(dtype), $"{kind} of {length} by {lines}");
        }
    }

    [Test]
    public void Scans_across([Values] ScanKind kind, [Values] bool reverse)
    {
        foreach (var dtype in new[] { DType.Float32, DType.Float64, DType.Int64, DType.Int32 })
        {
            foreach (var (length, lines) in Sizes())
            {
                var x = Given.Make([length, lines], dtype, Lie.Contiguous, i => kind == ScanKind.Sum ? (i * 7 % 13) - 6 : (i * 7 % 3) - 1);
                var y = Given.Blank(x.Shape, dtype, Lie.Contiguous);
                Given.Backend.Scan(kind, x, 0, reverse, y);
                var expected = new double[length * lines];
                for (int line = 0; line < lines; line++)
                {
                    double total = kind == ScanKind.Sum ? 0 : 1;
                    for (int i = 0; i < length; i++)
                    {
                        int at = ((reverse ? length - 1 - i : i) * lines) + line;
                        total = kind == ScanKind.Sum ? total + Given.Get(x, at) : total * Given.Get(x, at);
                        expected[at] = total;
                    }
                }

                Given.AreClose(Given.Read(y), expected, 0, $"{kind} {dtype} of {length} by {lines}");
            }
        }
    }

    [Test]
    public void Sums_are_exact_where_small_integers_are_summed(
        [Values(1, 3, 4, 7, 8, 9, 15, 16, 17, 63, 64, 65, 16383, 16384, 16385, 65537, 200_001)] int length, [Values(1, 2, 5)] int lines)
    {
        var x = Given.Make([lines, length], DType.Float32, Lie.Contiguous, i => (i * 7 % 13) - 6);
        var y = Given.Blank([lines, 1], DType.Float32, Lie.Contiguous);
        Given.Backend.Reduce(ReduceKind.Sum, x, AxisSet.Single(1), y);
        for (int line = 0; line < lines; line++)
        {
            double sum = 0;
            for (long i = 0; i < length; i++) sum += (((line * (long)length) + i) * 7 % 13) - 6;
            Assert.That(Given.Get(y, line), Is.EqualTo(sum));
        }
    }

    [Test]
    public void Sums_of_columns_are_exact_where_small_integers_are_summed(
        [Values(1, 3, 4, 31, 32, 33, 255, 256, 257, 1023, 1024, 1025)] int columns, [Values(1, 7, 8, 9, 64, 65, 137, 700)] int rows, [Values] bool middle)
    {
        int cells = middle ? 2 : 1;
        var x = Given.Make([cells, rows, columns], DType.Float32, Lie.Contiguous, i => (i * 7 % 13) - 6);
        var y = Given.Blank([cells, 1, columns], DType.Float32, Lie.Contiguous);
        Given.Backend.Reduce(ReduceKind.Sum, x, AxisSet.Single(1), y);
        for (int cell = 0; cell < cells; cell++)
        {
            for (int column = 0; column < columns; column++)
            {
                double sum = 0;
                for (int row = 0; row < rows; row++) sum += (((((long)cell * rows) + row) * columns) + column) * 7 % 13 - 6;
                Assert.That(Given.Get(y, (cell * columns) + column), Is.EqualTo(sum), $"cell {cell}, column {column}");
            }
        }
    }

    [Test]
    public void A_NaN_anywhere_is_the_extreme([Values] bool maximum, [ValueSource(nameof(Floats))] DType dtype, [Values(0, 1)] int axis)
    {
        const int Length = 150; // more than two groups of vectors of the widest kind, and a rest
        var kind = maximum ? ReduceKind.Maximum : ReduceKind.Minimum;
        for (int place = 0; place < Length; place++)
        {
            // Line 0 has a NaN there, line 1 an infinity, line 2 zeros of both signs.
            double Element(long line, long at) => line switch
            {
                0 => at == place ? double.NaN : at,
                1 => at == place ? (maximum ? double.PositiveInfinity : double.NegativeInfinity) : -at,
                _ => at == place ? -0.0 : 0.0,
            };
            var x = Given.Make(axis == 0 ? [Length, 3] : [3, Length], dtype, Lie.Contiguous,
                i => axis == 0 ? Element(i % 3, i / 3) : Element(i / Length, i % Length));
            var y = Given.Blank(axis == 0 ? [1, 3] : [3, 1], dtype, Lie.Contiguous);
            Given.Backend.Reduce(kind, x, AxisSet.Single(axis), y);
            Assert.That(Given.Get(y, 0), Is.NaN, $"NaN at {place}");
            Assert.That(Given.Get(y, 1), Is.EqualTo(maximum ? double.PositiveInfinity : double.NegativeInfinity), $"infinity at {place}");
            Assert.That(Given.Get(y, 2), Is.Zero);
        }
    }
}
