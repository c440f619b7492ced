using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>However many steps a training takes, its tensors take no more memory.</summary>
[NonParallelizable]
public sealed class FlatMemoryTests
{
    [Test]
    public void Live_bytes_do_not_grow_over_2_000_steps() => Run(2_000);

    [Test]
    [Explicit("long")]
    public void Live_bytes_do_not_grow_over_10_000_steps() => Run(10_000);

    private static void Run(int steps)
    {
        using var data = Problem.Classes(64, batchSize: 8, shuffle: true);
        using var other = Problem.Classes(16, batchSize: 8);
        var model = Problem.Model(3, dropout: 0.2, norm: true);
        var optimizer = new AdamW(model.Parameters(), 1e-3);
        var trainer = new Trainer(model, optimizer, Loss.CrossEntropy, new()
        {
            Epochs = int.MaxValue, MaxSteps = steps, AccumulationSteps = 2, ClipNorm = 1, ValidateEvery = 25,
            EarlyStopping = new() { Patience = int.MaxValue },
        });
        trainer.Metrics.Add(new Accuracy());
        trainer.Metrics.Add(new F1());
        var live = new List<long>();
        var native = new List<long>();
        trainer.Callbacks.Add(new Watcher
        {
            At = (turn, context) =>
            {
                if (turn != "batch end" || context.State.Step % 100 != 0) return;
                live.Add(Memory.Statistics(Devices.Cpu).LiveBytes);
                native.Add(Memory.Statistics(Devices.Cpu).SourceAllocationCount);
                if (context.State.Step != steps / 10 && context.State.Step != steps / 2 && context.State.Step != steps) return;
                var now = Memory.Statistics(Devices.Cpu);
                TestContext.Out.WriteLine(
                    $"step {context.State.Step}: {now.LiveBytes:N0} live, {now.PooledBytes:N0} pooled, managed heap {GC.GetTotalMemory(forceFullCollection: true):N0}");
            },
        });
        Memory.Trim(); // what earlier tests left behind
        var clock = System.Diagnostics.Stopwatch.StartNew();
        trainer.Fit(data, other);
        TestContext.Out.WriteLine($"{steps} steps in {clock.Elapsed.TotalSeconds:0.0} s, live bytes {live.Min():N0} to {live.Max():N0}, native allocations {native[^1] - native[2]}");
        TestContext.Out.WriteLine(string.Join(" ", live));
        // Nothing waits for the collector: batches, activations, gradients and sums are given back when they have been used. What differs
        // from moment to moment are the two or three batches that lie ready (8 rows of 4 numbers and labels, in size classes).
        Assert.That(live.Skip(2).Max() - live[2], Is.LessThan(4096));
        Assert.That(live[^1] - live[2], Is.LessThan(2048));
    }
}
