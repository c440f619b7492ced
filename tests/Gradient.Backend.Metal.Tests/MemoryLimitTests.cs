using Gradient.Autograd;

namespace Gradient.Backend.Metal.Tests;

/// <summary>Statistics, limits, trimming and the profiler over the GPU's pool.</summary>
[NonParallelizable]
public sealed class MemoryLimitTests
{
    private const int Megabyte = 1 << 20;

    [Test]
    public void The_profiler_ties_the_peak_on_the_gpu_to_its_operation()
    {
        var device = SoftMetal.RequireDevice();
        using var profiler = MemoryProfiler.Start(device);
        using var x = Tensor.From<float>(new float[1000], [1000], device);
        using var y = x.Copy();
        using (MemoryProfiler.Within("here")) Tensor.Empty([5000], DType.Float32, device, "MyKernel").Dispose();
        var seen = profiler.Stop().Devices.Single();
        Assert.That((seen.Device, seen.Peak.Operation), Is.EqualTo(("metal", "here: myKernel")));
        Assert.That(seen.Operations.Select(entry => (entry.Operation, entry.BytesAtPeak)), Is.EquivalentTo(
            new[] { ("here: myKernel", 20480L), ("from", 4096L), ("copy", 4096L) }));
    }

    [Test]
    public void At_its_limit_the_gpus_pool_makes_room_while_work_is_pending_or_tells_the_operation()
    {
        var device = SoftMetal.RequireDevice();
        using var delay = SoftMetal.Delay(5_000);
        Memory.Trim();
        var kept = Tensor.From<float>([1, 2, 3], [3], device);
        long before = Memory.Statistics(device).LiveBytes;
        device.MemoryPool.Limit = before + (4 * Megabyte);
        try
        {
            var x = Tensor.From<float>(new float[Megabyte / 2], [Megabyte / 2], device); // 2 MiB
            x.Fill(7);
            x.Dispose();                                                                  // pooled, with a launch on it still to run
            using var y = Tensor.Empty([3 * Megabyte], DType.Bool, device);               // of another class: the pool has to be trimmed
            y.Fill(1);
            Assert.That(y.ToArray<bool>().All(value => value));
            Assert.That(Memory.Statistics(device).PooledBytes, Is.Zero);
            Assert.That(
                () => kept.View(kept.Layout.Unsqueeze(0).Expand([Megabyte, 3])).Copy(), Throws.TypeOf<OutOfDeviceMemoryException>()
                    .With.Message.StartsWith("copy: no memory for 12,582,912 bytes on metal: "));
            Assert.That(kept.ToArray<float>(), Is.EqualTo(new float[] { 1, 2, 3 }));
            Assert.That(SoftMetal.TakeErrors(), Is.Empty);
        }
        finally
        {
            device.MemoryPool.Limit = null;
        }
    }

    [Test]
    public void Statistics_of_the_gpu_are_its_own()
    {
        var device = SoftMetal.RequireDevice();
        Memory.Trim(device);
        var (gpu, cpu) = (Memory.Statistics(device), Memory.Statistics(Devices.Cpu));
        using var x = Tensor.Empty([1000], DType.Float32, device);
        var now = Memory.Statistics(device);
        Assert.Multiple(() =>
        {
            Assert.That((now.LiveBytes - gpu.LiveBytes, now.RequestedBytes - gpu.RequestedBytes, now.AllocationCount - gpu.AllocationCount), Is.EqualTo((4096L, 4000L, 1L)));
            Assert.That(Memory.Statistics(Devices.Cpu).AllocationCount, Is.EqualTo(cpu.AllocationCount));
            Assert.That(now.FragmentationRatio, Is.InRange(0, 1));
        });
    }
}
