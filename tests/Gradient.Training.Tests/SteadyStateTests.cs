using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>
/// Once a training loop has settled, a step asks the system for nothing: what was disposed, or collected, serves the next. Gradients, and
/// all else where there is no scope, wait for the collector; here it comes every hundred steps, and sooner if it likes.
/// </summary>
[NonParallelizable]
public sealed class SteadyStateTests
{
    private const int Settling = 5, Rounds = 10, StepsPerRound = 100;

    [Test]
    public void A_thousand_steps_never_miss_the_pool([Values] bool scoped)
    {
        var step = Step();
        for (int i = 0; i < Settling; i++) Round(step, scoped);
        var before = Memory.Statistics(Devices.Cpu);
        for (int i = 0; i < Rounds; i++) Round(step, scoped);
        var after = Memory.Statistics(Devices.Cpu);
        Assert.Multiple(() =>
        {
            Assert.That(after.AllocationCount - before.AllocationCount, Is.GreaterThan(20 * Rounds * StepsPerRound), "the step allocates tensors");
            Assert.That(after.SourceAllocationCount, Is.EqualTo(before.SourceAllocationCount), "native allocations");
            Assert.That(after.PoolHits - before.PoolHits, Is.EqualTo(after.AllocationCount - before.AllocationCount), "served by the pool");
            Assert.That(after.PacedCollections, Is.EqualTo(before.PacedCollections), "collections for the pool's sake");
            Assert.That(after.LiveBytes, Is.EqualTo(before.LiveBytes), "bytes in use");
        });
    }

    [Test]
    public void A_small_step_allocates_few_managed_bytes()
    {
        var step = Step();
        Round(step, scoped: true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round(step, scoped: true);
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / StepsPerRound;
        TestContext.Out.WriteLine($"{bytes} bytes a step");
        Assert.That(bytes, Is.LessThan(25_000), "forward, loss, backward and Adam of three linear layers");
    }

    private static void Round(Action step, bool scoped)
    {
        for (int i = 0; i < StepsPerRound; i++)
        {
            using var scope = scoped ? TensorScope.Begin() : null;
            step();
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static Action Step()
    {
        var model = new Sequential(new Linear(2, 16), new Tanh(), new Linear(16, 16), new Tanh(), new Linear(16, 1));
        var optimizer = new Adam(model.Parameters(), learningRate: 1e-3);
        GradientTensor x = GradientTensor.Randn([8, 2], seed: 1), target = GradientTensor.Randn([8, 1], seed: 2);
        return () =>
        {
            optimizer.ZeroGrad();
            Loss.Mse(model.Forward(x), target).Backward();
            optimizer.Step();
        };
    }
}
