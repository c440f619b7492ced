using System.Collections;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>One epoch, or the rest of one, made by workers or, without them, on the caller's thread.</summary>
internal sealed class BatchEnumerator : IEnumerator<Batch>
{
    private readonly DataLoader loader;
    private readonly CancellationToken cancellation;
    private readonly WorkerQueue? queue;
    private readonly IEnumerator<Func<(Tensor Inputs, Tensor Targets)>>? jobs;
    private readonly long epoch;
    private int next;
    private ExceptionDispatchInfo? failure;
    private bool ended, disposed;

    public BatchEnumerator(DataLoader loader, DataLoaderPosition start, CancellationToken cancellation)
    {
        this.loader = loader;
        this.cancellation = cancellation;
        (epoch, next) = (start.Epoch, start.Batch);
        var all = loader.Jobs(start);
        if (loader.Prefetch == 0) jobs = all.GetEnumerator();
        else queue = new(all, loader.Workers, loader.Prefetch, loader.Meter);
    }

    public Batch Current { get; private set; } = null!;

    object IEnumerator.Current => Current;

    /// <summary>Bytes of the batches that lie ready.</summary>
    public long ReadyBytes => queue?.ReadyBytes ?? 0;

    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(disposed, loader);
        cancellation.ThrowIfCancellationRequested();
        if (ended) return false;
        using (TensorScope.Suppress()) // a batch outlives the scope that happens to be open when it is asked for
        {
            if (!TryTake(out var batch))
            {
                ended = true;
                loader.Report(this, new(epoch + 1, 0));
                return false;
            }

            Current = new(new(batch.Inputs.To(loader.Device)), new(batch.Targets.To(loader.Device)));
            if (!ReferenceEquals(Current.Inputs.Value, batch.Inputs)) batch.Inputs.Dispose();
            if (!ReferenceEquals(Current.Targets.Value, batch.Targets)) batch.Targets.Dispose();
        }

        next++;
        loader.Report(this, new(epoch, next));
        return true;
    }

    public void Reset() => throw new NotSupportedException("An epoch runs once; begin another foreach.");

    /// <summary>Stops the workers, waits for them (the dataset is not called any more afterwards), and drops what lies ready.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        loader.End(this);
        queue?.Dispose();
        jobs?.Dispose();
    }

    private bool TryTake(out (Tensor Inputs, Tensor Targets) batch)
    {
        if (queue is not null) return queue.TryTake(out batch, cancellation);
        failure?.Throw();
        long began = Stopwatch.GetTimestamp();
        batch = default;
        try
        {
            if (!jobs!.MoveNext()) return false;
            batch = jobs.Current();
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e); // or the next call would pass over this batch in silence
            throw;
        }

        loader.Meter.MadeAndDelivered(Stopwatch.GetTimestamp() - began);
        return true;
    }
}
