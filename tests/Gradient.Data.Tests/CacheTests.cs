using FsCheck;
using FsCheck.Fluent;

namespace Gradient.Data.Tests;

public class CacheTests
{
    /// <summary>An item of <see cref="WorkerTests.Image"/>: 16 floats and a long.</summary>
    private const int ItemBytes = (16 * 4) + 8;

    [Test]
    public void The_longest_unused_makes_room()
    {
        int made = 0;
        var cached = new DatasetTests.Items(10, i =>
        {
            made++;
            return WorkerTests.Image(i);
        }).Cached(3 * ItemBytes);
        foreach (int index in new[] { 0, 1, 2, 0, 3, 0, 1 }) // 3 drops 1, and 1 then drops 2
            Assert.That(cached.GetItem(index).Input.ToArray<float>(), Is.EqualTo(WorkerTests.Image(index).Item1.ToArray<float>()));
        Assert.That(made, Is.EqualTo(5));
        Assert.That(cached.Statistics, Is.EqualTo(new CacheStatistics(Hits: 2, Misses: 5, Evictions: 2, Items: 3, Bytes: 3 * ItemBytes)));
        Assert.That(cached.Statistics.HitRatio, Is.EqualTo(2 / 7.0).Within(1e-12));
        made = 0;
        foreach (int index in new[] { 0, 3, 1 }) cached.GetItem(index);
        Assert.That(made, Is.Zero, "0, 3 and 1 are kept");
        cached.Clear();
        Assert.That((cached.Statistics.Items, cached.Statistics.Bytes), Is.EqualTo((0, 0L)));
        Assert.That(cached.GetItem(0).Input.ToArray<float>(), Is.EqualTo(WorkerTests.Image(0).Item1.ToArray<float>()));
    }

    [Test]
    public void The_model_of_an_LRU_cache_holds_for_any_use() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[]>(), (byte[] keys) =>
        {
            var cache = new ItemCache<int>(4 * ItemBytes);
            var model = new List<int>(); // the latest last
            int hits = 0;
            foreach (int key in keys.Select(b => b % 7))
            {
                if (model.Remove(key)) hits++;
                model.Add(key);
                if (model.Count > 4) model.RemoveAt(0);
                Assert.That(cache.GetOrAdd(key, WorkerTests.Image).Target.Item<long>(), Is.EqualTo(key % 2));
            }

            Assert.That((cache.Statistics.Hits, cache.Statistics.Items, cache.Statistics.Bytes), Is.EqualTo(((long)hits, model.Count, (long)model.Count * ItemBytes)));
            foreach (int key in model) Assert.That(cache.TryGet(key, out _), $"{key}");
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Too_large_items_are_handed_through()
    {
        var cached = new DatasetTests.Items(3, WorkerTests.Image).Cached(ItemBytes - 1);
        Assert.That(cached.GetItem(2).Target.Item<long>(), Is.Zero);
        Assert.That(cached.Statistics, Is.EqualTo(new CacheStatistics(0, 1, 0, 0, 0)));
        Assert.That(() => new DatasetTests.Items(3, WorkerTests.Image).Cached(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void What_is_handed_out_may_be_disposed_and_outlives_its_eviction()
    {
        var cached = new DatasetTests.Items(10, WorkerTests.Image).Cached(ItemBytes);
        using (TensorScope.Begin()) cached.GetItem(0);
        var kept = cached.GetItem(0);
        cached.GetItem(0).Input.Dispose();
        cached.GetItem(1);
        Assert.That(cached.Statistics.Evictions, Is.EqualTo(1));
        Assert.That(kept.Input.ToArray<float>(), Is.EqualTo(WorkerTests.Image(0).Item1.ToArray<float>()));
    }

    [Test]
    public void Workers_share_it_and_the_second_epoch_is_all_hits()
    {
        int made = 0;
        var cached = new DatasetTests.Items(40, i =>
        {
            Interlocked.Increment(ref made);
            return WorkerTests.Image(i);
        }).Cached(40 * ItemBytes);
        using var loader = new DataLoader(cached.Transform(new RandomCrop(3)), 4, shuffle: true, workers: 4);
        using var plain = new DataLoader(new DatasetTests.Items(40, WorkerTests.Image).Transform(new RandomCrop(3)), 4, shuffle: true, prefetch: 0);
        for (int epoch = 0; epoch < 3; epoch++) Assert.That(WorkerTests.Bits(loader), Is.EqualTo(WorkerTests.Bits(plain)));
        Assert.That(made, Is.EqualTo(40));
        Assert.That((cached.Statistics.Hits, cached.Statistics.Misses), Is.EqualTo((80L, 40L)));

        var tight = new DatasetTests.Items(40, WorkerTests.Image).Cached(5 * ItemBytes);
        using var evicting = new DataLoader(tight.Transform(new RandomCrop(3)), 4, shuffle: true, workers: 6);
        using var again = new DataLoader(new DatasetTests.Items(40, WorkerTests.Image).Transform(new RandomCrop(3)), 4, shuffle: true, prefetch: 0);
        for (int epoch = 0; epoch < 5; epoch++) Assert.That(WorkerTests.Bits(evicting), Is.EqualTo(WorkerTests.Bits(again)));
        Assert.That(tight.Statistics.Bytes, Is.LessThanOrEqualTo(5 * ItemBytes));
    }

    [Test]
    public void Augmentations_are_not_frozen() => Assert.That(
        () => new DatasetTests.Items(3, WorkerTests.Image).Transform(new RandomCrop(2)).Take(2).Cached(1_000),
        Throws.TypeOf<ArgumentException>().With.Message.Contains("cache first, then transform"));
}
