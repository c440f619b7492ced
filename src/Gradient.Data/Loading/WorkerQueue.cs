using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Gradient.Data;

/// <summary>
/// Threads that call functions side by side and hand the results out in the order of the functions. At most so many as
/// <c>prefetch</c> and the threads together are begun and not handed out. An error comes in its place, after the good results.
/// </summary>
internal sealed class WorkerQueue : IDisposable
{
    private readonly object gate = new();    // guards what follows; a Monitor, because a Lock cannot wait
    private readonly Dictionary<long, Result> ready = [];
    private readonly Thread[] threads;
    private readonly object reading = new(); // held by the thread that advances jobs; taken before the gate
    private readonly IEnumerator<Func<(Tensor Inputs, Tensor Targets)>> jobs;
    private readonly LoaderMeter meter;
    private readonly int room;
    private long started, taken;
    private bool finished; // nothing more will be started
    private bool stopped;

    public WorkerQueue(IEnumerable<Func<(Tensor Inputs, Tensor Targets)>> jobs, int workers, int prefetch, LoaderMeter meter)
    {
        this.jobs = jobs.GetEnumerator();
        this.meter = meter;
        room = workers + prefetch;
        threads = new Thread[workers];
        for (int i = 0; i < workers; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true, Name = $"Gradient.Data.DataLoader {i}" };
            threads[i].UnsafeStart(i); // unsafe: without the caller's TensorScope, NoGrad and other ambient values
        }
    }

    /// <summary>Bytes of the results that lie ready.</summary>
    public long ReadyBytes
    {
        get
        {
            lock (gate)
            {
                long bytes = 0;
                foreach (var result in ready.Values) bytes += result.Bytes;
                return bytes;
            }
        }
    }

    /// <summary>The next result, waited for; false after the last.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    /// <exception cref="ObjectDisposedException">Disposed while waiting.</exception>
    public bool TryTake(out (Tensor Inputs, Tensor Targets) batch, CancellationToken cancellation)
    {
        using var wake = cancellation.UnsafeRegister(static queue => ((WorkerQueue)queue!).Wake(), this);
        long began = Stopwatch.GetTimestamp();
        lock (gate)
        {
            bool hit = ready.ContainsKey(taken);
            Result? result;
            while (!ready.TryGetValue(taken, out result) && !(finished && taken == started) && !stopped && !cancellation.IsCancellationRequested)
                Monitor.Wait(gate);
            cancellation.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(stopped, typeof(DataLoader));
            batch = default;
            if (result is null) return false;
            result.Failure?.Throw(); // it stays, to be thrown again
            batch = (result.Inputs!, result.Targets!);
            ready.Remove(taken++);
            Monitor.PulseAll(gate);
            meter.Delivered(Stopwatch.GetTimestamp() - began, hit);
            return true;
        }
    }

    /// <summary>Stops the threads, waits for them (no function is called afterwards), and drops what lies ready.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (stopped) return;
            stopped = true;
            Monitor.PulseAll(gate);
        }

        foreach (var thread in threads) thread.Join();
        foreach (var result in ready.Values) result.Dispose();
        ready.Clear();
        jobs.Dispose();
    }

    private void Wake()
    {
        lock (gate) Monitor.PulseAll(gate);
    }

    private void Work(object? worker)
    {
        long began = Stopwatch.GetTimestamp();
        while (TryStart(out long number, out var job))
        {
            long start = Stopwatch.GetTimestamp();
            var result = Run(job!);
            long end = Stopwatch.GetTimestamp();
            meter.Made((int)worker!, busy: end - start, idle: start - began);
            began = end;
            Publish(number, result);
        }
    }

    /// <summary>Waits for room, then for the next function. Only the thread at the head of the line asks for one, so numbers are in order.</summary>
    private bool TryStart(out long number, out Func<(Tensor, Tensor)>? job)
    {
        (number, job) = (0, null);
        lock (reading)
        {
            lock (gate)
            {
                while (!finished && !stopped && started - taken >= room) Monitor.Wait(gate);
                if (finished || stopped) return false;
            }

            Result? failure = null;
#pragma warning disable CA1031 // Whatever reading throws is thrown again where the batch is asked for.
            try
            {
                if (jobs.MoveNext()) job = jobs.Current;
            }
            catch (Exception e)
            {
                failure = new(ExceptionDispatchInfo.Capture(e));
            }
#pragma warning restore CA1031
            lock (gate)
            {
                if (job is not null)
                {
                    number = started++;
                    return true;
                }

                if (failure is not null) ready.Add(started++, failure);
                finished = true;
                Monitor.PulseAll(gate);
                return false;
            }
        }
    }

    private static Result Run(Func<(Tensor, Tensor)> job)
    {
#pragma warning disable CA1031 // Whatever the dataset throws is thrown again where the batch is asked for.
        try
        {
            var (inputs, targets) = job();
            return new(inputs, targets);
        }
        catch (Exception e)
        {
            return new(ExceptionDispatchInfo.Capture(e));
        }
#pragma warning restore CA1031
    }

    private void Publish(long number, Result result)
    {
        lock (gate)
        {
            ready.Add(number, result);
            finished |= result.Failure is not null;
            Monitor.PulseAll(gate);
        }
    }

    private sealed class Result : IDisposable
    {
        public Result(Tensor inputs, Tensor targets)
        {
            (Inputs, Targets) = (inputs, targets);
            Bytes = (inputs.ElementCount * inputs.DType.Size()) + (targets.ElementCount * targets.DType.Size());
        }

        public Result(ExceptionDispatchInfo failure) => Failure = failure;

        public Tensor? Inputs { get; }

        public Tensor? Targets { get; }

        public long Bytes { get; }

        public ExceptionDispatchInfo? Failure { get; }

        public void Dispose()
        {
            Inputs?.Dispose();
            Targets?.Dispose();
        }
    }
}
