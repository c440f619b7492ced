namespace Gradient.Backend.Metal.Tests;

/// <summary>Buffers that come and go under launches that are still to run, allocations that fail, and what is left alive.</summary>
[NonParallelizable]
public sealed class MemoryTests
{
    [Test]
    public void A_recycled_buffer_is_not_overwritten_early()
    {
        var device = SoftMetal.RequireDevice();
        using var delay = SoftMetal.Delay(10_000);
        for (int round = 0; round < 5; round++)
        {
            var x = Tensor.From<float>(Values(1000, round), [1000], device);
            using var y = x.Copy();
            x.Dispose();
            using var other = Tensor.From<float>(Values(1000, -1), [1000], device); // gets the buffer of x
            Assert.That(y.ToArray<float>(), Is.EqualTo(Values(1000, round)));
        }
    }

    [Test]
    public void A_source_may_be_dropped_while_it_is_read()
    {
        var device = SoftMetal.RequireDevice();
        using var delay = SoftMetal.Delay(5_000);
        var copies = new List<Tensor>();
        for (int i = 0; i < 20; i++) copies.Add(CopyOfNew(device, i));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Memory.Trim();
        for (int i = 0; i < copies.Count; i++) Assert.That(copies[i].ToArray<float>(), Is.EqualTo(Values(500, i)));
        Assert.That(SoftMetal.TakeErrors(), Is.Empty);
    }

    [Test]
    public void The_same_step_a_thousand_times_is_bit_identical()
    {
        var device = SoftMetal.RequireDevice();
        float[]? first = null;
        for (int i = 0; i < 1000; i++)
        {
            using var x = Tensor.From<float>(Values(37 + (i % 3), 2), [37 + (i % 3)], device);
            using var y = Tensor.Empty(x.Shape, DType.Float32, device);
            device.Backend.Unary(UnaryKind.Gelu, x, y);
            device.Backend.Binary(BinaryKind.Multiply, y, x, y);
            if (i % 3 != 0) continue;
            float[] values = y.ToArray<float>();
            first ??= values;
            Assert.That(values, Is.EqualTo(first));
        }
    }

    [Test]
    public void An_allocation_that_fails_once_is_tried_again()
    {
        var device = SoftMetal.RequireDevice();
        Memory.Trim();
        using var x = Tensor.From<float>(Values(12345, 1), [12345], device);
        using var fault = SoftMetal.Fault("alloc:1");
        using var y = x.Copy();
        Assert.That(y.ToArray<float>(), Is.EqualTo(Values(12345, 1)));
    }

    [Test]
    public void An_allocation_that_cannot_succeed_throws_and_memory_is_as_before()
    {
        var device = SoftMetal.RequireDevice();
        Memory.Trim();
        long before = Memory.Statistics(device).LiveBytes;
        Assert.That(
            () => Tensor.Empty([1L << 36], DType.Float32, device),
            Throws.TypeOf<OutOfDeviceMemoryException>().With.Message.Contains((1L << 38).ToString("N0", System.Globalization.CultureInfo.CurrentCulture)));
        Assert.That(Memory.Statistics(device).LiveBytes, Is.EqualTo(before));
        using var x = Tensor.From<float>(Values(10, 3), [10], device);
        Assert.That(x.ToArray<float>(), Is.EqualTo(Values(10, 3)));
    }

    [Test]
    public void A_failed_step_leaves_the_process_able_to_go_on()
    {
        var device = SoftMetal.RequireDevice();
        using var x = Tensor.From<float>(Values(10, 3), [10], device);
        using (SoftMetal.Fault("commandbuffer:1"))
        {
            using var y = x.Copy();
            Assert.That(() => y.ToArray<float>(), Throws.TypeOf<GradientException>().With.Message.Contains("move_4"));
        }

        using var z = x.Copy();
        Assert.That(z.ToArray<float>(), Is.EqualTo(Values(10, 3)));
    }

    [Test]
    public void Objects_do_not_accumulate()
    {
        SoftMetal.Require();
        var device = SoftMetal.RequireDevice();
        Step(device, 3);
        long before = Count(out _);
        Step(device, 200);
        long after = Count(out string report);
        Assert.That(after, Is.EqualTo(before), report);
        Assert.That(SoftMetal.TakeErrors(), Is.Empty);

        static void Step(Device device, int times)
        {
            for (int i = 0; i < times; i++)
            {
                using var x = Tensor.Empty([64], DType.Float32, device);
                x.Fill(i);
                using var y = x.Copy();
                if (i % 50 == 0) Assert.That(y.ToArray<float>(), Is.All.EqualTo(i));
            }

            device.Synchronize();
        }

        static long Count(out string report)
        {
            Memory.Trim();
            return SoftMetal.LiveObjects(out report);
        }
    }

    private static Tensor CopyOfNew(Device device, int i) => Tensor.From<float>(Values(500, i), [500], device).Copy();

    private static float[] Values(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => MathF.Sin(i + seed) * (seed + 1))];
}
