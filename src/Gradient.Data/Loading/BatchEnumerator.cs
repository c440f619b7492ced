using System.Collections;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>One epoch, or the rest of one: a thread puts batches into a bounded queue, the caller takes them out.</summary>
internal sealed class BatchEnumerator : IEnumerator<Batch>
{
    private readonly DataLoader loader;
    private readonly CancellationToken cancellation;
    private readonly CancellationTokenSource stop;
    private readonly BlockingCollection<(Tensor Inputs, Tensor Targets)>? queue;
    private readonly Thread? thread;
    private readonly long epoch;
    private readonly int last;
    private int[]? order;
    private int next;
    private ExceptionDispatchInfo? failure;
    private bool disposed;

    public BatchEnumerator(DataLoader loader, DataLoaderPosition start, CancellationToken cancellation)
    {
        this.loader = loader;
        this.cancellation = cancellation;
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        (epoch, next) = (start.Epoch, start.Batch);
        last = loader.BatchCount;
        if (loader.Prefetch == 0) return;
        queue = new(loader.Prefetch);
        thread = new Thread(Produce) { IsBackground = true, Name = "Gradient.Data.DataLoader" };
        thread.UnsafeStart(next); // unsafe: without the caller's TensorScope, NoGrad and other ambient values
    }

    public Batch Current { get; private set; } = null!;

    object IEnumerator.Current => Current;

    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(disposed, loader);
        cancellation.ThrowIfCancellationRequested();
        if (next == last)
        {
            loader.Report(this, new(epoch + 1, 0));
            return false;
        }

        using (TensorScope.Suppress()) // a batch outlives the scope that happens to be open when it is asked for
        {
            var (inputs, targets) = queue is null ? Make(next) : Take(queue);
            Current = new(new(inputs.To(loader.Device)), new(targets.To(loader.Device)));
            if (!ReferenceEquals(Current.Inputs.Value, inputs)) inputs.Dispose();
            if (!ReferenceEquals(Current.Targets.Value, targets)) targets.Dispose();
        }

        next++;
        loader.Report(this, new(epoch, next));
        return true;
    }

    public void Reset() => throw new NotSupportedException("An epoch runs once; begin another foreach.");

    /// <summary>Stops the thread, waits for it (the dataset is not called any more afterwards), and drops what lies ready.</summary>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        loader.End(this);
        stop.Cancel();
        thread?.Join();
        while (queue?.TryTake(out var batch) == true)
        {
            batch.Inputs.Dispose();
            batch.Targets.Dispose();
        }

        queue?.Dispose();
        stop.Dispose();
    }

    private (Tensor Inputs, Tensor Targets) Take(BlockingCollection<(Tensor Inputs, Tensor Targets)> ready)
    {
        if (ready.TryTake(out var batch, Timeout.Infinite, cancellation)) return batch;
        cancellation.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(disposed, loader); // by another thread
        failure!.Throw();
        return default;
    }

    private void Produce(object? from)
    {
        try
        {
            for (int batch = (int)from!; batch < last; batch++)
            {
                var made = Make(batch);
                try
                {
                    queue!.Add(made, stop.Token);
                }
                catch
                {
                    made.Inputs.Dispose();
                    made.Targets.Dispose();
                    throw;
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The caller ended the enumeration, or asked for the cancellation that MoveNext throws.
        }
#pragma warning disable CA1031 // Whatever the dataset throws is thrown again where the batch is asked for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            queue!.CompleteAdding();
        }
    }

    private (Tensor Inputs, Tensor Targets) Make(int batch)
    {
        stop.Token.ThrowIfCancellationRequested();
        order ??= loader.Order(epoch);
        int start = batch * loader.BatchSize;
        var indices = order.AsSpan(start, Math.Min(loader.BatchSize, order.Length - start));
        try
        {
            return loader.Dataset.GetBatch(indices);
        }
        catch (Exception e) when (e is not DatasetException and not OperationCanceledException)
        {
            throw new DatasetException(
                $"Batch {batch} of epoch {epoch} (items {string.Join(", ", indices[..Math.Min(8, indices.Length)].ToArray())}" +
                $"{(indices.Length > 8 ? ", …" : "")}) could not be made by {loader.Dataset.GetType().Name}: {e.Message}", e);
        }
    }
}
