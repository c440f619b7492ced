using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Gradient.Backend.Cpu;

namespace Gradient.Benchmarks;

/// <summary>
/// How near matrix products come to the multiply-adds that the same cores do in a loop which touches no memory. Its lines have no
/// "ms", so that the peer comparison passes over them.
/// </summary>
internal static class Peak
{
    private const int Chains = 12, Steps = 1 << 20;

    /// <summary>Loop, product, loop, product …, so that a machine whose speed drifts treats both alike; the best of each counts.</summary>
    public static void Run(int threads, double seconds)
    {
        foreach (int count in threads == 1 ? [1] : new[] { 1, threads })
        {
            Devices.Cpu.Threads = count;
            foreach (int n in new[] { 256, 512, 1024, 2048 })
            {
                GradientTensor a = GradientTensor.Randn([n, n]), b = GradientTensor.Randn([n, n]);
                double peak = 0, product = 0;
                var total = Stopwatch.StartNew();
                for (int run = 0; run < 20 || total.Elapsed.TotalSeconds < seconds; run++)
                {
                    peak = Math.Max(peak, Rate(2.0 * Chains * Width() * Steps * count, () => WorkerPool.Shared.For(count, 1, new Body())));
                    product = Math.Max(product, Rate(2.0 * n * n * n, () =>
                    {
                        using var scope = TensorScope.Begin();
                        a.MatMul(b);
                    }));
                }

                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"name\": \"peak/matmul/{n}x{n}x{n}\", \"threads\": {count}, \"gflops\": {product:0.0}, \"peak_gflops\": {peak:0.0}, \"fraction\": {product / peak:0.000}}}"));
            }
        }
    }

    private static double Rate(double operations, Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return operations / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9;
    }

    private static int Width() => (int)Simd.Width / 32;

    /// <summary>Item i is the loop on a core.</summary>
    private struct Body : IParallelBody
    {
        public readonly void Run(long start, long end)
        {
            for (long i = start; i < end; i++)
            {
                float sum = Simd.Width switch
                {
                    SimdWidth.Bits512 => Loop<Vector512<float>, Single512>(),
                    SimdWidth.Bits256 => Loop<Vector256<float>, Single256>(),
                    _ => Loop<Vector128<float>, Single128>(),
                };
                if (float.IsNaN(sum))
                    throw new InvalidOperationException("The loop that measures the peak has lost its numbers.");
            }
        }
    }

    /// <summary>Twelve chains of multiply-adds: more than the latency times the units of any core.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Loop<TVector, TSimd>()
        where TVector : struct
        where TSimd : struct, ISimd<float, TVector>
    {
        TVector a = TSimd.Broadcast(0.5f), b = TSimd.Broadcast(1f);
        TVector c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a, c8 = a, c9 = a, c10 = a, c11 = a;
        for (int i = 0; i < Steps; i++)
        {
            c0 = TSimd.MultiplyAdd(a, c0, b);
            c1 = TSimd.MultiplyAdd(a, c1, b);
            c2 = TSimd.MultiplyAdd(a, c2, b);
            c3 = TSimd.MultiplyAdd(a, c3, b);
            c4 = TSimd.MultiplyAdd(a, c4, b);
            c5 = TSimd.MultiplyAdd(a, c5, b);
            c6 = TSimd.MultiplyAdd(a, c6, b);
            c7 = TSimd.MultiplyAdd(a, c7, b);
            c8 = TSimd.MultiplyAdd(a, c8, b);
            c9 = TSimd.MultiplyAdd(a, c9, b);
            c10 = TSimd.MultiplyAdd(a, c10, b);
            c11 = TSimd.MultiplyAdd(a, c11, b);
        }

        return TSimd.Sum(TSimd.Add(TSimd.Add(TSimd.Add(c0, c1), TSimd.Add(c2, c3)), TSimd.Add(TSimd.Add(TSimd.Add(c4, c5), TSimd.Add(c6, c7)), TSimd.Add(TSimd.Add(c8, c9), TSimd.Add(c10, c11)))));
    }
}
