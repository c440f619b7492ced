using System.Diagnostics;
using System.Runtime.CompilerServices;
using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Memory;

using Memory = Gradient.Core.Memory;

/// <summary>Nobody disposes, and memory stays flat: the pool paces the collector by native bytes.</summary>
[NonParallelizable]
public class PacingTests
{
    private const int Megabyte = 1 << 20;

    [TearDown]
    public void Unlimit() => Memory.Limit = null;

    [Test]
    public void Ten_thousand_undisposed_megabytes_stay_flat()
    {
        var device = new FakeDevice();
        var watch = Stopwatch.StartNew();
        int before = GC.CollectionCount(0);
        for (int i = 0; i < 10_000; i++) Tensor.Empty([Megabyte], DType.Bool, device);
        var statistics = Memory.Statistics(device);
        TestContext.Out.WriteLine(
            $"{watch.Elapsed.TotalMilliseconds:F0} ms, {GC.CollectionCount(0) - before} collections for 9.8 GiB, {statistics}, hits {statistics.HitRatio:P1}");
        Assert.Multiple(() =>
        {
            Assert.That(statistics.PeakBytes, Is.LessThanOrEqualTo(MemoryPool.CollectionFloor));
            Assert.That(device.Source.BytesOut, Is.LessThanOrEqualTo(MemoryPool.CollectionFloor));
            Assert.That(statistics.HitRatio, Is.GreaterThan(0.97));
            Assert.That(statistics.PacedCollections, Is.LessThan(120), "about four collections to a gigabyte, plus some full ones");
        });
    }

    [Test]
    public void Legitimate_growth_costs_few_collections_and_then_none()
    {
        var device = new FakeDevice();
        var held = new List<Tensor>();
        for (int i = 0; i < 3000; i++) held.Add(Tensor.Empty([Megabyte], DType.Bool, device));
        var grown = Memory.Statistics(device);
        Assert.That(grown.PacedCollections, Is.InRange(2, 16), "logarithmic in the size: 256 MiB · 1.5ⁿ, a young and a full one each");

        // A training step that disposes what it makes does not collect at all.
        for (int i = 0; i < 5000; i++) Tensor.Empty([Megabyte], DType.Bool, device).Dispose();
        Assert.That(Memory.Statistics(device).PacedCollections - grown.PacedCollections, Is.LessThanOrEqualTo(2));
        GC.KeepAlive(held);
    }

    [Test]
    public void Undisposed_work_above_large_live_memory_stays_within_the_growth_factor()
    {
        var device = new FakeDevice();
        var held = new List<Tensor>();
        for (int i = 0; i < 600; i++) held.Add(Tensor.Empty([Megabyte], DType.Bool, device));
        for (int i = 0; i < 5000; i++) Tensor.Empty([Megabyte], DType.Bool, device);
        var statistics = Memory.Statistics(device);
        Assert.Multiple(() =>
        {
            // collected at 1.5 times what was live then, which was itself at most 1.5 times 600 MiB
            Assert.That(statistics.PeakBytes, Is.LessThan(600L * Megabyte * 9 / 4));
            Assert.That(statistics.PacedCollections, Is.LessThan(60));
        });
        GC.KeepAlive(held);
    }

    [Test]
    public void Several_threads_stay_flat_together_without_deadlock()
    {
        var device = new FakeDevice();
        var threads = new Thread[4];
        for (int t = 0; t < threads.Length; t++)
        {
            threads[t] = new Thread(() =>
            {
                for (int i = 0; i < 4000; i++) Tensor.Empty([Megabyte], DType.Bool, device);
            });
            threads[t].Start();
        }

        foreach (var thread in threads) Assert.That(thread.Join(TimeSpan.FromSeconds(60)), "a thread hangs");
        var statistics = Memory.Statistics(device);
        TestContext.Out.WriteLine(statistics);
        Assert.That(statistics.PeakBytes, Is.LessThan(2 * MemoryPool.CollectionFloor));
    }

    [Test]
    public void A_finalizer_that_makes_tensors_does_not_deadlock_with_the_collection_that_waits_for_it()
    {
        var device = new FakeDevice();
        var done = Task.Run(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                Tensor.Empty([Megabyte], DType.Bool, device);
                if (i % 100 == 0) Litter();
            }
        });
        Assert.That(done.Wait(TimeSpan.FromSeconds(60)), "deadlock");
        for (int i = 0; i < 10 && Maker.Finalized < 20; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(Maker.Finalized, Is.EqualTo(20));

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Litter() => GC.KeepAlive(new Maker(device));
    }

    [Test]
    public void A_limit_below_the_floor_collects_instead_of_failing()
    {
        var device = new FakeDevice();
        Memory.Limit = 32 * Megabyte;
        for (int i = 0; i < 1000; i++) Tensor.Empty([Megabyte], DType.Bool, device);
        Assert.That(device.Source.BytesOut, Is.LessThanOrEqualTo(32 * Megabyte));
    }

    [Test]
    public void Old_garbage_is_found_before_memory_is_said_to_be_out()
    {
        var device = new FakeDevice();
        device.Source.Capacity = 64 * Megabyte;
        var old = Old();
        old[0] = null;
        Assert.That(Tensor.Empty([48 * Megabyte], DType.Bool, device).ElementCount, Is.EqualTo(48 * Megabyte));

        [MethodImpl(MethodImplOptions.NoInlining)]
        Tensor?[] Old()
        {
            Tensor?[] list = [Tensor.Empty([48 * Megabyte], DType.Bool, device)];
            GC.Collect();
            GC.Collect(); // now of the oldest generation
            return list;
        }
    }

    [Test]
    public void Trim_reaches_registered_pools_and_collects_first()
    {
        var source = new FakeSource(hostVisible: true);
        var pool = Memory.CreatePool("test", source);
        pool.Return(pool.Rent(Megabyte));
        Memory.Trim();
        Assert.That(source.BytesOut, Is.Zero);
    }

    private sealed class Maker(FakeDevice device)
    {
        private static int finalized;

        public static int Finalized => Volatile.Read(ref finalized);

        ~Maker()
        {
            for (int i = 0; i < 300; i++) Tensor.Empty([Megabyte], DType.Bool, device); // more than the floor by itself
            Interlocked.Increment(ref finalized);
        }
    }
}
