using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;

namespace Gradient.Data.Tests;

/// <summary>That several workers change nothing but the time, and what the statistics say of it.</summary>
public class WorkerTests
{
    [TestCase(1, 1)]
    [TestCase(2, 1)]
    [TestCase(4, 2)]
    [TestCase(9, 40)]
    public void Epochs_are_the_same_on_any_number_of_workers(int workers, int prefetch)
    {
        // Items take random times, so that batches are finished out of order.
        Dataset Dataset() => new DatasetTests.Items(57, i =>
        {
            Thread.Sleep(i * 7919 % 4);
            return Image(i);
        }).Transform(seed: 5, new RandomCrop(3, padding: 2), new RandomHorizontalFlip(), new ColorJitter(brightness: 0.5f));
        using var plain = new DataLoader(Dataset(), 5, shuffle: true, seed: 3, prefetch: 0);
        using var working = new DataLoader(Dataset(), 5, shuffle: true, seed: 3, prefetch: prefetch, workers: workers);
        for (int epoch = 0; epoch < 2; epoch++) Assert.That(Bits(working), Is.EqualTo(Bits(plain)), $"epoch {epoch}");
    }

    [Test]
    public void Augmentations_depend_on_seed_epoch_and_index_alone()
    {
        var source = new DatasetTests.Items(6, Image);
        Dataset Augmented(long seed) => source.Transform(seed, new RandomCrop(3, padding: 2), new RandomRotation(40));
        var epoch1 = Augmented(1).ForEpoch(1);
        float[] item = epoch1.GetItem(4).Input.ToArray<float>();
        Assert.That(Augmented(1).ForEpoch(1).GetItem(4).Input.ToArray<float>(), Is.EqualTo(item), "whatever was asked for before");
        Assert.That(epoch1.GetBatch([2, 4]).Inputs.ToArray<float>().Skip(9), Is.EqualTo(item), "in a batch");
        Assert.That(Augmented(1).Skip(2).ForEpoch(1).GetItem(2).Input.ToArray<float>(), Is.EqualTo(item), "through a subset");
        Assert.That(Augmented(1).Select((x, y) => (x, y)).ForEpoch(1).GetItem(4).Input.ToArray<float>(), Is.EqualTo(item));
        Assert.That(Augmented(1).ForEpoch(2).GetItem(4).Input.ToArray<float>(), Is.Not.EqualTo(item));
        Assert.That(Augmented(2).ForEpoch(1).GetItem(4).Input.ToArray<float>(), Is.Not.EqualTo(item));
    }

    [Test]
    public void Chained_transforms_have_streams_of_their_own()
    {
        // A flip at probability ½ twice: with one stream they would always cancel out.
        var once = new DatasetTests.Items(200, Image).Transform(new RandomHorizontalFlip());
        var twice = once.Transform(new RandomHorizontalFlip());
        var atOnce = new DatasetTests.Items(200, Image).Transform(new RandomHorizontalFlip(), new RandomHorizontalFlip());
        int flipped = 0;
        for (int i = 0; i < 200; i++)
        {
            float[] plain = Image(i).Item1.ToArray<float>(), result = twice.GetItem(i).Input.ToArray<float>();
            Assert.That(atOnce.GetItem(i).Input.ToArray<float>(), Is.EqualTo(result));
            if (!result.AsSpan().SequenceEqual(plain)) flipped++;
        }

        Assert.That(flipped, Is.InRange(70, 130));
    }

    [Test]
    public void Any_stop_and_resume_goes_on_bit_for_bit() => Prop.ForAll(
        ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<PositiveInt>(), ArbMap.Default.ArbFor<bool>(),
        (PositiveInt size, PositiveInt stop, bool stream) =>
        {
            int batchSize = (size.Get % 9) + 1, workers = (size.Get % 4) + 1, after = stop.Get % 12;
            Func<int, DataLoader> make = stream
                ? n => new(Stream(23).Shuffle(7, seed: 4).Transform(4, new RandomCrop(3, padding: 1)), batchSize, seed: 4, workers: n, transform: new MixUp(2))
                : n => new(new DatasetTests.Items(23, Image).Transform(4, new RandomCrop(3, padding: 1)), batchSize, shuffle: true, seed: 4, workers: n, transform: new MixUp(2));
            using var whole = make(1);
            float[][] expected = [.. Enumerable.Range(0, 3).SelectMany(_ => Bits(whole))];

            using var stopped = make(workers);
            var seen = new List<float[]>();
            for (int epoch = 0; epoch < 3 && seen.Count < after; epoch++)
                foreach (var batch in stopped)
                {
                    seen.Add(Values(batch));
                    if (seen.Count == after) break;
                }

            using var resumed = make(5 - workers);
            resumed.Position = stopped.Position;
            while (resumed.Position.Epoch < 3) seen.AddRange(Bits(resumed));
            Assert.That(seen, Is.EqualTo(expected), $"batches of {batchSize}, {workers} workers, stopped after {after}, {(stream ? "stream" : "dataset")}");
        }).QuickCheckThrowOnFailure();

    [Test]
    public void The_first_error_in_order_is_thrown_whoever_meets_it_first()
    {
        // The later item fails at once, the earlier one after a while.
        var dataset = new DatasetTests.Items(40, i =>
        {
            if (i == 13) Thread.Sleep(60);
            return i is 13 or 21 ? throw new FormatException($"bad {i}") : Image(i);
        });
        using var loader = new DataLoader(dataset, 4, workers: 4);
        for (int attempt = 0; attempt < 2; attempt++)
        {
            int good = 0;
            var error = Assert.Throws<DatasetException>(() =>
            {
                foreach (var _ in loader) good++;
            })!;
            Assert.That((good, error.Index), Is.EqualTo((3, 13L)));
            Assert.That(error.Message, Does.Contain("bad 13"));
        }
    }

    [TestCase(0, 1)]
    [TestCase(2, 1)]
    [TestCase(2, 3)]
    public void An_error_stays_and_becomes_no_end(int prefetch, int workers)
    {
        using var loader = new DataLoader(new DatasetTests.Items(9, i => i == 4 ? throw new FormatException("bad") : Image(i)), 2, prefetch: prefetch, workers: workers);
        using var batches = loader.GetEnumerator();
        Assert.That(batches.MoveNext() && batches.MoveNext());
        for (int i = 0; i < 3; i++) Assert.That(() => batches.MoveNext(), Throws.TypeOf<DatasetException>());
        Assert.That(loader.Position, Is.EqualTo(new DataLoaderPosition(0, 2)));
    }

    [Test]
    public void Workers_run_side_by_side_and_no_further_ahead_than_allowed()
    {
        int made = 0;
        using var four = new Barrier(4);
        var dataset = new DatasetTests.Items(100, i =>
        {
            if (Interlocked.Increment(ref made) <= 4) Assert.That(four.SignalAndWait(10_000), "four items at once");
            return Image(i);
        });
        using var loader = new DataLoader(dataset, 1, prefetch: 3, workers: 4);
        using var batches = loader.GetEnumerator();
        Assert.That(batches.MoveNext());
        SpinWait.SpinUntil(() => Volatile.Read(ref made) >= 8, 10_000);
        Thread.Sleep(50);
        Assert.That(made, Is.EqualTo(8), "one delivered, three and one per worker begun");
    }

    [Test]
    public void Threads_end_with_the_epoch_the_break_and_the_loader()
    {
        var names = new System.Collections.Concurrent.ConcurrentBag<Thread>();
        int made = 0;
        using var three = new Barrier(3); // each worker of the first epoch makes an item
        var dataset = new DatasetTests.Items(200, i =>
        {
            names.Add(Thread.CurrentThread);
            if (Interlocked.Increment(ref made) <= 3) Assert.That(three.SignalAndWait(10_000), "three items at once");
            return Image(i);
        });
        var loader = new DataLoader(dataset, 2, workers: 3);
        foreach (var _ in loader) { }

        Assert.That(names.Distinct().All(thread => !thread.IsAlive), "after an epoch");
        foreach (var _ in loader) break;
        Assert.That(names.Distinct().All(thread => !thread.IsAlive), "after a break");
        var left = loader.GetEnumerator();
        left.MoveNext();
        loader.Dispose();
        Assert.That(names.Distinct().All(thread => !thread.IsAlive), "after Dispose, though an enumerator was left");
        Assert.That(names.Distinct().Count(), Is.GreaterThan(3));
    }

    [Test]
    public void Statistics_tell_hits_waits_and_work()
    {
        var dataset = new DatasetTests.Items(24, i =>
        {
            Thread.Sleep(10);
            return Image(i);
        });
        using var loader = new DataLoader(dataset, 2, workers: 2, prefetch: 2);
        Assert.That(loader.Statistics.Batches, Is.Zero);
        Assert.That(loader.Statistics.WorkerUtilization, Is.EqualTo(new double[] { 0, 0 }));
        foreach (var _ in loader) { } // never stops to work: the loader is what it waits for
        var hungry = loader.Statistics;
        Assert.That(hungry.Batches, Is.EqualTo(12));
        Assert.That(hungry.LoadTime, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(24 * 9)));
        Assert.That(hungry.WaitTime, Is.GreaterThan(TimeSpan.FromMilliseconds(60)));
        Assert.That(hungry.WorkerUtilization, Has.All.GreaterThan(0.5));
        Assert.That(hungry.AverageLoadTime, Is.EqualTo(hungry.LoadTime / 12));

        var known = hungry with { LoadTime = TimeSpan.FromMilliseconds(120), WaitTime = TimeSpan.FromMilliseconds(6), PrefetchHits = 9, WorkerUtilization = [0.5, 1] };
        Assert.That(known.ToString(), Is.EqualTo("12 batches, 10.0 ms each to make, 0.5 ms each waited for, 75 % lay ready, workers 50 % 100 % busy"));
        loader.ResetStatistics();
        using var batches = loader.GetEnumerator();
        batches.MoveNext();
        long first = loader.Statistics.PrefetchHits; // 1 where other work held this thread up
        SpinWait.SpinUntil(() => loader.Statistics.ReadyBytes >= 4 * 2 * ((16 * 4) + 8), 10_000);
        Assert.That(loader.Statistics.ReadyBytes, Is.EqualTo(4 * 2 * ((16 * 4) + 8)), "four batches of two images of 4 by 4 and their labels");
        for (int i = 0; i < 4; i++) batches.MoveNext();
        Assert.That(loader.Statistics.PrefetchHits, Is.EqualTo(4 + first));
        Assert.That(loader.Statistics.PrefetchHitRatio, Is.EqualTo((4 + first) / 5.0).Within(1e-9));

        using var plain = new DataLoader(dataset.Take(2), 2, prefetch: 0);
        foreach (var _ in plain) { }

        Assert.That(plain.Statistics.WaitTime, Is.EqualTo(plain.Statistics.LoadTime).And.GreaterThan(TimeSpan.FromMilliseconds(18)));
        Assert.That(plain.Statistics.WorkerUtilization, Is.Empty);
    }

    [Test]
    public void Cancellation_reaches_who_waits_for_slow_workers()
    {
        using var cancel = new CancellationTokenSource(50);
        using var loader = new DataLoader(new DatasetTests.Items(9, i =>
        {
            Thread.Sleep(200);
            return Image(i);
        }), 3, workers: 3);
        var watch = Stopwatch.StartNew();
        Assert.Catch<OperationCanceledException>(() =>
        {
            foreach (var _ in loader.WithCancellation(cancel.Token)) { }
        });
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        Assert.That(loader.Position, Is.EqualTo(new DataLoaderPosition(0, 0)));
    }

    [Test]
    public void Senseless_numbers_of_workers_are_refused() =>
        Assert.That(() => new DataLoader(new DatasetTests.Items(1, Image), 1, workers: 0), Throws.TypeOf<ArgumentOutOfRangeException>());

    internal static (Tensor, Tensor) Image(int i) => (
        Tensor.From<float>([.. Enumerable.Range(0, 16).Select(p => ((16 * i) + p) / 1_000f)], [4, 4, 1], Devices.Cpu),
        Tensor.From<long>([i % 2], [], Devices.Cpu));

    internal static StreamingDataset Stream(int count) => StreamingDataset.From(_ => Enumerable.Range(0, count), Image);

    internal static float[][] Bits(DataLoader loader) => [.. loader.Select(Values)];

    private static float[] Values(Batch batch) => [.. batch.Inputs.ToArray<float>(), .. batch.Targets.Value.To(DType.Float32).ToArray<float>()];
}
