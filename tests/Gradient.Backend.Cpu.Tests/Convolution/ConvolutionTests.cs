namespace Gradient.Backend.Cpu.Tests;

/// <summary>
/// Against loops in double precision over every index, written from the definition. Values are small multiples of 1/8, so that
/// sums are exact in Float32 and any mistake shows as a difference, whatever the order of additions.
/// </summary>
[TestFixture]
public unsafe class ConvolutionTests
{
    private static readonly SimdWidth Native = Simd.Width;

    [TearDown]
    public void Restore()
    {
        Simd.Width = Native;
        WorkerPool.Shared.Threads = Environment.ProcessorCount;
    }

    private static ConvolutionShape Shape(
        int batch, int height, int width, int inputs, int outputs, int kernelHeight, int kernelWidth,
        int strideHeight = 1, int strideWidth = 1, int paddingHeight = 0, int paddingWidth = 0, int dilationHeight = 1, int dilationWidth = 1, int groups = 1) => new()
    {
        Batch = batch, Height = height, Width = width, Inputs = inputs, Outputs = outputs, KernelHeight = kernelHeight, KernelWidth = kernelWidth,
        StrideHeight = strideHeight, StrideWidth = strideWidth, PaddingHeight = paddingHeight, PaddingWidth = paddingWidth,
        DilationHeight = dilationHeight, DilationWidth = dilationWidth, Groups = groups,
        OutputHeight = ((height + (2 * paddingHeight) - (dilationHeight * (kernelHeight - 1)) - 1) / strideHeight) + 1,
        OutputWidth = ((width + (2 * paddingWidth) - (dilationWidth * (kernelWidth - 1)) - 1) / strideWidth) + 1,
    };

    private static double[] Eighths(int count, Random random)
    {
        var values = new double[count];
        for (int i = 0; i < count; i++)
            values[i] = random.Next(-8, 9) / 8.0;
        return values;
    }

    /// <summary>Calls back with the positions in x, weight and y of every product in the definition.</summary>
    private static void ForEachProduct(in ConvolutionShape s, Action<int, int, int> visit)
    {
        int perGroup = s.Inputs / s.Groups;
        for (int n = 0; n < s.Batch; n++)
        for (int i = 0; i < s.OutputHeight; i++)
        for (int j = 0; j < s.OutputWidth; j++)
        for (int o = 0; o < s.Outputs; o++)
        for (int r = 0; r < s.KernelHeight; r++)
        for (int q = 0; q < s.KernelWidth; q++)
        {
            int row = (i * s.StrideHeight) + (r * s.DilationHeight) - s.PaddingHeight;
            int column = (j * s.StrideWidth) + (q * s.DilationWidth) - s.PaddingWidth;
            if (row < 0 || row >= s.Height || column < 0 || column >= s.Width)
                continue;
            int group = o / (s.Outputs / s.Groups);
            for (int c = 0; c < perGroup; c++)
            {
                visit(
                    (((((n * s.Height) + row) * s.Width) + column) * s.Inputs) + (group * perGroup) + c,
                    (((((r * s.KernelWidth) + q) * perGroup) + c) * s.Outputs) + o,
                    (((((n * s.OutputHeight) + i) * s.OutputWidth) + j) * s.Outputs) + o);
            }
        }
    }

    private static void Check(in ConvolutionShape s, bool single)
    {
        var random = new Random(17);
        double[] x = Eighths(s.Batch * s.Height * s.Width * s.Inputs, random), weight = Eighths((int)s.WeightCount, random), bias = Eighths(s.Outputs, random);
        double[] dy = Eighths(s.Batch * s.OutputHeight * s.OutputWidth * s.Outputs, random);
        double[] y = new double[dy.Length], dx = new double[x.Length], dw = new double[weight.Length];
        for (int i = 0; i < y.Length; i++)
            y[i] = bias[i % s.Outputs];
        ForEachProduct(s, (ix, iw, iy) =>
        {
            y[iy] += x[ix] * weight[iw];
            dx[ix] += dy[iy] * weight[iw];
            dw[iw] += dy[iy] * x[ix];
        });
        double[] rectified = Array.ConvertAll(y, v => Math.Max(v, 0));

        // Whatever lies in the results before must not matter.
        double[] yActual = Eighths(y.Length, random), yPlain = Eighths(y.Length, random), dxActual = Eighths(x.Length, random), dwActual = Eighths(weight.Length, random);
        if (single)
        {
            float[] fx = ToSingle(x), fw = ToSingle(weight), fb = ToSingle(bias), fdy = ToSingle(dy), fy = ToSingle(yActual), fp = ToSingle(yPlain), fdx = ToSingle(dxActual), fdw = ToSingle(dwActual);
            fixed (float* px = fx, pw = fw, pb = fb, pdy = fdy, py = fy, pp = fp, pdx = fdx, pdw = fdw)
            {
                Convolution.Forward(s, px, pw, pb, true, py, WorkerPool.Shared);
                Convolution.Forward(s, px, pw, pb, false, pp, WorkerPool.Shared);
                Convolution.InputGradient(s, pdy, pw, pdx, WorkerPool.Shared);
                Convolution.WeightGradient(s, px, pdy, pdw, WorkerPool.Shared);
            }

            (yActual, yPlain, dxActual, dwActual) = (ToDouble(fy), ToDouble(fp), ToDouble(fdx), ToDouble(fdw));
        }
        else
        {
            fixed (double* px = x, pw = weight, pb = bias, pdy = dy, py = yActual, pp = yPlain, pdx = dxActual, pdw = dwActual)
            {
                Convolution.Forward(s, px, pw, pb, true, py, WorkerPool.Shared);
                Convolution.Forward(s, px, pw, pb, false, pp, WorkerPool.Shared);
                Convolution.InputGradient(s, pdy, pw, pdx, WorkerPool.Shared);
                Convolution.WeightGradient(s, px, pdy, pdw, WorkerPool.Shared);
            }
        }

        Same("y", yPlain, y, s);
        Same("y with ReLU", yActual, rectified, s);
        Same("dx", dxActual, dx, s);
        Same("dw", dwActual, dw, s);
    }

    private static void Same(string what, double[] actual, double[] expected, in ConvolutionShape s)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (actual[i] != expected[i])
                Assert.Fail($"{what}[{i}] is {actual[i]}, expected {expected[i]}, of {s} with {Simd.Width}");
        }
    }

    private static float[] ToSingle(double[] values) => Array.ConvertAll(values, v => (float)v);

    private static double[] ToDouble(float[] values) => Array.ConvertAll(values, v => (double)v);

    [Test]
    public void Grid([Values(128, 256, 512)] int width, [Values] bool single, [Values(1, 2, 3)] int stride, [Values(0, 1, 2)] int padding, [Values(1, 2, 3)] int dilation)
    {
        Simd.Width = (SimdWidth)width;
        foreach ((int kernel, int other) in ((int, int)[])[(1, 1), (2, 3), (3, 3), (1, 4), (5, 2)])
        {
            foreach ((int inputs, int outputs, int groups) in ((int, int, int)[])[(1, 1, 1), (3, 17, 1), (6, 4, 2), (5, 5, 5), (4, 8, 4), (19, 19, 19)])
            {
                if (13 + (2 * padding) < (dilation * (kernel - 1)) + 1 || 11 + (2 * padding) < (dilation * (other - 1)) + 1)
                    continue;
                Check(Shape(2, 13, 11, inputs, outputs, kernel, other, stride, stride, padding, padding, dilation, dilation, groups), single);
            }
        }
    }

    [Test]
    public void AxesAreIndependent([Values(128, 256, 512)] int width)
    {
        Simd.Width = (SimdWidth)width;
        Check(Shape(3, 9, 14, 4, 6, 3, 2, strideHeight: 1, strideWidth: 2, paddingHeight: 2, paddingWidth: 0, dilationHeight: 2, dilationWidth: 3), true);
        Check(Shape(3, 14, 9, 4, 6, 2, 3, strideHeight: 4, strideWidth: 1, paddingHeight: 0, paddingWidth: 3, dilationHeight: 2, dilationWidth: 1), true);
        Check(Shape(2, 14, 9, 6, 6, 2, 3, strideHeight: 4, strideWidth: 1, paddingHeight: 0, paddingWidth: 3, dilationHeight: 2, dilationWidth: 1, groups: 6), true);
        Check(Shape(2, 12, 12, 2, 3, 3, 3, strideHeight: 4, strideWidth: 6, dilationHeight: 2, dilationWidth: 4), true);
        Check(Shape(1, 1, 1, 3, 2, 3, 3, paddingHeight: 1, paddingWidth: 1), true);
        Check(Shape(1, 5, 5, 3, 2, 5, 5), true);
        Check(Shape(1, 4, 4, 2, 2, 2, 2, strideHeight: 7, strideWidth: 7, paddingHeight: 5, paddingWidth: 5), true);
    }

    [Test]
    public void LargerShapes([Values(128, 256, 512)] int width, [Values(1, 2, 3)] int threads)
    {
        Simd.Width = (SimdWidth)width;
        WorkerPool.Shared.Threads = threads;
        Check(Shape(9, 28, 28, 1, 32, 3, 3, paddingHeight: 1, paddingWidth: 1), true);
        Check(Shape(5, 14, 14, 32, 64, 3, 3, paddingHeight: 1, paddingWidth: 1), true);
        Check(Shape(2, 8, 8, 130, 70, 3, 3, paddingHeight: 1, paddingWidth: 1), true);
        Check(Shape(2, 6, 6, 700, 40, 1, 1), true);
        Check(Shape(1, 40, 310, 3, 8, 7, 7, strideHeight: 2, strideWidth: 2, paddingHeight: 3, paddingWidth: 3), true);
        Check(Shape(3, 19, 21, 35, 3, 3, 3, paddingHeight: 1, paddingWidth: 1), true);
        Check(Shape(3, 19, 22, 2, 40, 3, 3, strideHeight: 2, strideWidth: 2, paddingHeight: 1, paddingWidth: 1), false);
        Check(Shape(2, 20, 20, 100, 100, 3, 3, paddingHeight: 1, paddingWidth: 1, groups: 100), true);
        Check(Shape(2, 10, 10, 64, 96, 3, 3, paddingHeight: 1, paddingWidth: 1, groups: 2), false);
    }

    [Test]
    public void BitsDoNotDependOnTheNumberOfThreads()
    {
        var random = new Random(7);
        foreach (ConvolutionShape s in (ConvolutionShape[])[Shape(16, 28, 28, 1, 32, 3, 3, paddingHeight: 1, paddingWidth: 1), Shape(6, 14, 14, 40, 48, 3, 3, 2, 2, 1, 1), Shape(2, 30, 30, 200, 64, 3, 3), Shape(8, 20, 20, 3, 64, 3, 3), Shape(4, 20, 20, 96, 96, 3, 3, groups: 96)])
        {
            float[] Values(nint count)
            {
                var values = new float[count];
                for (int i = 0; i < values.Length; i++)
                    values[i] = random.NextSingle() - 0.5f;
                return values;
            }

            float[] x = Values(s.Batch * s.Height * s.Width * s.Inputs), w = Values(s.WeightCount), dy = Values(s.Batch * s.OutputHeight * s.OutputWidth * s.Outputs);
            float[][]? one = null;
            foreach (int threads in (int[])[1, 2, 3, 5])
            {
                WorkerPool.Shared.Threads = threads;
                float[] y = new float[dy.Length], dx = new float[x.Length], dw = new float[w.Length];
                fixed (float* px = x, pw = w, pdy = dy, py = y, pdx = dx, pdw = dw)
                {
                    Convolution.Forward(s, px, pw, null, false, py, WorkerPool.Shared);
                    Convolution.InputGradient(s, pdy, pw, pdx, WorkerPool.Shared);
                    Convolution.WeightGradient(s, px, pdy, pdw, WorkerPool.Shared);
                }

                one ??= [y, dx, dw];
                Assert.That(y.AsSpan().SequenceEqual(one[0]), Is.True, $"y of {s} with {threads} threads");
                Assert.That(dx.AsSpan().SequenceEqual(one[1]), Is.True, $"dx of {s} with {threads} threads");
                Assert.That(dw.AsSpan().SequenceEqual(one[2]), Is.True, $"dw of {s} with {threads} threads");
            }
        }
    }

    [Test]
    public void NotANumberReachesItsWindowsAndNoOthers([Values(128, 256, 512)] int width)
    {
        Simd.Width = (SimdWidth)width;
        ConvolutionShape s = Shape(1, 6, 6, 2, 20, 3, 3, paddingHeight: 1, paddingWidth: 1);
        var x = new float[72];
        var w = new float[s.WeightCount];
        var y = new float[36 * 20];
        x[((2 * 6) + 3) * 2] = float.NaN;
        fixed (float* px = x, pw = w, py = y)
            Convolution.Forward(s, px, pw, null, true, py, WorkerPool.Shared);
        for (int i = 0; i < y.Length; i++)
        {
            int row = i / 20 / 6, column = i / 20 % 6;
            Assert.That(float.IsNaN(y[i]), Is.EqualTo(Math.Abs(row - 2) <= 1 && Math.Abs(column - 3) <= 1), $"pixel {row}, {column}");
        }
    }
}
