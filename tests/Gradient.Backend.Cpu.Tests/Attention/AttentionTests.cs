using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests;

/// <summary>
/// Attention with vectors of each width, at lengths around its strips and blocks, against loops in double precision. (Layouts, masks and
/// types are the conformance suite's.)
/// </summary>
[TestFixture]
public sealed class AttentionTests
{
    private const int Heads = 2;

    private static readonly SimdWidth Native = Simd.Width;

    [TearDown]
    public void Restore() => Simd.Width = Native;

    [Test]
    public void Every_width_of_vectors(
        [Values(128, 256, 512)] int vector, [Values(DType.Float32, DType.Float64)] DType dtype, [Values] bool causal,
        [Values(7, 23, 24, 25, 48, 49)] int queries, [Values(9, 63, 64, 65, 127, 129)] int keys)
    {
        Simd.Width = (SimdWidth)vector;
        int width = 1 + (keys % 37), valueWidth = 1 + (queries % 19);
        var random = new Random(queries + (keys * 100));
        double[] q = Numbers(queries * width), k = Numbers(keys * width), v = Numbers(keys * valueWidth), dy = Numbers(queries * valueWidth);
        Tensor Make(double[] values, int rows, int columns) => Tensor.From<double>(values, [Heads, rows, columns], CpuDevice.Instance).To(dtype);
        Tensor Room(int rows, int columns) => Tensor.Empty([Heads, rows, columns], dtype, CpuDevice.Instance);

        using Tensor tq = Make(q, queries, width), tk = Make(k, keys, width), tv = Make(v, keys, valueWidth), tdy = Make(dy, queries, valueWidth);
        using Tensor y = Room(queries, valueWidth), dq = Room(queries, width), dk = Room(keys, width), dv = Room(keys, valueWidth);
        using Tensor logSumExp = Tensor.Empty([Heads, queries], dtype, CpuDevice.Instance);
        var options = new AttentionOptions { Causal = causal, Scale = 0.3 };
        y.Backend.Attention(options, tq, tk, tv, null, y, logSumExp);
        y.Backend.AttentionBackward(options, tdy, tq, tk, tv, null, y, logSumExp, dq, dk, dv);

        double[] wantY = new double[dy.Length], wantSum = new double[Heads * queries], wantQ = new double[q.Length], wantK = new double[k.Length], wantV = new double[v.Length];
        for (int h = 0; h < Heads; h++)
        {
            for (int i = 0; i < queries; i++)
            {
                int atQ = ((h * queries) + i) * width, atY = ((h * queries) + i) * valueWidth, seen = causal ? Math.Min(keys, i + 1) : keys;
                double[] p = new double[seen], dp = new double[seen];
                double sum = 0, mean = 0;
                for (int j = 0; j < seen; j++)
                {
                    double score = 0;
                    for (int c = 0; c < width; c++)
                        score += 0.3 * q[atQ + c] * k[(((h * keys) + j) * width) + c];
                    sum += p[j] = Math.Exp(score);
                }

                wantSum[(h * queries) + i] = Math.Log(sum);
                for (int j = 0; j < seen; j++)
                {
                    p[j] /= sum;
                    for (int c = 0; c < valueWidth; c++)
                    {
                        int at = (((h * keys) + j) * valueWidth) + c;
                        wantY[atY + c] += p[j] * v[at];
                        wantV[at] += p[j] * dy[atY + c];
                        dp[j] += dy[atY + c] * v[at];
                    }

                    mean += p[j] * dp[j];
                }

                for (int j = 0; j < seen; j++)
                {
                    double ds = 0.3 * p[j] * (dp[j] - mean);
                    for (int c = 0; c < width; c++)
                    {
                        int at = (((h * keys) + j) * width) + c;
                        wantQ[atQ + c] += ds * k[at];
                        wantK[at] += ds * q[atQ + c];
                    }
                }
            }
        }

        // Chains of some hundred products of numbers about 1.
        double tolerance = dtype == DType.Float64 ? 1e-13 : 2e-5;
        Near(wantY, y, "y");
        Near(wantSum, logSumExp, "logSumExp");
        Near(wantQ, dq, "dq");
        Near(wantK, dk, "dk");
        Near(wantV, dv, "dv");

        // Of Float32, so that both types compute with the same numbers.
        double[] Numbers(int count) => [.. Enumerable.Range(0, Heads * count).Select(_ => (double)(float)((2 * random.NextDouble()) - 1))];

        void Near(double[] expected, Tensor actual, string what)
        {
            double[] got = actual.To(DType.Float64).ToArray<double>();
            for (int i = 0; i < expected.Length; i++)
                Assert.That(got[i], Is.EqualTo(expected[i]).Within(tolerance * (1 + Math.Abs(expected[i]))), $"{what}[{i}]");
        }
    }
}
