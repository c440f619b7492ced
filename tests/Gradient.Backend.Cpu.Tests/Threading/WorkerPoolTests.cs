using System.Collections.Concurrent;

namespace Gradient.Backend.Cpu.Tests;

[TestFixture]
public class WorkerPoolTests
{
    private readonly struct Count(int[] visits) : IParallelBody
    {
        public void Run(long start, long end)
        {
            for (long i = start; i < end; i++)
                Interlocked.Increment(ref visits[i]);
        }
    }

    private readonly struct Act(Action<long, long> action) : IParallelBody
    {
        public void Run(long start, long end) => action(start, end);
    }

    [Test]
    public void EveryItemIsDoneOnce([Values(1, 2, 3, 8)] int threads, [Values(0, 1, 2, 7, 63, 64, 1000, 100_003)] int count, [Values(1, 5, 1000)] int grain)
    {
        var pool = new WorkerPool(threads);
        var visits = new int[count];
        for (int round = 0; round < 20; round++)
            pool.For(count, grain, new Count(visits));
        Assert.That(visits, Is.All.EqualTo(20));
        pool.Threads = 1;
    }

    [Test]
    public void RangesAreNotShorterThanTheGrain()
    {
        var pool = new WorkerPool(2);
        var ranges = new ConcurrentBag<(long Start, long End)>();
        pool.For(1000, 300, new Act((start, end) => ranges.Add((start, end))));
        Assert.That(ranges.OrderBy(r => r.Start), Is.EqualTo(new[] { (0L, 300L), (300L, 600L), (600L, 900L), (900L, 1000L) }));
        pool.Threads = 1;
    }

    [Test]
    public void WorkIsShared()
    {
        var pool = new WorkerPool(2);
        using var meeting = new Barrier(2);
        // Two ranges that wait for each other end only if two threads run them.
        bool met = true;
        pool.For(2, 1, new Act((_, _) => met &= meeting.SignalAndWait(TimeSpan.FromSeconds(20))));
        Assert.That(met, Is.True);
        pool.Threads = 1;
    }

    [Test]
    public void NestedLoopsRunOnTheThreadThatCallsThem()
    {
        var pool = new WorkerPool(3);
        var visits = new int[40 * 50];
        int strangers = 0;
        pool.For(40, 1, new Act((start, end) =>
        {
            int thread = Environment.CurrentManagedThreadId;
            for (long i = start; i < end; i++)
            {
                long row = i;
                pool.For(50, 1, new Act((from, to) =>
                {
                    if (Environment.CurrentManagedThreadId != thread)
                        Interlocked.Increment(ref strangers);
                    for (long j = from; j < to; j++)
                        Interlocked.Increment(ref visits[(row * 50) + j]);
                }));
            }
        }));
        Assert.That(visits, Is.All.EqualTo(1));
        Assert.That(strangers, Is.Zero);
        pool.Threads = 1;
    }

    [Test]
    public void ExceptionsReachTheCallerAndThePoolGoesOn([Values(1, 2, 3)] int threads)
    {
        var pool = new WorkerPool(threads);
        for (int round = 0; round < 50; round++)
        {
            int bad = round * 19 % 1000;
            var thrown = Assert.Throws<InvalidOperationException>(() => pool.For(1000, 1, new Act((start, end) =>
            {
                if (start <= bad && bad < end)
                    throw new InvalidOperationException("item " + bad);
            })));
            Assert.That(thrown!.Message, Is.EqualTo("item " + bad));
            var visits = new int[100];
            pool.For(100, 1, new Count(visits));
            Assert.That(visits, Is.All.EqualTo(1));
        }

        pool.Threads = 1;
    }

    [Test]
    public void ManyThreadsMayCallAtOnceWhileTheSizeChanges()
    {
        var pool = new WorkerPool(2);
        bool stop = false;
        var callers = new Thread[6];
        var failures = new ConcurrentBag<string>();
        for (int c = 0; c < callers.Length; c++)
        {
            callers[c] = new Thread(() =>
            {
                var visits = new int[997];
                for (int round = 1; round <= 300; round++)
                {
                    pool.For(visits.Length, 10, new Count(visits));
                    if (visits.Any(v => v != round))
                        failures.Add("round " + round);
                }
            });
            callers[c].Start();
        }

        var resizer = new Thread(() =>
        {
            for (int i = 0; !Volatile.Read(ref stop); i++)
            {
                pool.Threads = 1 + (i % 4);
                Thread.Sleep(1);
            }
        });
        resizer.Start();
        foreach (Thread caller in callers)
            Assert.That(caller.Join(TimeSpan.FromSeconds(60)), Is.True, "a caller hangs");
        Volatile.Write(ref stop, true);
        resizer.Join();
        Assert.That(failures, Is.Empty);
        pool.Threads = 1;
    }

    [Test]
    public void WorkersWakeFromParking()
    {
        var pool = new WorkerPool(2);
        using var meeting = new Barrier(2);
        for (int round = 0; round < 20; round++)
        {
            bool met = true;
            Thread.Sleep(2); // long past the time that a worker spins
            pool.For(2, 1, new Act((_, _) => met &= meeting.SignalAndWait(TimeSpan.FromSeconds(20))));
            Assert.That(met, Is.True);
        }

        pool.Threads = 1;
    }

    [Test]
    public void ALoopAllocatesNothing()
    {
        var pool = new WorkerPool(2);
        var visits = new int[1000];
        var body = new Count(visits);
        for (int i = 0; i < 10; i++)
            pool.For(visits.Length, 10, body);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            pool.For(visits.Length, 10, body);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        pool.Threads = 1;
    }

    [Test]
    public void FewerThanOneThreadIsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => WorkerPool.Shared.Threads = 0);
}
