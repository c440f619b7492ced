using Gradient.Core;

namespace Gradient.Autograd.Tests;

[NonParallelizable]
public sealed class MemoryTests
{
    [Test]
    public void Ten_thousand_undisposed_steps_stay_flat()
    {
        var w = GradientTensor.Randn([64, 64], seed: 1, requiresGrad: true);
        var x = GradientTensor.Randn([32, 64], seed: 2);
        Memory.Trim();
        Memory.ResetPeak(Devices.Cpu);
        long collectAbove = Memory.Statistics(Devices.Cpu).LiveBytes + MemoryPool.CollectionFloor;
        long early = 0;
        for (int step = 0; step < 10_000; step++)
        {
            (x.MatMul(w).Relu() * 2 + 1).Mean().Backward();
            using (Tape.NoGrad()) w.AddInPlace(w.Grad! * -0.01);
            w.Grad = null;
            if (step == 4_999) early = Memory.Statistics(Devices.Cpu).PeakBytes;
        }

        var statistics = Memory.Statistics(Devices.Cpu);
        // What is live is bounded by the floor under which the pool leaves the collector alone, and does not creep up.
        Assert.That(statistics.PeakBytes, Is.LessThanOrEqualTo(collectAbove));
        Assert.That(statistics.PeakBytes, Is.LessThanOrEqualTo(early * 1.25));
        Memory.Trim();
        Assert.That(Memory.Statistics(Devices.Cpu).LiveBytes, Is.LessThan(4 << 20), "nothing is left but what is in use");
    }

    [Test]
    public void Backward_gives_gradients_back_as_it_walks()
    {
        var x = GradientTensor.Randn([256, 1024], seed: 1, requiresGrad: true); // 1 MiB
        var y = x;
        for (int i = 0; i < 50; i++) y = i % 3 == 0 ? y.Sin() : i % 3 == 1 ? y.Reshape(1024, 256) + 1 : y.Transpose();
        var loss = y.Sum();
        long before = Memory.Statistics(Devices.Cpu).LiveBytes;
        Memory.ResetPeak(Devices.Cpu);
        loss.Backward();
        // 17 sines make 17 gradients and as many cosines of 1 MiB each. Cosines wait for the collector; gradients do not.
        long peak = Memory.Statistics(Devices.Cpu).PeakBytes - before;
        Assert.That(peak, Is.LessThan(40L << 20));
        Assert.That(x.Grad!.Shape, Is.EqualTo(x.Shape));
    }

    [Test]
    public void Many_slices_of_one_tensor_make_one_gradient()
    {
        const int Rows = 200;
        var x = GradientTensor.Randn([Rows, 4096], seed: 1, requiresGrad: true); // 3.1 MiB
        var sum = GradientTensor.Zeros([4096]);
        foreach (var row in x.Unbind()) sum += row * row;
        var loss = sum.Sum();
        long before = Memory.Statistics(Devices.Cpu).LiveBytes;
        Memory.ResetPeak(Devices.Cpu);
        loss.Backward();
        // One gradient per row would be 200 times 3.1 MiB.
        Assert.That(Memory.Statistics(Devices.Cpu).PeakBytes - before, Is.LessThan(40L << 20));
        Assert.That(x.Grad!.ToArray<float>()[..100], Is.EqualTo((x * 2).ToArray<float>()[..100]).Within(1e-5));
    }

    [Test]
    public void A_scope_returns_all_but_what_is_kept()
    {
        var w = GradientTensor.Randn([100, 100], seed: 1, requiresGrad: true);
        long before = Memory.Statistics(Devices.Cpu).LiveBytes;
        GradientTensor kept, moved, lost;
        using (TensorScope.Begin())
        {
            using (var scope = TensorScope.Begin())
            {
                var y = w.MatMul(w);
                y.Sum().Backward();
                kept = scope.Keep(y * 2);
                moved = scope.MoveOut(y + 1);
                lost = y;
            }

            Assert.That(moved.ToArray<float>(), Has.Length.EqualTo(10_000));
            Assert.That(() => lost.ToArray<float>(), Throws.TypeOf<ObjectDisposedException>().With.Message.Contains("Keep"));
        }

        Assert.That(kept.ToArray<float>(), Has.Length.EqualTo(10_000));
        Assert.That(w.Grad!.ToArray<float>(), Has.Length.EqualTo(10_000), "gradients stay");
        Assert.That(() => moved.ToArray<float>(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(Memory.Statistics(Devices.Cpu).LiveBytes - before, Is.LessThanOrEqualTo(2 * MemoryPool.SizeClass(40_000)));
    }
}
