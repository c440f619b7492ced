using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Gradient.Backend.Cpu;

/// <summary>A piece of work that can be done in independent ranges.</summary>
internal interface IParallelBody
{
    /// <summary>Does the items <paramref name="start"/> (inclusive) to <paramref name="end"/> (exclusive).</summary>
    void Run(long start, long end);
}

/// <summary>
/// Persistent background threads that share the ranges of one loop with the thread that calls. A call allocates nothing.
/// </summary>
/// <remarks>
/// <para>Ranges are handed out through one atomic position, so which thread does a range, and how long the ranges are, depends
/// on the number of threads and on the moment. A body must therefore write every result from one item alone; a reduction
/// cuts its input into blocks by shape, makes each block an item, and adds the partial results in order.</para>
/// <para>One loop runs in parallel at a time: a call from inside a body, or while another thread's loop is running, does
/// its whole range on its own thread. That is always correct, and the machine is busy anyway.</para>
/// <para>The caller never waits for a worker that has not begun: a loop has a gate, which workers enter while it is open.
/// The caller shuts it when no range is left and waits only for those inside. A worker that wakes late finds the next loop.</para>
/// </remarks>
internal sealed unsafe class WorkerPool
{
    /// <summary>
    /// A thread takes what is left, divided by this and the number of threads: long ranges first, which cost little, short ones at the
    /// end, which are not waited for long (C. Polychronopoulos and D. Kuck, "Guided Self-Scheduling", 1987).
    /// </summary>
    private const int Shares = 2;

    /// <summary>
    /// How long a thread waits without letting go of its core. A wake-up costs 50 µs, but on a core with other work a thread that lets go
    /// gets it back milliseconds later; and the next loop of a step comes soon.
    /// </summary>
    private static readonly long SpinTicks = Stopwatch.Frequency / 1_000;

    [ThreadStatic]
    private static bool insideLoop;

    private readonly Lock resize = new();
    private Crew? crew;
    private int threads;
    private int busy;

    /// <summary>The pool of the CPU backend.</summary>
    public static WorkerPool Shared { get; } = new(Environment.ProcessorCount);

    public WorkerPool(int threads) => Threads = threads;

    /// <summary>How many threads take part in a loop, the caller among them; at least 1.</summary>
    public int Threads
    {
        get => Volatile.Read(ref threads);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            lock (resize)
            {
                if (value == threads)
                    return;
                threads = value;
                Interlocked.Exchange(ref crew, null)?.Dismiss();
            }
        }
    }

    /// <summary>Whether the current thread is inside a loop, so that a loop started here would not be shared.</summary>
    public static bool IsInsideLoop => insideLoop;

    /// <summary>
    /// Runs <paramref name="body"/> over 0 … <paramref name="count"/> in ranges of at least <paramref name="grain"/> items and
    /// returns when all are done. The first exception of a range ends the loop early and is thrown here.
    /// </summary>
    /// <param name="count">Number of items; nothing happens for 0.</param>
    /// <param name="grain">The least number of items that is worth giving away.</param>
    /// <param name="body">The work; copied, so that its fields are the same for every range.</param>
    public void For<TBody>(long count, long grain, in TBody body)
        where TBody : struct, IParallelBody
    {
        if (count <= 0)
            return;
        TBody local = body;
        int width = Threads;
        grain = Math.Max(grain, 1);
        if (width == 1 || grain >= count || insideLoop || Interlocked.CompareExchange(ref busy, 1, 0) != 0)
        {
            local.Run(0, count);
            return;
        }

        insideLoop = true;
        try
        {
#pragma warning disable CS8500 // The body lies on this stack frame, which does not move and outlives the loop; the collector sees its references there.
            CurrentCrew().Run(&Invoke<TBody>, &local, count, grain);
#pragma warning restore CS8500
        }
        finally
        {
            insideLoop = false;
            Volatile.Write(ref busy, 0);
        }
    }

    private Crew CurrentCrew()
    {
        Crew? current = Volatile.Read(ref crew);
        if (current is not null)
            return current;
        lock (resize)
            return crew ??= new Crew(threads - 1);
    }

    private static void Invoke<TBody>(void* body, long start, long end)
        where TBody : struct, IParallelBody => Unsafe.AsRef<TBody>(body).Run(start, end);

    /// <summary>A fixed number of threads. Changing the number means a new crew.</summary>
    private sealed class Crew
    {
        /// <summary>The bit of <see cref="Shared.Gate"/> that is set while a loop may be entered; the rest counts who is inside.</summary>
        private const int Open = 1 << 30;

        private readonly object parking = new();
        private Shared shared;
        private delegate*<void*, long, long, void> invoke;
        private void* body;
        private long count;
        private long grain;
        private readonly int threads;
        private Exception? failure;
        private int parked;
        private volatile bool dismissed;

        public Crew(int size)
        {
            threads = size + 1;
            for (int i = 0; i < size; i++)
                new Thread(Work) { IsBackground = true, Name = "Gradient worker " + i }.Start();
        }

        public void Run(delegate*<void*, long, long, void> invoke, void* body, long count, long grain)
        {
            this.invoke = invoke;
            this.body = body;
            this.count = count;
            this.grain = grain;
            failure = null;
            Volatile.Write(ref shared.Next, 0);
            // First the gate, then the generation: whoever sees the new generation finds the gate open, or has nothing left to do.
            Interlocked.Exchange(ref shared.Gate, Open);
            Interlocked.Increment(ref shared.Generation);
            WakeParked((count + grain - 1) / grain - 1);

            TakeRanges();
            Interlocked.And(ref shared.Gate, ~Open);
            if (!SpinUntil(ref shared.Gate, 0, isEqual: true))
            {
                var spinner = new SpinWait();
                while (Volatile.Read(ref shared.Gate) != 0)
                    spinner.SpinOnce(sleep1Threshold: -1);
            }

            if (failure is { } first)
                ExceptionDispatchInfo.Throw(first);
        }

        public void Dismiss()
        {
            dismissed = true;
            Interlocked.Increment(ref shared.Generation);
            WakeParked(int.MaxValue);
        }

        private void WakeParked(long wanted)
        {
            if (Volatile.Read(ref parked) == 0)
                return;
            lock (parking)
            {
                for (long i = Math.Min(wanted, parked); i > 0; i--)
                    Monitor.Pulse(parking);
            }
        }

        private void TakeRanges()
        {
            try
            {
                long start = Volatile.Read(ref shared.Next);
                while (start < count)
                {
                    long left = count - start, length = Math.Min(Math.Max(grain, left / (Shares * threads)), left);
                    long found = Interlocked.CompareExchange(ref shared.Next, start + length, start);
                    if (found == start)
                    {
                        invoke(body, start, start + length);
                        found = Volatile.Read(ref shared.Next);
                    }

                    start = found;
                }
            }
#pragma warning disable CA1031 // Every exception of a body, whatever its type, belongs to the thread that started the loop.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref failure, exception, null);
                Volatile.Write(ref shared.Next, count);
            }
        }

        private void Work()
        {
            insideLoop = true;
            int seen = 0;
            while (true)
            {
                AwaitNext(seen);
                if (dismissed)
                    return;
                // The generation is read before entering: should it be an old one, the gate is tried once more, which is harmless.
                seen = Volatile.Read(ref shared.Generation);
                int gate = Volatile.Read(ref shared.Gate);
                while ((gate & Open) != 0)
                {
                    int found = Interlocked.CompareExchange(ref shared.Gate, gate + 1, gate);
                    if (found == gate)
                    {
                        TakeRanges();
                        Interlocked.Decrement(ref shared.Gate);
                        break;
                    }

                    gate = found;
                }
            }
        }

        private void AwaitNext(int seen)
        {
            if (SpinUntil(ref shared.Generation, seen, isEqual: false))
                return;
            lock (parking)
            {
                Interlocked.Increment(ref parked);
                while (Volatile.Read(ref shared.Generation) == seen)
                    Monitor.Wait(parking);
                Interlocked.Decrement(ref parked);
            }
        }

        /// <summary>Waits until a word equals a value, or no longer does; false if that takes too long, or there are more threads than cores.</summary>
        private bool SpinUntil(ref int word, int value, bool isEqual)
        {
            long start = Stopwatch.GetTimestamp();
            do
            {
                for (int i = 0; i < 16; i++)
                {
                    if ((Volatile.Read(ref word) == value) == isEqual)
                        return true;
                    Thread.SpinWait(4);
                }
            }
            while (threads <= Environment.ProcessorCount && Stopwatch.GetTimestamp() - start < SpinTicks);
            return false;
        }

        /// <summary>The words that threads contend for, each on cache lines of its own.</summary>
        [StructLayout(LayoutKind.Explicit, Size = 512)]
        private struct Shared
        {
            [FieldOffset(128)]
            public int Gate;

            [FieldOffset(132)]
            public int Generation;

            [FieldOffset(256)]
            public long Next;
        }
    }
}
