using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>Pooling against a plain reference that pads explicitly, as the definition reads.</summary>
public sealed class PoolTests
{
    private static readonly DType[] Floats = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16];

    private static readonly Pool2dOptions[] Options =
    [
        new() { KernelHeight = 2, KernelWidth = 2, StrideHeight = 2, StrideWidth = 2 },
        new() { KernelHeight = 3, KernelWidth = 3, StrideHeight = 2, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1 },
        new() { KernelHeight = 3, KernelWidth = 2, StrideHeight = 1, StrideWidth = 3, PaddingHeight = 1, PaddingWidth = 0 },
        new() { KernelHeight = 3, KernelWidth = 3, StrideHeight = 2, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1, CeilMode = true, CountIncludePad = false },
        new() { KernelHeight = 2, KernelWidth = 3, StrideHeight = 2, StrideWidth = 2, CeilMode = true },
        new() { KernelHeight = 3, KernelWidth = 2, StrideHeight = 1, StrideWidth = 1, PaddingHeight = 1, PaddingWidth = 1, DilationHeight = 2, DilationWidth = 3 },
        new() { KernelHeight = 5, KernelWidth = 6, StrideHeight = 5, StrideWidth = 6 },
        new() { KernelHeight = 1, KernelWidth = 1, StrideHeight = 3, StrideWidth = 2 },
    ];

    private static readonly Shape[] Shapes = [[2, 7, 8, 3], [1, 6, 9, 1], [2, 9, 7, 16], [1, 7, 7, 37]];

    private static IEnumerable<(Pool2dOptions Options, Shape X, Shape Y)> Cases(PoolKind kind)
    {
        foreach (var shape in Shapes)
        {
            foreach (var given in Options)
            {
                var options = given with { Kind = kind };
                if (kind == PoolKind.Average) options = options with { DilationHeight = 1, DilationWidth = 1 };
                yield return (options, shape, [shape[0], options.OutputHeight(shape[1]), options.OutputWidth(shape[2]), shape[3]]);
            }

            foreach (int output in new[] { 1, 2, 3, 5, 10 })
                yield return (new() { Kind = kind, Adaptive = true }, shape, [shape[0], output, output + 1, shape[3]]);
        }
    }

    /// <summary>The rows, or columns, of a window that lie in the input, and how many with padding.</summary>
    private static (List<long> Inside, long Padded) Window(Pool2dOptions o, bool rows, long output, long length, long outputs)
    {
        if (o.Adaptive)
        {
            var all = new List<long>();
            for (long i = (long)Math.Floor((double)output * length / outputs); i < (long)Math.Ceiling((double)(output + 1) * length / outputs); i++) all.Add(i);
            return (all, all.Count);
        }

        var (kernel, stride, padding, dilation) = rows
            ? (o.KernelHeight, o.StrideHeight, o.PaddingHeight, o.DilationHeight)
            : (o.KernelWidth, o.StrideWidth, o.PaddingWidth, o.DilationWidth);
        var inside = new List<long>();
        long padded = 0;
        for (int k = 0; k < kernel; k++)
        {
            long at = (output * stride) - padding + (k * dilation);
            if (at >= 0 && at < length) inside.Add(at);
            if (at < length + padding) padded++;
        }

        return (inside, padded);
    }

    [Test]
    public void Forward_and_backward([Values] PoolKind kind, [ValueSource(nameof(Floats))] DType dtype)
    {
        foreach (var (options, shape, to) in Cases(kind))
        {
            foreach (var lie in Given.WritableLies)
            {
                string what = $"{kind} {dtype} {shape} to {to} {lie} {options}";
                // Few different values: ties go to the first.
                var x = Given.Make(shape, dtype, lie, i => (i * 7 % 11) - 5);
                var dy = Given.Make(to, dtype, lie, i => (i % 4) + 1);
                var y = Given.Blank(to, dtype, lie);
                var indices = kind == PoolKind.Maximum ? Given.Blank(to, DType.Int32, lie) : null;
                var dx = Given.Blank(shape, dtype, lie);
                var (expected, places, gradient) = Reference(options, x, dy);
                Given.Backend.Pool2d(options, x, y, indices);
                Given.AreClose(Given.Read(y), expected, Given.Epsilon(dtype) * 2, what);
                if (indices is not null)
                {
                    Given.AreClose(Given.Read(indices), places, 0, "indices " + what);
                    var alone = Given.Blank(to, dtype, lie);
                    Given.Backend.Pool2d(options, x, alone, null);
                    Given.AreClose(Given.Read(alone), expected, 0, "without indices " + what);
                }

                Given.Backend.Pool2dBackward(options, dy, indices, dx);
                Given.AreClose(Given.Read(dx), gradient, Given.Epsilon(dtype) * 8, "backward " + what);
            }
        }
    }

    private static (double[] Y, double[] Places, double[] Dx) Reference(Pool2dOptions options, Tensor x, Tensor dy)
    {
        Shape shape = x.Shape, to = dy.Shape;
        double[] values = Given.Read(x), gradients = Given.Read(dy);
        double[] y = new double[gradients.Length], places = new double[y.Length], dx = new double[values.Length];
        for (long i = 0; i < y.Length; i++)
        {
            var at = Given.Coordinates(to, i);
            var (rows, paddedRows) = Window(options, true, at[1], shape[1], to[1]);
            var (columns, paddedColumns) = Window(options, false, at[2], shape[2], to[2]);
            long Element(long row, long column) => Given.Number(shape, [at[0], row, column, at[3]]);
            if (options.Kind == PoolKind.Maximum)
            {
                long best = Element(rows[0], columns[0]), place = (rows[0] * shape[2]) + columns[0];
                foreach (long row in rows)
                {
                    foreach (long column in columns)
                    {
                        double value = values[Element(row, column)];
                        if (!(value > values[best]) && !(double.IsNaN(value) && !double.IsNaN(values[best]))) continue;
                        (best, place) = (Element(row, column), (row * shape[2]) + column);
                    }
                }

                (y[i], places[i]) = (values[best], place);
                dx[best] += gradients[i];
                continue;
            }

            double count = options.CountIncludePad && !options.Adaptive ? paddedRows * paddedColumns : rows.Count * columns.Count, sum = 0;
            foreach (long row in rows)
            {
                foreach (long column in columns)
                {
                    sum += values[Element(row, column)];
                    dx[Element(row, column)] += gradients[i] / count;
                }
            }

            y[i] = rows.Count * columns.Count == 0 ? 0 : sum / count;
        }

        return (y, places, dx);
    }

    [Test]
    public void NaN_wins_and_minus_infinity_is_a_value([Values(1, 8, 33)] int channels)
    {
        var options = new Pool2dOptions { KernelHeight = 2, KernelWidth = 2, StrideHeight = 2, StrideWidth = 2 };
        var x = Given.Make([1, 4, 4, channels], DType.Float32, Lie.Contiguous, i => (i / channels) switch
        {
            0 or 1 or 4 or 5 => double.NegativeInfinity,
            3 or 6 => double.NaN,
            _ => i % 3,
        });
        var dy = Given.Make([1, 2, 2, channels], DType.Float32, Lie.Contiguous, _ => 1);
        var y = Given.Blank(dy.Shape, DType.Float32, Lie.Contiguous);
        var indices = Given.Blank(dy.Shape, DType.Int32, Lie.Contiguous);
        var dx = Given.Blank(x.Shape, DType.Float32, Lie.Contiguous);
        Given.Backend.Pool2d(options, x, y, indices);
        Given.Backend.Pool2dBackward(options, dy, indices, dx);
        var (expected, places, gradient) = Reference(options, x, dy);
        Given.AreClose(Given.Read(y), expected, 0, "y");
        Given.AreClose(Given.Read(indices), places, 0, "indices");
        Given.AreClose(Given.Read(dx), gradient, 0, "dx");
    }

    [Test]
    public void The_number_of_threads_changes_no_bit([Values] PoolKind kind)
    {
        var options = new Pool2dOptions { Kind = kind, KernelHeight = 3, KernelWidth = 3, StrideHeight = 1, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1 };
        var x = Given.Make([3, 20, 21, 40], DType.Float32, Lie.Contiguous, Given.Uniform(1, 1));
        Given.SameOnAnyThreads(() =>
        {
            Shape to = [3, options.OutputHeight(20), options.OutputWidth(21), 40];
            var y = Given.Blank(to, DType.Float32, Lie.Contiguous);
            var indices = kind == PoolKind.Maximum ? Given.Blank(to, DType.Int32, Lie.Contiguous) : null;
            var dx = Given.Blank(x.Shape, DType.Float32, Lie.Contiguous);
            Given.Backend.Pool2d(options, x, y, indices);
            Given.Backend.Pool2dBackward(options, y, indices, dx);
            return [.. Given.Read(y), .. Given.Read(dx)];
        });
    }
}
