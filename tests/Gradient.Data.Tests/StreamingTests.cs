namespace Gradient.Data.Tests;

public class StreamingTests
{
    [TestCase(1, 0)]
    [TestCase(1, 2)]
    [TestCase(4, 2)]
    public void Streams_are_delivered_in_their_order(int workers, int prefetch)
    {
        using var loader = new DataLoader(Numbers(23), 5, workers: workers, prefetch: prefetch);
        Assert.That(Epoch(loader), Is.EqualTo(Enumerable.Range(0, 23)));
        Assert.That(loader.Position, Is.EqualTo(new DataLoaderPosition(1, 0)));
        using var dropping = new DataLoader(Numbers(23), 5, workers: workers, prefetch: prefetch, dropLast: true);
        Assert.That(Epoch(dropping), Is.EqualTo(Enumerable.Range(0, 20)));
        using var none = new DataLoader(Numbers(0), 5, workers: workers, prefetch: prefetch);
        Assert.That(Epoch(none), Is.Empty);
    }

    [Test]
    public void Lengths_are_known_or_an_error()
    {
        using var unknown = new DataLoader(Numbers(23), 5);
        Assert.That(() => unknown.BatchCount, Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("Count"));
        Assert.That(() => unknown.ExampleCount, Throws.TypeOf<UnsupportedOperationException>());
        Assert.That(unknown.Dataset, Is.Null);
        var known = StreamingDataset.From(_ => Enumerable.Range(0, 23), Item, count: 23);
        using var loader = new DataLoader(known.Shuffle(3).Transform().Select((x, y) => (x, y)), 5);
        Assert.That((loader.BatchCount, loader.ExampleCount), Is.EqualTo((5, 23)));
        using var taken = new DataLoader(known.Take(7), 5, dropLast: true);
        Assert.That((taken.BatchCount, taken.ExampleCount), Is.EqualTo((1, 5)));
        Assert.That(Epoch(taken), Is.EqualTo(new long[] { 0, 1, 2, 3, 4 }));
        Assert.That(() => known.Take(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_shuffled_stream_is_an_order_within_reach_of_its_buffer()
    {
        var stream = Numbers(200).Shuffle(16, seed: 9);
        long[] first = Order(stream, 0), second = Order(stream, 1);
        Assert.That(first.Order(), Is.EqualTo(Enumerable.Range(0, 200)));
        Assert.That(first, Is.Not.EqualTo(second));
        Assert.That(Order(Numbers(200).Shuffle(16, seed: 9), 1), Is.EqualTo(second));
        Assert.That(Order(Numbers(200).Shuffle(16, seed: 8), 1), Is.Not.EqualTo(second));
        for (int place = 0; place < 200; place++) Assert.That(first[place], Is.LessThanOrEqualTo(place + 16), "nothing comes before it was read");
        Assert.That(Order(Numbers(50).Shuffle(1), 0), Is.EqualTo(Enumerable.Range(0, 50)));

        // As large as the stream: every order of 3 equally likely. Chi squared with 5 degrees of freedom is below 20.5 in 999 of 1,000 cases.
        var counts = new Dictionary<string, int>();
        for (int epoch = 0; epoch < 6_000; epoch++)
        {
            string order = string.Join(",", Order(Numbers(3).Shuffle(3), epoch));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.That(counts, Has.Count.EqualTo(6));
        Assert.That(counts.Values.Sum(count => Math.Pow(count - 1_000, 2) / 1_000), Is.LessThan(20.5));
    }

    [Test]
    public void Only_what_is_delivered_is_decoded_after_a_resume()
    {
        int decoded = 0;
        var stream = StreamingDataset.From(_ => Enumerable.Range(0, 100), i =>
        {
            Interlocked.Increment(ref decoded);
            return Item(i);
        });
        using var loader = new DataLoader(stream, 10, prefetch: 0) { Position = new(0, 8) };
        Assert.That(Epoch(loader), Is.EqualTo(Enumerable.Range(80, 20)));
        Assert.That(decoded, Is.EqualTo(20));
        loader.Position = new(4, 10);
        Assert.That(Epoch(loader), Is.Empty, "the end of an epoch whose length was not known");
        Assert.That(loader.Position, Is.EqualTo(new DataLoaderPosition(5, 0)));
    }

    [Test]
    public void Reading_is_one_thread_at_a_time_and_decoding_side_by_side()
    {
        int readers = 0, made = 0;
        using var together = new Barrier(3);
        IEnumerable<int> Records()
        {
            for (int i = 0; i < 30; i++)
            {
                Assert.That(Interlocked.Increment(ref readers), Is.EqualTo(1));
                Thread.Yield();
                Interlocked.Decrement(ref readers);
                yield return i;
            }
        }

        var stream = StreamingDataset.From(_ => Records(), i =>
        {
            if (Interlocked.Increment(ref made) <= 3) Assert.That(together.SignalAndWait(10_000), "three decode at once");
            return Item(i);
        });
        using var loader = new DataLoader(stream, 1, workers: 3);
        Assert.That(Epoch(loader), Is.EqualTo(Enumerable.Range(0, 30)));
    }

    [TestCase(1, 0)]
    [TestCase(3, 2)]
    public void Errors_in_reading_and_decoding_name_the_item(int workers, int prefetch)
    {
        static IEnumerable<int> Broken()
        {
            for (int i = 0; i < 7; i++) yield return i;
            throw new IOException("the line went dead");
        }

        using var reading = new DataLoader(StreamingDataset.From(_ => Broken(), Item), 3, workers: workers, prefetch: prefetch);
        var (good, error) = Fail(reading);
        Assert.That((good, error.Index), Is.EqualTo((2, 7L)));
        Assert.That(error.Message, Does.Contain("Item 7").And.Contain("dead"));
        Assert.That(error.InnerException, Is.TypeOf<IOException>());

        using var decoding = new DataLoader(Numbers(20).Select((x, y) => y.Item<long>() == 11 ? throw new FormatException("bad") : (x, y)), 3, workers: workers, prefetch: prefetch);
        (good, error) = Fail(decoding);
        Assert.That((good, error.Index), Is.EqualTo((3, 11L)));

        static (int Good, DatasetException Error) Fail(DataLoader loader)
        {
            int good = 0;
            var error = Assert.Throws<DatasetException>(() =>
            {
                foreach (var _ in loader) good++;
            })!;
            return (good, error);
        }
    }

    [Test]
    public void An_epoch_that_is_left_closes_its_source()
    {
        bool closed = false;
        IEnumerable<int> Records()
        {
            try
            {
                for (int i = 0; ; i++) yield return i;
            }
            finally
            {
                closed = true;
            }
        }

        using var loader = new DataLoader(StreamingDataset.From(_ => Records(), Item).Shuffle(5).Transform(), 4, workers: 2);
        foreach (var _ in loader) break;
        Assert.That(closed);
    }

    private static StreamingDataset Numbers(int count) => StreamingDataset.From(_ => Enumerable.Range(0, count), Item);

    private static (Tensor, Tensor) Item(int i) => (Tensor.From<float>([i], [1, 1, 1], Devices.Cpu), Tensor.From<long>([i], [], Devices.Cpu));

    private static long[] Order(StreamingDataset stream, long epoch) => [.. stream.Read(epoch).Select(make => make().Target.Item<long>())];

    private static long[] Epoch(DataLoader loader) => [.. loader.SelectMany(batch => batch.Targets.ToArray<long>())];
}
