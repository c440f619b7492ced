using System.Globalization;
using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Memory;

/// <summary>That the profiler ties what is allocated, and the peak, to the right operations, and that its timeline loses no peak.</summary>
[NonParallelizable]
public class MemoryProfilerTests
{
    private const int Kilobyte = 1024;
    private FakeDevice device = null!;

    [SetUp]
    public void Make() => device = new();

    [Test]
    public void The_peak_belongs_to_the_operation_that_reached_it_and_tells_who_held_memory_then()
    {
        var earlier = Empty(8, "earlier");
        using var profiler = MemoryProfiler.Start(device);
        var a = Empty(64, "first");
        Empty(32, "Second").Dispose(); // a member's name
        var c = Empty(48, "second"); // the peak: 8 + 64 + 48
        a.Dispose();
        var d = Empty(16, "third");
        c.Dispose();
        d.Dispose();
        var seen = profiler.Stop().Devices.Single();
        Assert.Multiple(() =>
        {
            Assert.That(seen.Device, Is.EqualTo("fake"));
            Assert.That((seen.StartBytes, seen.EarlierBytesAtPeak), Is.EqualTo((8L * Kilobyte, 8L * Kilobyte)));
            Assert.That((seen.Peak.LiveBytes, seen.Peak.PooledBytes, seen.Peak.Operation), Is.EqualTo((120L * Kilobyte, 32L * Kilobyte, "second")));
            Assert.That(seen.Operations, Is.EqualTo(new[]
            {
                new OperationMemory("first", 1, 64 * Kilobyte, 64 * Kilobyte), new OperationMemory("second", 2, 80 * Kilobyte, 48 * Kilobyte),
                new OperationMemory("third", 1, 16 * Kilobyte, 0),
            }));
            Assert.That(seen.Peak.Elapsed, Is.LessThanOrEqualTo(seen.Duration));
        });
        earlier.Dispose();
    }

    [Test]
    public void What_was_there_before_and_went_before_the_peak_is_not_counted_in_it()
    {
        var earlier = Empty(8, "earlier");
        using var profiler = MemoryProfiler.Start(device);
        earlier.Dispose();
        Empty(24, "own").Dispose();
        var seen = profiler.Stop().Devices.Single();
        Assert.That((seen.StartBytes, seen.EarlierBytesAtPeak, seen.Peak.LiveBytes), Is.EqualTo((8L * Kilobyte, 0L, 24L * Kilobyte)));
        Assert.That(seen.Operations.Single().BytesAtPeak, Is.EqualTo(24 * Kilobyte));
    }

    [Test]
    public void Without_allocations_the_peak_is_the_start()
    {
        using var held = Empty(8, "earlier");
        using var profiler = MemoryProfiler.Start(device);
        var seen = profiler.Stop().Devices.Single();
        Assert.That((seen.Peak.LiveBytes, seen.Peak.Operation, seen.EarlierBytesAtPeak, seen.Operations.Count), Is.EqualTo((8L * Kilobyte, "", 8L * Kilobyte, 0)));
        Assert.That(seen.ToString(), Does.Contain("at the start").And.Contain("(before the start)"));
    }

    [Test]
    public void Regions_nest_and_belong_to_a_thread()
    {
        using var profiler = MemoryProfiler.Start(device);
        using (MemoryProfiler.Within("outer"))
        {
            Empty(1, "Make").Dispose();
            using (MemoryProfiler.Within("inner")) Empty(1, "Make").Dispose();
            var other = new Thread(() => Empty(1, "Make").Dispose());
            other.Start();
            other.Join();
            Empty(1, "Make").Dispose();
        }

        Empty(1, "Make").Dispose();
        var counts = profiler.Stop().Devices.Single().Operations.ToDictionary(entry => entry.Operation, entry => entry.Allocations);
        Assert.That(counts, Is.EquivalentTo(new Dictionary<string, long> { ["outer: make"] = 2, ["inner: make"] = 1, ["make"] = 2 }));
    }

    [Test]
    public void A_timeline_is_bounded_in_order_and_keeps_its_highest_moments()
    {
        using var profiler = MemoryProfiler.Start(device, samples: 16);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        int highest = 0;
        for (int i = 0; watch.ElapsedMilliseconds < 150; i = (i + 1) % 40)
        {
            Empty(1 + i, "wave").Dispose();
            highest = Math.Max(highest, 1 + i);
        }

        var spike = Empty(500, "spike");
        spike.Dispose();
        while (watch.ElapsedMilliseconds < 300) Empty(1, "after").Dispose();
        var seen = profiler.Stop().Devices.Single();
        Assert.Multiple(() =>
        {
            Assert.That(highest, Is.EqualTo(40));
            Assert.That(seen.Samples, Has.Count.InRange(6, 17));
            Assert.That(seen.Samples.Select(sample => sample.Elapsed), Is.Ordered);
            Assert.That(seen.Samples.Max(sample => sample.LiveBytes), Is.EqualTo(seen.Peak.LiveBytes).And.EqualTo(MemoryPool.SizeClass(500 * Kilobyte)));
            Assert.That(seen.Samples.MaxBy(sample => sample.LiveBytes).Operation, Is.EqualTo("spike"));
            Assert.That(seen.Samples[^1].Elapsed, Is.EqualTo(seen.Duration));
            Assert.That(seen.Duration, Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(290)));
        });
    }

    [Test]
    public void One_runs_at_a_time_and_stopping_twice_tells_the_same()
    {
        var profiler = MemoryProfiler.Start(device);
        Assert.Throws<InvalidOperationException>(() => MemoryProfiler.Start());
        Assert.That(MemoryProfiler.IsRunning);
        var profile = profiler.Stop();
        Assert.That(MemoryProfiler.IsRunning, Is.False);
        Empty(1, "late").Dispose();
        profiler.Dispose();
        Assert.That(profiler.Stop(), Is.SameAs(profile));
        Assert.That(profile.Devices.Single().Operations, Is.Empty);
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryProfiler.Start(device, samples: 15));
    }

    [Test]
    public void All_registered_pools_are_watched_those_made_later_too()
    {
        var early = Gradient.Core.Memory.CreatePool("early", new FakeSource(hostVisible: true));
        using var profiler = MemoryProfiler.Start();
        var late = Gradient.Core.Memory.CreatePool("late", new FakeSource(hostVisible: true));
        early.Return(early.Rent(1000, "a"));
        late.Return(late.Rent(2000, "b"));
        var devices = profiler.Stop().Devices.ToDictionary(entry => entry.Device);
        Assert.That(devices["early"].Operations.Single(), Is.EqualTo(new OperationMemory("a", 1, 1024, 1024)));
        Assert.That(devices["late"].Operations.Single(), Is.EqualTo(new OperationMemory("b", 1, 2048, 2048)));
    }

    [Test]
    public void Threads_that_allocate_side_by_side_are_all_counted()
    {
        using var profiler = MemoryProfiler.Start(device);
        Parallel.For(0, 4, thread =>
        {
            for (int i = 0; i < 5000; i++) Empty(1 + (i % 7), $"thread {thread}").Dispose();
        });
        var seen = profiler.Stop().Devices.Single();
        long each = Enumerable.Range(0, 5000).Sum(i => MemoryPool.SizeClass((1 + (i % 7)) * Kilobyte));
        Assert.That(seen.Operations.Select(entry => (entry.Allocations, entry.Bytes)), Is.EqualTo(Enumerable.Repeat((5000L, each), 4)));
        Assert.That(seen.Operations.Sum(entry => entry.BytesAtPeak) + seen.EarlierBytesAtPeak, Is.EqualTo(seen.Peak.LiveBytes));
    }

    [Test]
    public void What_was_live_at_the_peak_adds_up_to_it_in_random_histories([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var held = new List<Tensor>();
        for (int i = 0; i < 5; i++) held.Add(Empty(random.Next(1, 50), "earlier"));
        using var profiler = MemoryProfiler.Start(device);
        long live = held.Sum(tensor => MemoryPool.SizeClass(tensor.Storage.Bytes)), highest = live;
        for (int i = 0; i < 500; i++)
        {
            if (held.Count > 0 && random.Next(100) < 48)
            {
                int at = random.Next(held.Count);
                live -= MemoryPool.SizeClass(held[at].Storage.Bytes);
                held[at].Dispose();
                held.RemoveAt(at);
            }
            else
            {
                held.Add(Empty(random.Next(1, 50), $"operation {random.Next(4)}"));
                live += MemoryPool.SizeClass(held[^1].Storage.Bytes);
                highest = Math.Max(highest, live);
            }
        }

        var seen = profiler.Stop().Devices.Single();
        Assert.That(seen.Peak.LiveBytes, Is.EqualTo(highest));
        Assert.That(seen.Operations.Sum(entry => entry.BytesAtPeak) + seen.EarlierBytesAtPeak, Is.EqualTo(highest));
        foreach (var tensor in held) tensor.Dispose();
    }

    [Test]
    public void The_table_and_the_csv_say_what_was_seen()
    {
        using var profiler = MemoryProfiler.Start(device);
        var a = Empty(2048, "MatMul");
        Empty(100, "odd, \"name\"").Dispose();
        a.Dispose();
        var profile = profiler.Stop();
        var lines = profile.ToString().Split('\n').Select(line => line.Trim()).ToArray();
        Assert.That(lines[0], Does.StartWith("fake: peak of 2.1 MiB after ").And.Contain("in odd, \"name\"").And.EndWith("0.0 KiB were pooled then"));
        Assert.That(lines[2], Does.Match(@"^matMul +1 +2\.0 MiB +2\.0 MiB$"));
        Assert.That(lines[3], Does.Match(@"^odd, ""name"" +1 +112\.0 KiB +112\.0 KiB$"));

        var writer = new StringWriter(CultureInfo.InvariantCulture);
        profile.WriteCsv(writer);
        var rows = writer.ToString().TrimEnd('\n').Split('\n');
        var samples = profile.Devices.Single().Samples;
        Assert.That(rows[0], Is.EqualTo("device,seconds,live_bytes,pooled_bytes,operation"));
        Assert.That(rows, Has.Length.EqualTo(1 + samples.Count));
        int peak = samples.ToList().FindIndex(sample => sample.LiveBytes == profile.Devices.Single().Peak.LiveBytes);
        Assert.That(rows[1 + peak], Does.StartWith("fake,0.").And.EndWith($",{2160L * Kilobyte},0,\"odd, \"\"name\"\"\""));
    }

    private Tensor Empty(int kilobytes, string operation) => Tensor.Empty([kilobytes * Kilobyte], DType.Bool, device, operation);
}
