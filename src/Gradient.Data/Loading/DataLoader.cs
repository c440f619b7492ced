using System.Collections;
using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// Cuts a dataset into batches, prepared by a background thread while the previous ones are used. Each <c>foreach</c> is one epoch.
/// With <c>shuffle</c>, an epoch's order is a pure function of (seed, epoch): prefetching, interruptions and the machine do not change it.
/// </summary>
public sealed class DataLoader : IEnumerable<Batch>, IDisposable
{
    private readonly Lock gate = new();
    private readonly List<BatchEnumerator> running = [];
    private readonly long seed;
    private BatchEnumerator? latest;
    private DataLoaderPosition position;
    private bool positionWasSet;
    private bool disposed;

    /// <summary>A loader; nothing is read before it is enumerated.</summary>
    /// <param name="dataset">Where examples come from.</param>
    /// <param name="batchSize">Examples per batch; the last batch of an epoch may have fewer.</param>
    /// <param name="shuffle">Whether each epoch has a random order of its own.</param>
    /// <param name="seed">What that order depends on, with the epoch.</param>
    /// <param name="dropLast">Whether a last batch with fewer examples is left out.</param>
    /// <param name="prefetch">How many batches may lie ready; 0 prepares each when it is asked for, on the caller's thread.</param>
    /// <param name="device">Where batches go; <see cref="Devices.Best"/> if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size is not positive, or prefetch negative.</exception>
    public DataLoader(
        Dataset dataset, int batchSize, bool shuffle = false, long seed = 0, bool dropLast = false, int prefetch = 2, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(prefetch);
        Dataset = dataset;
        BatchSize = batchSize;
        Shuffle = shuffle;
        this.seed = seed;
        DropLast = dropLast;
        Prefetch = prefetch;
        Device = device ?? Devices.Best;
    }

    /// <summary>Where examples come from.</summary>
    public Dataset Dataset { get; }

    /// <summary>Examples per batch.</summary>
    public int BatchSize { get; }

    /// <summary>Whether each epoch has a random order of its own.</summary>
    public bool Shuffle { get; }

    /// <summary>Whether a last batch with fewer examples is left out.</summary>
    public bool DropLast { get; }

    /// <summary>How many batches may lie ready.</summary>
    public int Prefetch { get; }

    /// <summary>Where batches go.</summary>
    public Device Device { get; }

    /// <summary>Batches per epoch.</summary>
    public int BatchCount => (Dataset.Count / BatchSize) + (!DropLast && Dataset.Count % BatchSize != 0 ? 1 : 0);

    /// <summary>Examples per epoch.</summary>
    public int ExampleCount => DropLast ? BatchCount * BatchSize : Dataset.Count;

    /// <summary>
    /// How far the latest enumeration has come; to be saved with a checkpoint. After it is set, the next enumeration delivers what is
    /// left of that epoch; every other one begins an epoch that has not begun yet, also after a <c>break</c>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The loader has no such position.</exception>
    public DataLoaderPosition Position
    {
        get
        {
            lock (gate) return position;
        }

        set
        {
            if (value.Epoch < 0 || value.Batch < 0 || value.Batch > BatchCount)
                throw new ArgumentOutOfRangeException(nameof(value), value, $"A position has an epoch from 0 and a batch from 0 to {BatchCount}.");
            lock (gate)
            {
                position = value.Batch > 0 && value.Batch == BatchCount ? new(value.Epoch + 1, 0) : value;
                positionWasSet = true;
            }
        }
    }

    /// <summary>Begins an epoch; <c>foreach</c> calls it.</summary>
    /// <exception cref="ObjectDisposedException">The loader was disposed.</exception>
    public IEnumerator<Batch> GetEnumerator() => Begin(CancellationToken.None);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>An epoch that ends with <see cref="OperationCanceledException"/> as soon as <paramref name="cancellation"/> asks for it.</summary>
    public IEnumerable<Batch> WithCancellation(CancellationToken cancellation)
    {
        using var batches = Begin(cancellation);
        while (batches.MoveNext()) yield return batches.Current;
    }

    /// <summary>Ends running enumerations and waits for their threads. Batches already delivered stay valid.</summary>
    public void Dispose()
    {
        BatchEnumerator[] ended;
        lock (gate)
        {
            disposed = true;
            ended = [.. running];
        }

        foreach (var enumerator in ended) enumerator.Dispose();
    }

    /// <summary>The examples' order in an epoch.</summary>
    internal int[] Order(long epoch)
    {
        if (Shuffle) return Permutation.Of(Dataset.Count, seed, epoch);
        var order = new int[Dataset.Count];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        return order;
    }

    internal void Report(BatchEnumerator enumerator, DataLoaderPosition reached)
    {
        lock (gate)
            if (ReferenceEquals(latest, enumerator) && !positionWasSet) position = reached;
    }

    internal void End(BatchEnumerator enumerator)
    {
        lock (gate) running.Remove(enumerator);
    }

    private BatchEnumerator Begin(CancellationToken cancellation)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (!positionWasSet && position.Batch > 0) position = new(position.Epoch + 1, 0);
            positionWasSet = false;
            var enumerator = new BatchEnumerator(this, position, cancellation);
            running.Add(enumerator);
            latest = enumerator;
            return enumerator;
        }
    }
}
