namespace Gradient.Data.Tests;

public class DataLoaderTests
{
    private static readonly TensorDataset Numbers = new(
        Tensor.From<float>([.. Enumerable.Range(0, 103).Select(i => (float)i)], [103, 1], Devices.Cpu),
        Tensor.From<long>([.. Enumerable.Range(0, 103).Select(i => (long)i)], [103], Devices.Cpu));

    [Test]
    public void Batches_cover_the_dataset_in_order()
    {
        using var loader = new DataLoader(Numbers, batchSize: 10);
        var sizes = new List<long>();
        var seen = new List<long>();
        foreach (var (inputs, targets) in loader)
        {
            sizes.Add(inputs.Shape[0]);
            seen.AddRange(targets.ToArray<long>());
            Assert.That(inputs.ToArray<float>(), Is.EqualTo(targets.ToArray<long>().Select(t => (float)t)));
        }

        Assert.That(seen, Is.EqualTo(Enumerable.Range(0, 103)));
        Assert.That(sizes, Has.Count.EqualTo(loader.BatchCount));
        Assert.That(sizes[^1], Is.EqualTo(3));
        using var dropping = new DataLoader(Numbers, batchSize: 10, dropLast: true);
        Assert.That(dropping.BatchCount, Is.EqualTo(10));
        Assert.That(dropping.ExampleCount, Is.EqualTo(100));
        Assert.That(Epoch(dropping), Is.EqualTo(Enumerable.Range(0, 100)));
        using var none = new DataLoader(Numbers.Take(0), batchSize: 10);
        Assert.That(Epoch(none), Is.Empty);
    }

    [Test]
    public void Shuffled_epochs_differ_and_depend_on_the_seed_alone()
    {
        using var plain = new DataLoader(Numbers, 16, shuffle: true, seed: 7, prefetch: 0);
        var epochs = new[] { Epoch(plain), Epoch(plain), Epoch(plain) };
        foreach (int prefetch in new[] { 1, 2, 50 })
        {
            using var fetching = new DataLoader(Numbers, 16, shuffle: true, seed: 7, prefetch: prefetch);
            foreach (long[] epoch in epochs) Assert.That(Epoch(fetching), Is.EqualTo(epoch), $"prefetch {prefetch}");
        }

        Assert.That(epochs[0].Order(), Is.EqualTo(Enumerable.Range(0, 103)));
        Assert.That(epochs[0], Is.Not.EqualTo(epochs[1]));
        using var other = new DataLoader(Numbers, 16, shuffle: true, seed: 8);
        Assert.That(Epoch(other), Is.Not.EqualTo(epochs[0]));
    }

    [TestCase(0)]
    [TestCase(3)]
    public void A_saved_position_continues_where_it_was(int prefetch)
    {
        using var whole = new DataLoader(Numbers, 10, shuffle: true, seed: 1, prefetch: prefetch);
        long[] first = Epoch(whole), second = Epoch(whole), third = Epoch(whole);
        Assert.That(whole.Position, Is.EqualTo(new DataLoaderPosition(3, 0)));

        using var stopped = new DataLoader(Numbers, 10, shuffle: true, seed: 1, prefetch: prefetch);
        Assert.That(Epoch(stopped), Is.EqualTo(first));
        var start = new List<long>();
        foreach (var (_, targets) in stopped)
        {
            start.AddRange(targets.ToArray<long>());
            if (start.Count == 40) break;
        }

        Assert.That(stopped.Position, Is.EqualTo(new DataLoaderPosition(1, 4)), "what is prefetched does not count");
        using var resumed = new DataLoader(Numbers, 10, shuffle: true, seed: 1, prefetch: prefetch) { Position = stopped.Position };
        Assert.That(start.Concat(Epoch(resumed)), Is.EqualTo(second));
        Assert.That(Epoch(resumed), Is.EqualTo(third));
        Assert.That(Epoch(stopped), Is.EqualTo(third), "after a break another epoch begins");

        resumed.Position = new(0, resumed.BatchCount);
        Assert.That(resumed.Position, Is.EqualTo(new DataLoaderPosition(1, 0)));
        Assert.That(Epoch(resumed), Is.EqualTo(second));
        Assert.That(() => resumed.Position = new(0, 12), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => resumed.Position = new(-1, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0)]
    [TestCase(2)]
    public void An_error_comes_after_the_good_batches_and_names_the_item(int prefetch)
    {
        var dataset = new DatasetTests.Items(20, i => i == 13 ? throw new FormatException("bad pixels") : Item(i));
        using var loader = new DataLoader(dataset, 5, prefetch: prefetch);
        int good = 0;
        var error = Assert.Throws<DatasetException>(() =>
        {
            foreach (var _ in loader) good++;
        })!;
        Assert.That(good, Is.EqualTo(2));
        Assert.That(error.Index, Is.EqualTo(13));
        Assert.That(error.Message, Does.Contain("13").And.Contain("bad pixels"));
        Assert.That(error.InnerException, Is.TypeOf<FormatException>());

        using var wholesale = new DataLoader(new Failing(), 4, prefetch: prefetch);
        Assert.That(() => Epoch(wholesale), Throws.TypeOf<DatasetException>().With.Message.Contains("0, 1, 2, 3").And.InnerException.TypeOf<InvalidDataException>());
    }

    [Test]
    public void No_more_batches_lie_ready_than_asked_for()
    {
        int made = 0;
        var dataset = new DatasetTests.Items(100, i =>
        {
            Interlocked.Increment(ref made);
            return Item(i);
        });
        using var loader = new DataLoader(dataset, 1, prefetch: 3);
        using var batches = loader.GetEnumerator();
        batches.MoveNext();
        SpinWait.SpinUntil(() => Volatile.Read(ref made) >= 5, 5_000);
        Thread.Sleep(50);
        Assert.That(made, Is.EqualTo(5), "one delivered, three ready, one in the worker's hands");
    }

    [TestCase(0)]
    [TestCase(2)]
    public void Cancellation_stops_the_epoch(int prefetch)
    {
        using var cancel = new CancellationTokenSource();
        using var loader = new DataLoader(Numbers, 10, prefetch: prefetch);
        int batches = 0;
        Assert.Catch<OperationCanceledException>(() =>
        {
            foreach (var _ in loader.WithCancellation(cancel.Token))
                if (++batches == 3) cancel.Cancel();
        });
        Assert.That(batches, Is.EqualTo(3));
        Assert.That(Epoch(loader), Has.Length.EqualTo(103), "the loader itself goes on");
    }

    [Test]
    public void Cancellation_wakes_who_waits_for_a_slow_dataset()
    {
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var dataset = new DatasetTests.Items(10, i =>
        {
            gate.Wait();
            return Item(i);
        });
        using var loader = new DataLoader(dataset, 1);
        using var batches = loader.WithCancellation(cancel.Token).GetEnumerator();
        var waiting = Task.Run(() =>
        {
            try
            {
                batches.MoveNext();
                return false;
            }
            catch (OperationCanceledException)
            {
                return true;
            }
        });
        cancel.Cancel();
        Thread.Sleep(20);
        gate.Set(); // the end of the enumeration waits for the item that is being made
        Assert.That(waiting.Wait(10_000) && waiting.Result, Is.True);
    }

    [Test]
    public void Disposal_ends_the_worker_and_what_was_delivered_stays()
    {
        int made = 0;
        var dataset = new DatasetTests.Items(1_000, i =>
        {
            Interlocked.Increment(ref made);
            return Item(i);
        });
        var loader = new DataLoader(dataset, 1, prefetch: 2);
        using var batches = loader.GetEnumerator();
        batches.MoveNext();
        var batch = batches.Current;
        loader.Dispose();
        int after = made;
        Thread.Sleep(50);
        Assert.That(made, Is.EqualTo(after), "the dataset is left alone");
        Assert.That(batch.Targets.ToArray<long>(), Is.EqualTo(new long[] { 0 }));
        Assert.That(() => batches.MoveNext(), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => loader.GetEnumerator(), Throws.TypeOf<ObjectDisposedException>());
        loader.Dispose();
    }

    [TestCase(0)]
    [TestCase(2)]
    public void Batches_belong_to_no_scope_of_the_consumer(int prefetch)
    {
        var dataset = new DatasetTests.Items(4, Item);
        using var loader = new DataLoader(dataset, 2, prefetch: prefetch);
        var kept = new List<Batch>();
        using (TensorScope.Begin())
            foreach (var batch in loader) kept.Add(batch);
        Assert.That(kept.SelectMany(batch => batch.Targets.ToArray<long>()), Is.EqualTo(new long[] { 0, 1, 2, 3 }));
        kept[0].Dispose();
        Assert.That(() => kept[0].Inputs.ToArray<float>(), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Memory_is_flat_over_many_epochs()
    {
        using var loader = new DataLoader(SyntheticDigits.Create(512), 64, shuffle: true);
        for (int i = 0; i < 2; i++) Consume(loader);
        long live = Memory.Statistics(Devices.Cpu).LiveBytes;
        for (int i = 0; i < 200; i++) Consume(loader);
        Memory.Trim();
        Assert.That(Memory.Statistics(Devices.Cpu).LiveBytes, Is.LessThanOrEqualTo(live + (64 * 784 * 4 * 4)));

        static void Consume(DataLoader loader)
        {
            foreach (var batch in loader) batch.Dispose();
        }
    }

    [Test]
    public void Two_enumerations_at_once_do_not_disturb_each_other()
    {
        using var loader = new DataLoader(Numbers, 10, shuffle: true, seed: 2);
        using var reference = new DataLoader(Numbers, 10, shuffle: true, seed: 2);
        long[] first = Epoch(reference), second = Epoch(reference);
        using var a = loader.GetEnumerator();
        a.MoveNext();
        var seen = new List<long>(a.Current.Targets.ToArray<long>());
        Assert.That(Epoch(loader), Is.EqualTo(second), "the next epoch, for the first has begun");
        while (a.MoveNext()) seen.AddRange(a.Current.Targets.ToArray<long>());
        Assert.That(seen, Is.EqualTo(first));
    }

    [Test]
    public void Senseless_settings_are_refused()
    {
        Assert.That(() => new DataLoader(Numbers, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new DataLoader(Numbers, 1, prefetch: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new DataLoader((Dataset)null!, 1), Throws.TypeOf<ArgumentNullException>());
    }

    private static (Tensor, Tensor) Item(int i) => (Tensor.From<float>([i], [1], Devices.Cpu), Tensor.From<long>([i], [], Devices.Cpu));

    private static long[] Epoch(DataLoader loader)
    {
        var seen = new List<long>();
        foreach (var (_, targets) in loader) seen.AddRange(targets.ToArray<long>());
        return [.. seen];
    }

    private sealed class Failing : Dataset
    {
        public override int Count => 8;

        public override (Tensor Input, Tensor Target) GetItem(int index) => throw new NotSupportedException();

        public override (Tensor Inputs, Tensor Targets) GetBatch(ReadOnlySpan<int> indices) => throw new InvalidDataException("disk on fire");
    }
}
