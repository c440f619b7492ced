using System.Runtime.Intrinsics;

namespace Gradient.Backend.Cpu.Tests;

/// <summary>F(2×2, 3×3) against the definition in double precision: its error bound, its error beside a plain sum's, edges, NaN, threads.</summary>
[TestFixture]
public unsafe class WinogradTests
{
    private const int Inputs = 32, Outputs = 48;

    private static readonly SimdWidth Native = Simd.Width;

    [TearDown]
    public void Restore()
    {
        Simd.Width = Native;
        WorkerPool.Shared.Threads = Environment.ProcessorCount;
    }

    private static ConvolutionShape Shape(int batch, int height, int width, int padding, int inputs = Inputs, int outputs = Outputs)
    {
        var shape = new ConvolutionShape
        {
            Batch = batch, Height = height, Width = width, Inputs = inputs, Outputs = outputs, KernelHeight = 3, KernelWidth = 3,
            PaddingHeight = padding, PaddingWidth = padding, OutputHeight = height + (2 * padding) - 2, OutputWidth = width + (2 * padding) - 2,
        };
        bool suits = Simd.Width switch
        {
            SimdWidth.Bits512 => Winograd<float, Vector512<float>, Single512>.Suits(TapPlan.Forward(shape), batch, 1, outputs),
            SimdWidth.Bits256 => Winograd<float, Vector256<float>, Single256>.Suits(TapPlan.Forward(shape), batch, 1, outputs),
            _ => Winograd<float, Vector128<float>, Single128>.Suits(TapPlan.Forward(shape), batch, 1, outputs),
        };
        Assert.That(suits, Is.True, $"{shape} goes another way, so that this test tests nothing");
        return shape;
    }

    private static float[] Random(long count, Random random)
    {
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = random.NextSingle() - 0.5f;
        return values;
    }

    private static (float[] Y, float[] Dx, float[] Dw) Convolve(in ConvolutionShape s, float[] x, float[] w, float[] dy, float[]? bias, bool relu)
    {
        float[] y = new float[dy.Length], dx = new float[x.Length], dw = new float[w.Length];
        fixed (float* px = x, pw = w, pdy = dy, pb = bias, py = y, pdx = dx, pdw = dw)
        {
            Convolution.Forward(s, px, pw, pb, relu, py, WorkerPool.Shared);
            Convolution.InputGradient(s, pdy, pw, pdx, WorkerPool.Shared);
            Convolution.WeightGradient(s, px, pdy, pdw, WorkerPool.Shared);
        }

        return (y, dx, dw);
    }

    /// <summary>Calls back with the positions in x, weight and y of every product in the definition.</summary>
    private static void ForEachProduct(in ConvolutionShape s, Action<int, int, int> visit)
    {
        for (int n = 0; n < s.Batch; n++)
        for (int i = 0; i < s.OutputHeight; i++)
        for (int j = 0; j < s.OutputWidth; j++)
        for (int r = 0; r < 3; r++)
        for (int q = 0; q < 3; q++)
        {
            int row = i + r - s.PaddingHeight, column = j + q - s.PaddingWidth;
            if (row < 0 || row >= s.Height || column < 0 || column >= s.Width)
                continue;
            for (int c = 0; c < s.Inputs; c++)
            for (int o = 0; o < s.Outputs; o++)
                visit((((((n * s.Height) + row) * s.Width) + column) * s.Inputs) + c, (((((r * 3) + q) * s.Inputs) + c) * s.Outputs) + o, (((((n * s.OutputHeight) + i) * s.OutputWidth) + j) * s.Outputs) + o);
        }
    }

    [Test]
    public void ErrorIsNearThatOfAPlainSum([Values(128, 256, 512)] int width, [Values(0, 1, 2)] int padding, [Values] bool relu)
    {
        Simd.Width = (SimdWidth)width;
        var random = new Random(3);
        ConvolutionShape s = Shape(5, 13, 12, padding);
        float[] x = Random((long)s.Batch * s.Height * s.Width * s.Inputs, random), w = Random(s.WeightCount, random);
        float[] dy = Random((long)s.Batch * s.OutputHeight * s.OutputWidth * s.Outputs, random), bias = Random(s.Outputs, random);
        var (y, dx, dw) = Convolve(s, x, w, dy, bias, relu);

        double[] exactY = new double[y.Length], exactDx = new double[dx.Length], exactDw = new double[dw.Length];
        float[] plainY = new float[y.Length], plainDx = new float[dx.Length], plainDw = new float[dw.Length];
        for (int i = 0; i < y.Length; i++)
            exactY[i] = plainY[i] = bias[i % s.Outputs];
        ForEachProduct(s, (ix, iw, iy) =>
        {
            exactY[iy] += (double)x[ix] * w[iw];
            exactDx[ix] += (double)dy[iy] * w[iw];
            exactDw[iw] += (double)dy[iy] * x[ix];
            plainY[iy] += x[ix] * w[iw];
            plainDx[ix] += dy[iy] * w[iw];
            plainDw[iw] += dy[iy] * x[ix];
        });
        if (relu)
        {
            exactY = Array.ConvertAll(exactY, v => Math.Max(v, 0));
            plainY = Array.ConvertAll(plainY, v => Math.Max(v, 0));
        }

        // |Bᵀ||d||B| ≤ 4 · ½, |G||g||Gᵀ| ≤ 9/4 · ½, and |Aᵀ| · |A| adds 9 of their products' sums: 81 / 4 a channel.
        double bound = (s.Inputs + 12) * Math.ScaleB(1, -24) * ((81.0 / 4 * s.Inputs) + 0.5);
        Assert.That(RootMeanSquare(y, exactY, bound), Is.LessThan(2 * RootMeanSquare(plainY, exactY, bound)), "y");
        bound = (s.Outputs + 12) * Math.ScaleB(1, -24) * 81.0 / 4 * s.Outputs;
        Assert.That(RootMeanSquare(dx, exactDx, bound), Is.LessThan(2 * RootMeanSquare(plainDx, exactDx, bound)), "dx");
        // |Gᵀ| · |G| adds at most 2 · 2 sums over the tiles, of |Bᵀ||d||B| ≤ 4 · ½ times |A||dy||Aᵀ| ≤ 4 · ½.
        int tiles = s.Batch * ((s.OutputHeight + 1) / 2) * ((s.OutputWidth + 1) / 2);
        bound = (tiles + 12) * Math.ScaleB(1, -24) * 16.0 * tiles;
        Assert.That(RootMeanSquare(dw, exactDw, bound), Is.LessThan(2 * RootMeanSquare(plainDw, exactDw, bound)), "dw");
    }

    private static double RootMeanSquare(float[] actual, double[] exact, double bound)
    {
        double squares = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            double error = actual[i] - exact[i];
            if (!(Math.Abs(error) <= bound))
                Assert.Fail($"[{i}] is {actual[i]}, expected {exact[i]}, bound {bound}");
            squares += error * error;
        }

        return Math.Sqrt(squares / exact.Length);
    }

    [Test]
    public void NotANumberReachesItsWindowsAndNoTileThatDoesNotSeeIt([Values(128, 256, 512)] int width)
    {
        Simd.Width = (SimdWidth)width;
        ConvolutionShape s = Shape(4, 14, 14, 1);
        float[] x = new float[s.Batch * 14 * 14 * Inputs], w = new float[s.WeightCount], dy = new float[s.Batch * 14 * 14 * Outputs];
        const int Row = 5, Column = 6;
        x[(((14 + Row) * 14) + Column) * Inputs] = float.NaN;
        var (y, _, dw) = Convolve(s, x, w, dy, null, true);
        for (int i = 0; i < y.Length; i++)
        {
            int pixel = i / Outputs, image = pixel / 196, row = pixel / 14 % 14, column = pixel % 14;
            bool window = image == 1 && Math.Abs(row - Row) <= 1 && Math.Abs(column - Column) <= 1;
            int tileRow = (row / 2 * 2) - 1, tileColumn = (column / 2 * 2) - 1;
            bool seen = image == 1 && Row >= tileRow && Row < tileRow + 4 && Column >= tileColumn && Column < tileColumn + 4;
            Assert.That(float.IsNaN(y[i]), window ? Is.True : seen ? Is.AnyOf(true, false) : Is.False, $"image {image}, pixel {row}, {column}");
        }

        for (int i = 0; i < dw.Length; i++)
            Assert.That(float.IsNaN(dw[i]), Is.EqualTo(i / Outputs % Inputs == 0), $"weight {i}");
    }

    [Test]
    public void BitsDoNotDependOnTheNumberOfThreads([Values(128, 256, 512)] int width)
    {
        Simd.Width = (SimdWidth)width;
        var random = new Random(7);
        foreach (ConvolutionShape s in (ConvolutionShape[])[Shape(7, 21, 20, 1), Shape(2, 33, 31, 0, 320, 32)])
        {
            float[] x = Random((long)s.Batch * s.Height * s.Width * s.Inputs, random), w = Random(s.WeightCount, random), dy = Random((long)s.Batch * s.OutputHeight * s.OutputWidth * s.Outputs, random);
            WorkerPool.Shared.Threads = 1;
            var one = Convolve(s, x, w, dy, null, false);
            foreach (int threads in (int[])[2, 3, 17])
            {
                WorkerPool.Shared.Threads = threads;
                var many = Convolve(s, x, w, dy, null, false);
                Assert.That(many.Y.AsSpan().SequenceEqual(one.Y), Is.True, $"y with {threads} threads");
                Assert.That(many.Dx.AsSpan().SequenceEqual(one.Dx), Is.True, $"dx with {threads} threads");
                Assert.That(many.Dw.AsSpan().SequenceEqual(one.Dw), Is.True, $"dw with {threads} threads");
            }
        }
    }
}
