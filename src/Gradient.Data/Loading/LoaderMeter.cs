using System.Diagnostics;

namespace Gradient.Data;

/// <summary>Counts what <see cref="DataLoaderStatistics"/> tells.</summary>
internal sealed class LoaderMeter(int workers)
{
    private readonly Lock gate = new();
    private readonly long[] busy = new long[workers], idle = new long[workers];
    private long batches, hits, loading, waiting;

    /// <summary>A batch was made, in so many ticks, by a worker that had been without work for so many.</summary>
    public void Made(int worker, long busy, long idle)
    {
        LoaderInstruments.Loaded(busy);
        lock (gate)
        {
            loading += busy;
            this.busy[worker] += busy;
            this.idle[worker] += idle;
        }
    }

    /// <summary>A batch was made on the thread that asked for it.</summary>
    public void MadeAndDelivered(long ticks)
    {
        LoaderInstruments.Loaded(ticks);
        LoaderInstruments.Waited(ticks);
        lock (gate)
        {
            loading += ticks;
            waiting += ticks;
            batches++;
        }
    }

    /// <summary>A batch was handed out after so many ticks.</summary>
    public void Delivered(long ticks, bool hit)
    {
        LoaderInstruments.Waited(ticks);
        lock (gate)
        {
            batches++;
            waiting += ticks;
            if (hit) hits++;
        }
    }

    public DataLoaderStatistics Read(long readyBytes)
    {
        lock (gate)
        {
            var utilization = new double[busy.Length];
            for (int i = 0; i < utilization.Length; i++)
                utilization[i] = busy[i] + idle[i] == 0 ? 0 : (double)busy[i] / (busy[i] + idle[i]);
            return new()
            {
                Batches = batches,
                PrefetchHits = hits,
                LoadTime = Stopwatch.GetElapsedTime(0, loading),
                WaitTime = Stopwatch.GetElapsedTime(0, waiting),
                WorkerUtilization = utilization,
                ReadyBytes = readyBytes,
            };
        }
    }

    public void Reset()
    {
        lock (gate)
        {
            Array.Clear(busy);
            Array.Clear(idle);
            batches = hits = loading = waiting = 0;
        }
    }
}
