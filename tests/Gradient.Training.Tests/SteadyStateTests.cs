using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>Once a training loop has settled, a step asks the system for nothing.</summary>
[NonParallelizable]
public sealed class SteadyStateTests
{
    private const int Settling = 50, Steps = 1000;

    [Test]
    public void A_thousand_steps_in_scopes_miss_the_pool_never()
    {
        var step = Step();
        for (int i = 0; i < Settling; i++) InScope(step);
        var before = Memory.Statistics(Devices.Cpu);
        for (int i = 0; i < Steps; i++) InScope(step);
        var after = Memory.Statistics(Devices.Cpu);
        Assert.Multiple(() =>
        {
            Assert.That(after.AllocationCount - before.AllocationCount, Is.GreaterThan(20 * Steps), "the step allocates tensors");
            Assert.That(after.SourceAllocationCount, Is.EqualTo(before.SourceAllocationCount), "native allocations");
            Assert.That(after.PoolHits - before.PoolHits, Is.EqualTo(after.AllocationCount - before.AllocationCount), "served by the pool");
            Assert.That(after.PacedCollections, Is.EqualTo(before.PacedCollections), "collections");
            Assert.That(after.LiveBytes, Is.EqualTo(before.LiveBytes));
        });
    }

    [Test]
    public void A_thousand_steps_without_scopes_settle_too()
    {
        var step = Step();
        for (int i = 0; i < Steps; i++) step();
        Memory.Trim(); // what other tests left
        for (int i = 0; i < Steps; i++) step();
        var before = Memory.Statistics(Devices.Cpu);
        for (int i = 0; i < Steps; i++) step();
        var after = Memory.Statistics(Devices.Cpu);
        double missed = after.SourceAllocationCount - before.SourceAllocationCount, made = after.AllocationCount - before.AllocationCount;
        TestContext.Out.WriteLine($"{missed} of {made} tensors were not served by the pool, {after.PacedCollections - before.PacedCollections} paced collections");
        Assert.That(missed / made, Is.LessThan(0.01));
    }

    [Test]
    public void A_small_step_allocates_few_managed_bytes()
    {
        var step = Step();
        for (int i = 0; i < Settling; i++) InScope(step);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Steps; i++) InScope(step);
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Steps;
        TestContext.Out.WriteLine($"{bytes} bytes a step");
        Assert.That(bytes, Is.LessThan(60_000), "forward, loss, backward and Adam of three linear layers");
    }

    private static void InScope(Action step)
    {
        using var scope = TensorScope.Begin();
        step();
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
