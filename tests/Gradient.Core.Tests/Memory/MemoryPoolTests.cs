using Gradient.Core.Tests.Fakes;
using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace Gradient.Core.Tests.Memory;

using Memory = Gradient.Core.Memory;

/// <summary>Size classes, reuse, limits, failures: the pool with no tensors in the way.</summary>
[NonParallelizable]
public class MemoryPoolTests
{
    private readonly FakeSource source = new(hostVisible: true);
    private MemoryPool pool = null!;

    [SetUp]
    public void Make() => pool = new MemoryPool(source);

    [TearDown]
    public void GiveBack()
    {
        Memory.Limit = null;
        source.Capacity = long.MaxValue;
        source.FailNext = 0;
        pool.Trim();
        Assert.That(source.ForeignFrees, Is.Zero);
    }

    [TestCase(0, 64)]
    [TestCase(1, 64)]
    [TestCase(64, 64)]
    [TestCase(65, 128)]
    [TestCase(256, 256)]
    [TestCase(257, 320)]
    [TestCase(512, 512)]
    [TestCase(513, 640)]
    [TestCase(1 << 20, 1 << 20)]
    [TestCase((1 << 20) + 1, 5 << 18)]
    [TestCase((5L << 40) + 1, 6L << 40)]
    [TestCase(1L << 62, 1L << 62)]
    public void Size_classes_are_four_to_a_power_of_two(long bytes, long expected) =>
        Assert.That(MemoryPool.SizeClass(bytes), Is.EqualTo(expected));

    [Property(MaxTest = 3000)]
    public void A_class_is_large_enough_wastes_a_quarter_at_most_and_is_its_own(ulong random, byte shift)
    {
        long bytes = (long)((random >> 2) >> (shift % 60)) + 1;
        long size = MemoryPool.SizeClass(bytes);
        Assert.Multiple(() =>
        {
            Assert.That(size, Is.GreaterThanOrEqualTo(bytes));
            Assert.That(size % 64, Is.Zero);
            if (bytes > 256) Assert.That(size, Is.LessThanOrEqualTo(bytes + (bytes / 4)));
            Assert.That(MemoryPool.SizeClass(size), Is.EqualTo(size));
            Assert.That(SizeClasses.IndexOf(bytes), Is.LessThan(SizeClasses.Count));
            int index = SizeClasses.IndexOf(bytes);
            if (index > 0) Assert.That(SizeClasses.SizeOf(index - 1), Is.LessThan(bytes), "a smaller class would have done");
        });
    }

    [Test]
    public void A_returned_buffer_serves_the_next_request_of_its_class()
    {
        var first = pool.Rent(1000);
        Assert.That((first.Handle % 64, first.Bytes), Is.EqualTo(((nint)0, 1024L)));
        pool.Return(first);
        var second = pool.Rent(900);
        Assert.Multiple(() =>
        {
            Assert.That(second.Handle, Is.EqualTo(first.Handle));
            Assert.That(pool.Statistics, Is.EqualTo(new MemoryStatistics(
                LiveBytes: 1024, RequestedBytes: 900, PooledBytes: 0, PeakBytes: 1024, AllocatedBytes: 2048,
                AllocationCount: 2, ReturnCount: 1, PoolHits: 1, SourceAllocationCount: 1, PacedCollections: 0)));
            Assert.That(pool.Statistics.HitRatio, Is.EqualTo(0.5));
            Assert.That(default(MemoryStatistics).HitRatio, Is.Zero);
        });
        pool.Return(second);
    }

    [Test]
    public void Trim_gives_back_what_is_pooled_and_only_that()
    {
        var (kept, returned) = (pool.Rent(5000), pool.Rent(7000));
        pool.Return(returned);
        pool.Trim();
        Assert.Multiple(() =>
        {
            Assert.That(source.BytesOut, Is.EqualTo(kept.Bytes));
            Assert.That(pool.Statistics.PooledBytes, Is.Zero);
            Assert.That(pool.Statistics.LiveBytes, Is.EqualTo(kept.Bytes));
        });
        pool.Return(kept);
    }

    [Test]
    public void Peak_is_the_highest_live_and_can_be_reset()
    {
        var device = new FakeDevice();
        var (a, b) = (Tensor.Empty([1 << 20], DType.Float32, device), Tensor.Empty([1 << 20], DType.Float32, device));
        b.Dispose();
        Assert.That(Memory.Statistics(device).PeakBytes, Is.EqualTo(8 << 20));
        Memory.ResetPeak(device);
        Assert.That(Memory.Statistics(device).PeakBytes, Is.EqualTo(4 << 20));
        a.Dispose();
    }

    [Test]
    public void Above_the_limit_the_error_has_the_sizes()
    {
        Memory.Limit = 10 << 20;
        var held = pool.Rent(6 << 20);
        var error = Assert.Throws<OutOfDeviceMemoryException>(() => pool.Rent(5 << 20))!;
        Assert.That(error.Message, Does.Contain("5,242,880 bytes").And.Contain("6,291,456 are live").And.Contain("limit is 10,485,760"));
        pool.Return(held);
        pool.Return(pool.Rent(10 << 20)); // after trimming the 6 MiB, the limit has room
        Assert.That(source.BytesOut, Is.EqualTo(10 << 20));
    }

    [Test]
    public void What_is_pooled_counts_against_the_limit()
    {
        Memory.Limit = 10 << 20;
        for (int i = 1; i <= 6; i++) pool.Return(pool.Rent(i << 20));
        Assert.That(source.BytesOut, Is.LessThanOrEqualTo(10 << 20));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void A_limit_is_positive(long bytes) => Assert.Throws<ArgumentOutOfRangeException>(() => Memory.Limit = bytes);

    [Test]
    public void A_source_that_fails_once_is_asked_again_after_trimming()
    {
        pool.Return(pool.Rent(1 << 20));
        source.FailNext = 1;
        var buffer = pool.Rent(2 << 20);
        Assert.Multiple(() =>
        {
            Assert.That(buffer.Bytes, Is.EqualTo(2 << 20));
            Assert.That(source.BytesOut, Is.EqualTo(2 << 20), "the pooled buffer went back first");
        });
        pool.Return(buffer);
    }

    [Test]
    public void A_source_that_has_no_more_is_an_error_and_leaves_the_books_right()
    {
        source.Capacity = 4 << 20;
        var held = pool.Rent(3 << 20);
        var before = pool.Statistics;
        var error = Assert.Throws<OutOfDeviceMemoryException>(() => pool.Rent(2 << 20))!;
        Assert.That(error.Message, Does.Contain("2,097,152 bytes").And.Contain("what the system has").And.Contain("TensorScope"));
        Assert.That(pool.Statistics with { PacedCollections = 0 }, Is.EqualTo(before with { PacedCollections = 0 }));
        pool.Return(held);
    }

    [Test]
    public void Sizes_beyond_any_memory_are_out_of_memory_errors()
    {
        Assert.Throws<OutOfDeviceMemoryException>(() => pool.Rent(long.MaxValue));
        var device = new FakeDevice();
        Assert.That(
            Assert.Throws<OutOfDeviceMemoryException>(() => Tensor.Empty([1L << 61], DType.Float32, device))!.Message,
            Does.Contain("[2305843009213693952] of float32"));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(-1));
    }

    [Test]
    public void Shapes_that_keep_changing_do_not_pile_up_in_the_pool()
    {
        // Each size has a class of its own, so the pool never serves one: without a bound it would keep them all (21 GiB).
        source.Capacity = 2L << 30;
        long peakOut = 0;
        for (long size = 64L << 20; size < 2L << 30; size = MemoryPool.SizeClass(size + 1))
        {
            pool.Return(pool.Rent(size));
            peakOut = Math.Max(peakOut, source.BytesOut);
            Assert.That(source.BytesOut, Is.LessThanOrEqualTo(MemoryPool.GrowthFactor * Math.Max(MemoryPool.CollectionFloor, size)));
        }

        Assert.That(peakOut, Is.GreaterThan(1L << 30));
    }

    [Test]
    public void Threads_share_a_pool_without_handing_one_buffer_to_two()
    {
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            var held = new List<DeviceBuffer>();
            for (int i = 0; i < 20_000; i++)
            {
                if (held.Count == 0 || random.Next(2) == 0)
                {
                    var buffer = pool.Rent(random.Next(1, 4096));
                    unsafe
                    {
                        *(long*)buffer.Handle = (long)thread << 32 | (uint)i;
                    }

                    held.Add(buffer);
                }
                else
                {
                    int at = random.Next(held.Count);
                    unsafe
                    {
                        if (*(long*)held[at].Handle >> 32 != thread) throw new InvalidOperationException("another thread wrote here");
                    }

                    pool.Return(held[at]);
                    held.RemoveAt(at);
                }
            }

            foreach (var buffer in held) pool.Return(buffer);
        });
        Assert.That(pool.Statistics.LiveBytes, Is.Zero);
        Assert.That(pool.Statistics.PooledBytes, Is.EqualTo(source.BytesOut));
    }
}
