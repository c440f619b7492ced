using System.Diagnostics;
using Gradient.Data;

namespace Gradient.Benchmarks;

/// <summary>
/// A slow dataset (5 ms per item) under a training step of 20 ms that keeps its thread busy: what a step takes alone, and with its
/// batch made by 4 workers. Four workers make 16 items in the time of a step at the very best; the batches of 8 and 12 leave them air.
/// </summary>
internal static class Loading
{
    private const int ItemMilliseconds = 5, StepMilliseconds = 20, Workers = 4;

    public static void Run(Timer timer)
    {
        timer.Time("loader/step alone", Step);
        foreach (int batchSize in (int[])[8, 12, 16])
        {
            using var loader = new DataLoader(new Slow(), batchSize, workers: Workers, prefetch: 4, device: Devices.Cpu);
            using var batches = loader.GetEnumerator();
            timer.Time($"loader/step with batches of {batchSize}", () =>
            {
                batches.MoveNext();
                Step();
            });
            if (loader.Statistics.Batches > 0) Console.Error.WriteLine($"batches of {batchSize}: {loader.Statistics}");
        }
    }

    private static void Step()
    {
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < StepMilliseconds) Thread.SpinWait(50);
    }

    private sealed class Slow : Dataset
    {
        private readonly Tensor input = Tensor.Empty([32, 32, 3], DType.Float32, Devices.Cpu), target = Tensor.Empty([], DType.Int64, Devices.Cpu);

        public override int Count => 1_000_000;

        public override (Tensor Input, Tensor Target) GetItem(int index)
        {
            Thread.Sleep(ItemMilliseconds);
            return (input, target);
        }
    }
}
