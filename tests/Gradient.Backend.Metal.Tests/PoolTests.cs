namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// Pooling against plain loops over windows: padding, dilation, ceiling, windows of padding alone, adaptive sizes above and below the
/// input's, ties, NaN, any layout.
/// </summary>
public sealed class PoolTests
{
    private static readonly Pool2dOptions[] Walks =
    [
        new() { KernelHeight = 2, KernelWidth = 2, StrideHeight = 2, StrideWidth = 2 },
        new() { KernelHeight = 3, KernelWidth = 2, StrideHeight = 1, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1 },
        new() { KernelHeight = 3, KernelWidth = 3, StrideHeight = 2, StrideWidth = 3, PaddingHeight = 1, CeilMode = true },
        new() { KernelHeight = 3, KernelWidth = 2, StrideHeight = 2, StrideWidth = 1, DilationHeight = 2, DilationWidth = 3, PaddingHeight = 1 },
        new() { KernelHeight = 2, KernelWidth = 2, StrideHeight = 3, StrideWidth = 3, PaddingHeight = 1, PaddingWidth = 1, CountIncludePad = false, CeilMode = true },
        new() { KernelHeight = 1, KernelWidth = 2, StrideHeight = 4, StrideWidth = 5, PaddingWidth = 1 },
        // Windows that pass the padding's end, and windows of padding alone on every side.
        new() { KernelHeight = 2, KernelWidth = 3, StrideHeight = 2, StrideWidth = 2, PaddingWidth = 1, CeilMode = true },
        new() { DilationHeight = 3, DilationWidth = 2, PaddingHeight = 1, PaddingWidth = 1, CountIncludePad = false },
    ];

    [Test, Combinatorial]
    public void Windows([ValueSource(nameof(Walks))] Pool2dOptions walk, [Values] PoolKind kind, [Values] Placing input, [Values(Placing.Dense, Placing.Stepped)] Placing output)
    {
        var options = walk with { Kind = kind };
        if (kind == PoolKind.Average) options = options with { DilationHeight = 1, DilationWidth = 1 };
        Check(options, [2, 7, 9, 5], options.OutputHeight(7), options.OutputWidth(9), DType.Float32, input, output);
    }

    [Test, Combinatorial]
    public void Adaptive([Values] PoolKind kind, [Values(1, 3, 7, 10)] int rows, [Values(2, 5, 13)] int columns, [Values(Placing.Dense, Placing.Transposed)] Placing input) =>
        Check(new() { Kind = kind, Adaptive = true }, [2, 7, 5, 3], rows, columns, DType.Float32, input, Placing.Dense);

    [Test, Combinatorial]
    public void Half_width_types([Values(DType.Float16, DType.BFloat16)] DType dtype, [Values] PoolKind kind) =>
        Check(new() { Kind = kind, KernelHeight = 3, KernelWidth = 3, StrideHeight = 2, StrideWidth = 1 }, [1, 9, 8, 17], 4, 6, dtype, Placing.Stepped, Placing.Dense);

    [Test]
    public void The_first_of_equals_and_the_first_NaN_win()
    {
        var device = TestDevices.Get(simdgroupMatrices: true);
        float[] x = [1, 1, 2, 2, float.NaN, 3, float.NaN, float.NegativeInfinity, float.NegativeInfinity];
        var y = new Placed([], [1, 1, 3, 1], DType.Float32, device, Placing.Dense);
        var indices = Tensor.From(new int[3], [1, 1, 3, 1], device);
        device.Backend.Pool2d(
            new() { KernelWidth = 3, StrideWidth = 3 }, new Placed(x, [1, 1, 9, 1], DType.Float32, device, Placing.Dense).Tensor, y.Tensor, indices);
        Assert.That(y.Read(), Is.EqualTo(new[] { 2, float.NaN, float.NaN }));
        Assert.That(indices.ToArray<int>(), Is.EqualTo(new[] { 2, 4, 6 }));
    }

    private static void Check(Pool2dOptions options, int[] input, long rows, long columns, DType dtype, Placing inputPlacing, Placing outputPlacing)
    {
        var device = TestDevices.Get(simdgroupMatrices: true);
        var (images, height, width, channels) = (input[0], input[1], input[2], input[3]);
        long[] shape = [images, rows, columns, channels];
        int count = (int)(images * rows * columns * channels);
        bool maximum = options.Kind == PoolKind.Maximum;
        // Few different values, so that there are ties.
        float[] x = Array.ConvertAll(MatMulTests.Random(images * height * width * channels, 21), v => MathF.Round(v * 8) / 8);
        float[] dy = MatMulTests.Random(count, 22, dtype);
        double[] expected = new double[count], gradient = new double[x.Length];
        int[] places = new int[count];
        for (int i = 0; i < count; i++)
        {
            int channel = i % channels, column = i / channels % (int)columns, row = i / channels / (int)columns % (int)rows, image = i / channels / (int)(rows * columns);
            var (ys, tall) = Window(options.Adaptive, row, height, (int)rows, options.KernelHeight, options.StrideHeight, options.PaddingHeight, options.DilationHeight);
            var (xs, wide) = Window(options.Adaptive, column, width, (int)columns, options.KernelWidth, options.StrideWidth, options.PaddingWidth, options.DilationWidth);
            var inside = (from r in ys from c in xs select (r * width) + c).ToArray();
            int At(int place) => (((image * height * width) + place) * channels) + channel;
            if (maximum)
            {
                places[i] = inside.Length == 0 ? -1 : inside.MaxBy(place => x[At(place)]);
                expected[i] = inside.Length == 0 ? double.NegativeInfinity : x[At(places[i])];
                if (inside.Length > 0) gradient[At(places[i])] += dy[i];
                continue;
            }

            double divisor = options.CountIncludePad && !options.Adaptive ? tall * wide : inside.Length;
            expected[i] = inside.Length == 0 ? 0 : inside.Sum(place => (double)x[At(place)]) / divisor;
            foreach (int place in inside) gradient[At(place)] += dy[i] / divisor;
        }

        double tolerance = dtype == DType.Float16 ? 1e-3 : dtype == DType.BFloat16 ? 8e-3 : 1e-6;
        var y = new Placed([], shape, dtype, device, outputPlacing);
        // Indices in another order than their shape: [batch, channels, height, width] in memory.
        var indices = maximum ? Tensor.From(new int[count], [images, channels, rows, columns], device) is var planes
            ? planes.View(planes.Layout.Permute([0, 2, 3, 1])) : null : null;
        device.Backend.Pool2d(options, new Placed(x, [images, height, width, channels], dtype, device, inputPlacing).Tensor, y.Tensor, indices);
        MatMulTests.Compare(y.Read(), i => expected[i], tolerance);
        if (indices is not null)
        {
            int[] found = new Tensor(indices.Storage, Layout.Contiguous([count]), DType.Int32).ToArray<int>();
            for (int i = 0; i < count; i++) Assert.That(found[indices.Layout.PositionOf(i)], Is.EqualTo(places[i]), $"index {i}");
        }

        var dx = new Placed([], [images, height, width, channels], dtype, device, inputPlacing);
        device.Backend.Pool2dBackward(options, new Placed(dy, shape, dtype, device, outputPlacing).Tensor, indices, dx.Tensor);
        MatMulTests.Compare(dx.Read(), i => gradient[i], tolerance);
    }

    /// <summary>The places inside the input that a window covers along an axis, and its length with padding, as PyTorch counts it.</summary>
    private static (int[] Places, int Padded) Window(bool adaptive, int output, int length, int outputs, int kernel, int stride, int padding, int dilation)
    {
        if (adaptive)
        {
            int[] all = [.. Enumerable.Range(0, length).Where(i => i >= Math.Floor((double)output * length / outputs) && i < Math.Ceiling((output + 1.0) * length / outputs))];
            return (all, all.Length);
        }

        int start = (output * stride) - padding;
        return ([.. Enumerable.Range(0, kernel).Select(i => start + (i * dilation)).Where(i => i >= 0 && i < length)], Math.Min(start + kernel, length + padding) - start);
    }
}
