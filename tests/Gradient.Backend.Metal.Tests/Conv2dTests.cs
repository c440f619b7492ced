namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// Convolutions against sums in double precision: every kernel (tiles, large tiles, narrow groups, products), strides that share a
/// factor with the dilation, images smaller than the kernel, any layout, with and without simdgroup matrices.
/// </summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class Conv2dTests(bool simdgroupMatrices)
{
    public sealed record Walk(string Name, int Images, int Height, int Width, int Inputs, int Outputs, int KernelHeight, int KernelWidth)
    {
        public Conv2dOptions Options { get; init; } = new();

        public long Rows => Options.OutputHeight(Height, KernelHeight);

        public long Columns => Options.OutputWidth(Width, KernelWidth);

        public override string ToString() => Name;
    }

    private static readonly Walk[] Walks =
    [
        new("plain", 2, 9, 8, 3, 5, 3, 3),
        new("padded", 1, 7, 6, 17, 33, 3, 3) { Options = new() { PaddingHeight = 1, PaddingWidth = 1 } },
        new("strided", 2, 10, 9, 4, 6, 3, 2) { Options = new() { StrideHeight = 2, StrideWidth = 3, PaddingHeight = 1 } },
        new("stride beyond the kernel", 1, 11, 10, 2, 3, 2, 2) { Options = new() { StrideHeight = 4, StrideWidth = 3 } },
        new("dilation and stride share a factor", 1, 15, 16, 2, 3, 3, 3) { Options = new() { StrideHeight = 4, StrideWidth = 6, DilationHeight = 2, DilationWidth = 4, PaddingHeight = 3, PaddingWidth = 5 } },
        new("dilation is the stride", 1, 12, 11, 3, 2, 3, 3) { Options = new() { StrideHeight = 3, StrideWidth = 2, DilationHeight = 3, DilationWidth = 2, PaddingHeight = 2 } },
        new("kernel beyond the image", 2, 2, 2, 3, 4, 5, 5) { Options = new() { PaddingHeight = 2, PaddingWidth = 2 } },
        new("two groups", 1, 6, 7, 34, 40, 3, 3) { Options = new() { Groups = 2, PaddingHeight = 1, StrideWidth = 2 } },
        new("narrow groups", 2, 6, 7, 6, 9, 3, 3) { Options = new() { Groups = 3, PaddingWidth = 1, StrideHeight = 2 } },
        new("depthwise", 2, 8, 9, 37, 37, 3, 3) { Options = new() { Groups = 37, PaddingHeight = 1, PaddingWidth = 1, DilationWidth = 2 } },
        new("product", 2, 5, 4, 9, 33, 1, 1),
        new("1×1 with stride", 1, 7, 8, 5, 6, 1, 1) { Options = new() { StrideHeight = 2, StrideWidth = 2 } },
        new("many pixels", 3, 33, 31, 2, 3, 3, 3) { Options = new() { PaddingHeight = 1, PaddingWidth = 1 } },
        new("depthwise, many pixels", 2, 40, 31, 3, 3, 3, 3) { Options = new() { Groups = 3 } },
    ];

    [Test, Combinatorial]
    public void Forward([ValueSource(nameof(Walks))] Walk walk, [Values] Placing input, [Values(Placing.Dense, Placing.Stepped)] Placing output) =>
        CheckForward(walk, DType.Float32, input, output, 0);

    [Test, Combinatorial]
    public void Input_gradient([ValueSource(nameof(Walks))] Walk walk, [Values] Placing input, [Values(Placing.Dense, Placing.Stepped)] Placing output) =>
        CheckInput(walk, DType.Float32, input, output, 0);

    [Test, Combinatorial]
    public void Weight_gradient([ValueSource(nameof(Walks))] Walk walk, [Values] Placing input, [Values(Placing.Dense, Placing.Reversed)] Placing output) =>
        CheckWeight(walk, DType.Float32, input, output, 0);

    [Test, Combinatorial]
    public void Half_width_types([ValueSource(nameof(Walks))] Walk walk, [Values(DType.Float16, DType.BFloat16)] DType dtype)
    {
        double rounding = dtype == DType.Float16 ? 1e-3 : 8e-3;
        CheckForward(walk, dtype, Placing.Dense, Placing.Stepped, rounding);
        CheckInput(walk, dtype, Placing.Stepped, Placing.Dense, rounding);
        CheckWeight(walk, dtype, Placing.Transposed, Placing.Dense, rounding);
    }

    [Test]
    public void Large_tiles()
    {
        var walk = new Walk("large", 1, 66, 65, 3, 65, 3, 3) { Options = new() { PaddingHeight = 1, PaddingWidth = 1 } };
        CheckForward(walk, DType.Float32, Placing.Dense, Placing.Dense, 0);
        CheckInput(walk with { Inputs = 65, Outputs = 3 }, DType.Float32, Placing.Dense, Placing.Dense, 0);
        CheckWeight(new("large", 1, 4, 4, 230, 130, 3, 3), DType.Float32, Placing.Dense, Placing.Dense, 0);
    }

    /// <summary>
    /// As in <see cref="MatMulTests"/>: 2²⁴ and then ones, in the first of the 128 splits of the pixels; the others sum zeros.
    /// </summary>
    [Test]
    public void Rounding_errors_of_narrow_groups_grow_with_the_blocks_of_a_split()
    {
        const int Height = 320, Width = 416, Splits = 128, Depth = Height * Width / Splits;
        var device = TestDevices.Get(simdgroupMatrices);
        float[] x = new float[Height * Width * 2], dy = new float[x.Length];
        Array.Fill(x, 1f, 0, Depth * 2);
        x[0] = x[1] = 1 << 24;
        Array.Fill(dy, 1);
        var dw = new Placed([], [1, 1, 1, 2], DType.Float32, device, Placing.Dense);
        device.Backend.Conv2dWeightGradient(
            new Placed(x, [1, Height, Width, 2], DType.Float32, device, Placing.Dense).Tensor, new Placed(dy, [1, Height, Width, 2], DType.Float32, device, Placing.Dense).Tensor,
            new() { Groups = 2 }, dw.Tensor);
        const double Exact = (1 << 24) + Depth - 1;
        Assert.That(dw.Read(), Is.All.EqualTo(Exact).Within((512 + 3 + Splits) * Exact / (1 << 24)));
    }

    [TestCase(0, 3, 3, 3)]
    [TestCase(2, 0, 3, 3)]
    [TestCase(2, 3, 0, 3)]
    public void Nothing_to_sum_gives_the_bias_and_zero_gradients(int images, int height, int inputs, int outputs)
    {
        var walk = new Walk("empty", images, height, 4, inputs, outputs, 3, 3) { Options = new() { PaddingHeight = 2, PaddingWidth = 2 } };
        CheckForward(walk, DType.Float32, Placing.Dense, Placing.Dense, 0);
        CheckInput(walk, DType.Float32, Placing.Dense, Placing.Dense, 0);
        CheckWeight(walk, DType.Float32, Placing.Dense, Placing.Dense, 0);
    }

    private void CheckForward(Walk walk, DType dtype, Placing input, Placing output, double rounding)
    {
        var device = TestDevices.Get(simdgroupMatrices);
        var (x, w, _) = Values(walk, dtype);
        float[] bias = MatMulTests.Random(walk.Outputs, 14, dtype);
        var y = new Placed([], Output(walk), dtype, device, output);
        device.Backend.Conv2d(
            new Placed(x, Input(walk), dtype, device, input).Tensor, new Placed(w, Kernel(walk), dtype, device, input).Tensor,
            new Placed(bias, [walk.Outputs], dtype, device, Placing.Reversed).Tensor, walk.Options, y.Tensor);
        double[] expected = new double[y.Tensor.ElementCount];
        for (int i = 0; i < expected.Length; i++) expected[i] = bias[i % walk.Outputs];
        Each(walk, (at, kernel, result) => expected[result] += (double)x[at] * w[kernel]);
        MatMulTests.Compare(y.Read(), i => expected[i], 5e-6 + rounding);
    }

    private void CheckInput(Walk walk, DType dtype, Placing input, Placing output, double rounding)
    {
        var device = TestDevices.Get(simdgroupMatrices);
        var (_, w, dy) = Values(walk, dtype);
        var dx = new Placed([], Input(walk), dtype, device, output);
        device.Backend.Conv2dInputGradient(
            new Placed(dy, Output(walk), dtype, device, input).Tensor, new Placed(w, Kernel(walk), dtype, device, input).Tensor, walk.Options, dx.Tensor);
        double[] expected = new double[dx.Tensor.ElementCount];
        Each(walk, (at, kernel, result) => expected[at] += (double)dy[result] * w[kernel]);
        MatMulTests.Compare(dx.Read(), i => expected[i], 5e-6 + rounding);
    }

    private void CheckWeight(Walk walk, DType dtype, Placing input, Placing output, double rounding)
    {
        var device = TestDevices.Get(simdgroupMatrices);
        var (x, _, dy) = Values(walk, dtype);
        var dw = new Placed([], Kernel(walk), dtype, device, output);
        device.Backend.Conv2dWeightGradient(
            new Placed(x, Input(walk), dtype, device, input).Tensor, new Placed(dy, Output(walk), dtype, device, input).Tensor, walk.Options, dw.Tensor);
        double[] expected = new double[dw.Tensor.ElementCount];
        Each(walk, (at, kernel, result) => expected[kernel] += (double)x[at] * dy[result]);
        MatMulTests.Compare(dw.Read(), i => expected[i], 5e-6 + rounding);
    }

    private static (float[] X, float[] W, float[] Dy) Values(Walk walk, DType dtype) =>
        (MatMulTests.Random(Count(Input(walk)), 11, dtype), MatMulTests.Random(Count(Kernel(walk)), 12, dtype), MatMulTests.Random(Count(Output(walk)), 13, dtype));

    private static int Count(long[] shape) => (int)shape.Aggregate(1L, (a, b) => a * b);

    private static long[] Input(Walk walk) => [walk.Images, walk.Height, walk.Width, walk.Inputs];

    private static long[] Kernel(Walk walk) => [walk.KernelHeight, walk.KernelWidth, walk.Inputs / walk.Options.Groups, walk.Outputs];

    private static long[] Output(Walk walk) => [walk.Images, walk.Rows, walk.Columns, walk.Outputs];

    /// <summary>Every product of a convolution: where its factors lie in input and kernel, and its sum in the output.</summary>
    private static void Each(Walk walk, Action<int, int, int> visit)
    {
        var o = walk.Options;
        int rows = (int)walk.Rows, columns = (int)walk.Columns, inputs = walk.Inputs / o.Groups, outputs = walk.Outputs / o.Groups;
        for (int image = 0; image < walk.Images; image++)
            for (int row = 0; row < rows; row++)
                for (int column = 0; column < columns; column++)
                    for (int ky = 0; ky < walk.KernelHeight; ky++)
                        for (int kx = 0; kx < walk.KernelWidth; kx++)
                        {
                            int y = (row * o.StrideHeight) - o.PaddingHeight + (ky * o.DilationHeight), x = (column * o.StrideWidth) - o.PaddingWidth + (kx * o.DilationWidth);
                            if (y < 0 || y >= walk.Height || x < 0 || x >= walk.Width) continue;
                            for (int output = 0; output < walk.Outputs; output++)
                                for (int c = 0; c < inputs; c++)
                                    visit(
                                        (((((image * walk.Height) + y) * walk.Width) + x) * walk.Inputs) + (output / outputs * inputs) + c,
                                        (((((ky * walk.KernelWidth) + kx) * inputs) + c) * walk.Outputs) + output,
                                        (((((image * rows) + row) * columns) + column) * walk.Outputs) + output);
                        }
    }
}
