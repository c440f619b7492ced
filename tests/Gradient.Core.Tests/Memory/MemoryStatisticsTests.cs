using System.Diagnostics.Metrics;
using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Memory;

using Memory = Gradient.Core.Memory;

/// <summary>Limits of one device, fragmentation, and that the books are right while threads rent and return.</summary>
[NonParallelizable]
public class MemoryStatisticsTests
{
    private const int Megabyte = 1 << 20;
    private readonly FakeSource source = new(hostVisible: true);
    private MemoryPool pool = null!;

    [SetUp]
    public void Make() => pool = new MemoryPool(source, "fake");

    [TearDown]
    public void GiveBack()
    {
        Memory.Limit = null;
        source.Capacity = long.MaxValue;
        pool.Trim();
        Assert.That(source.ForeignFrees, Is.Zero);
    }

    [Test]
    public void Fragmentation_is_the_share_of_held_memory_that_nobody_asked_for()
    {
        Assert.That(pool.Statistics.FragmentationRatio, Is.Zero);
        var a = pool.Rent(900); // of 1024
        Assert.That(pool.Statistics.FragmentationRatio, Is.EqualTo(1 - (900 / 1024.0)).Within(1e-15));
        var b = pool.Rent(3072); // exactly a class
        pool.Return(b);
        Assert.Multiple(() =>
        {
            Assert.That(pool.Statistics.HeldBytes, Is.EqualTo(4096));
            Assert.That(pool.Statistics.FragmentationRatio, Is.EqualTo(1 - (900 / 4096.0)).Within(1e-15));
        });
        pool.Trim();
        Assert.That(pool.Statistics.FragmentationRatio, Is.EqualTo(1 - (900 / 1024.0)).Within(1e-15), "trimming leaves what is rounded up");
        pool.Return(a);
        Assert.That(pool.Statistics.FragmentationRatio, Is.EqualTo(1), "all that is held is kept for reuse");
    }

    [Test]
    public void Counts_and_bytes_of_rents_and_returns()
    {
        var a = pool.Rent(1000);
        pool.Return(a);
        var b = pool.Rent(1001);
        var c = pool.Rent(5000);
        pool.Return(c);
        var now = pool.Statistics;
        Assert.Multiple(() =>
        {
            Assert.That((now.AllocationCount, now.ReturnCount, now.PoolHits, now.PoolMisses), Is.EqualTo((3L, 2L, 1L, 2L)));
            Assert.That((now.AllocatedBytes, now.ReturnedBytes, now.LiveBytes, now.RequestedBytes), Is.EqualTo((1024L + 1024 + 5120, 1024L + 5120, 1024L, 1001L)));
        });
        pool.Return(b);
        Assert.That((pool.Statistics.LiveBytes, pool.Statistics.RequestedBytes), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public void A_device_may_have_a_limit_of_its_own()
    {
        Memory.Limit = 4 * Megabyte;
        pool.Limit = 10 * Megabyte;
        var held = pool.Rent(6 * Megabyte);
        var error = Assert.Throws<OutOfDeviceMemoryException>(() => pool.Rent(5 * Megabyte, "MatMul"))!;
        Assert.That(error.Message, Does.StartWith("matMul: no memory for 5,242,880 bytes on fake: 6,291,456 are live, 0 pooled, the limit is 10,485,760.").And.Contain("TensorScope"));
        pool.Return(held);
        pool.Limit = null;
        Assert.Throws<OutOfDeviceMemoryException>(() => pool.Rent(5 * Megabyte));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Limit = 0);
    }

    [Test]
    public void At_the_limit_what_is_pooled_and_what_is_unreachable_makes_room_first()
    {
        var device = new FakeDevice();
        device.MemoryPool.Limit = 10 * Megabyte;
        Tensor.Empty([6 * Megabyte], DType.Bool, device).Dispose();              // pooled
        Litter();                                                                // 3 MiB that nobody holds any more
        using var fits = Tensor.Empty([8 * Megabyte], DType.Bool, device);
        Assert.That(device.Source.BytesOut, Is.LessThanOrEqualTo(10 * Megabyte));
        var error = Assert.Throws<OutOfDeviceMemoryException>(() => Wanted());
        Assert.That(error!.Message, Does.StartWith("wanted: no memory for 3,145,728 bytes on fake: 8,388,608 are live"));
        using var still = Tensor.Empty([2 * Megabyte], DType.Bool, device);      // the failure changed nothing

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void Litter() => Tensor.Empty([3 * Megabyte], DType.Bool, device).Fill(0);

        void Wanted() => Tensor.Empty([3 * Megabyte], DType.Bool, device, nameof(Wanted));
    }

    [Test]
    public void The_calling_member_is_the_operation_unless_told_otherwise()
    {
        var device = new FakeDevice();
        device.MemoryPool.Limit = Megabyte;
        Assert.That(
            Assert.Throws<OutOfDeviceMemoryException>(() => MyOperation(device))!.Message, Does.StartWith("myOperation: no memory for 2,097,152 bytes on fake"));
    }

    [Test]
    public void Trim_of_a_device_leaves_others_alone()
    {
        FakeDevice one = new(), other = new();
        Tensor.Empty([Megabyte], DType.Bool, one).Dispose();
        Tensor.Empty([Megabyte], DType.Bool, other).Dispose();
        Memory.Trim(one);
        Assert.That((Memory.Statistics(one).PooledBytes, Memory.Statistics(other).PooledBytes), Is.EqualTo((0L, (long)Megabyte)));
        Assert.That((one.Source.BytesOut, other.Source.BytesOut), Is.EqualTo((0L, (long)Megabyte)));
    }

    [Test]
    public void While_threads_rent_and_return_no_number_is_negative_or_out_of_step()
    {
        source.Capacity = 8 * Megabyte; // so that some allocations fail after they were begun
        using var stop = new CancellationTokenSource();
        long looks = 0;
        var watcher = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                var now = pool.Statistics;
                looks++;
                long[] numbers =
                [
                    now.LiveBytes, now.RequestedBytes, now.PooledBytes, now.PeakBytes, now.AllocatedBytes, now.ReturnedBytes, now.AllocationCount,
                    now.ReturnCount, now.PoolHits, now.PoolMisses, now.SourceAllocationCount,
                ];
                if (numbers.Min() < 0) throw new InvalidOperationException($"negative: {now}");
                if (now.RequestedBytes > now.LiveBytes || now.LiveBytes > now.PeakBytes || now.PeakBytes > now.AllocatedBytes
                    || now.PoolMisses != now.SourceAllocationCount || now.FragmentationRatio is < 0 or > 1 || now.PeakBytes > source.Capacity)
                    throw new InvalidOperationException($"out of step: {now}");
            }
        });
        long failures = 0;
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            var held = new Queue<DeviceBuffer>();
            for (int i = 0; i < 3000; i++)
            {
                if (random.Next(100) == 0) pool.Trim();
                if (held.Count > 8 || (held.Count > 0 && random.Next(2) == 0)) pool.Return(held.Dequeue());
                else if (i % 500 == 499) Refused();
                else held.Enqueue(pool.Rent(random.Next(1, 100_000)));
            }

            while (held.TryDequeue(out var buffer)) pool.Return(buffer);
        });
        stop.Cancel();
        watcher.GetAwaiter().GetResult();
        Assert.Multiple(() =>
        {
            Assert.That((pool.Statistics.LiveBytes, pool.Statistics.RequestedBytes), Is.EqualTo((0L, 0L)));
            Assert.That(pool.Statistics.AllocationCount, Is.EqualTo(pool.Statistics.ReturnCount).And.GreaterThan(1000));
            Assert.That(pool.Statistics.PooledBytes, Is.EqualTo(source.BytesOut));
            Assert.That(failures, Is.GreaterThan(0));
            Assert.That(looks, Is.GreaterThan(100));
        });

        void Refused()
        {
            Assert.Throws<OutOfDeviceMemoryException>(() => pool.Rent(9 * Megabyte));
            Interlocked.Increment(ref failures);
        }
    }

    [Test]
    public void The_instruments_tell_what_the_statistics_tell_per_device()
    {
        var watched = Memory.CreatePool("watched", source);
        var buffer = watched.Rent(3000);
        watched.Return(watched.Rent(1000));
        var seen = new Dictionary<string, (long Value, string? Unit)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == Telemetry.Name) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag is { Key: "gradient.device", Value: "watched" }) seen[instrument.Name] = (value, instrument.Unit);
        });
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.That(seen, Is.EquivalentTo(new Dictionary<string, (long, string?)>
        {
            ["gradient.memory.live"] = (3072, "By"), ["gradient.memory.pooled"] = (1024, "By"), ["gradient.memory.peak"] = (4096, "By"),
            ["gradient.memory.allocations"] = (2, "{allocation}"), ["gradient.memory.pool_hits"] = (0, "{allocation}"),
        }));
        watched.Return(buffer);
        watched.Trim();
    }

    private static Tensor MyOperation(FakeDevice device) => Tensor.Empty([2 * Megabyte], DType.Bool, device);
}
