using System.Collections;
using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// Cuts a dataset into batches, prepared by worker threads while the previous ones are used. Each <c>foreach</c> is one epoch. Batches
/// come in order, and with <c>shuffle</c> an epoch's order is a pure function of (seed, epoch): the number of workers, prefetching,
/// interruptions and the machine do not change it.
/// </summary>
public sealed class DataLoader : IEnumerable<Batch>, IDisposable
{
    /// <summary>The random stream of batch transforms: before those of items.</summary>
    private const int BatchStage = -1;

    private readonly Lock gate = new();
    private readonly List<BatchEnumerator> running = [];
    private readonly BatchSource source;
    private readonly BatchTransform? transform;
    private readonly long seed;
    private BatchEnumerator? latest;
    private DataLoaderPosition position;
    private bool positionWasSet;
    private bool disposed;

    /// <summary>A loader; nothing is read before it is enumerated.</summary>
    /// <param name="dataset">Where examples come from.</param>
    /// <param name="batchSize">Examples per batch; the last batch of an epoch may have fewer.</param>
    /// <param name="shuffle">Whether each epoch has a random order of its own.</param>
    /// <param name="seed">What that order, and what is random in <paramref name="transform"/>, depends on, with the epoch.</param>
    /// <param name="dropLast">Whether a last batch with fewer examples is left out.</param>
    /// <param name="prefetch">
    /// How many batches may lie ready besides those that the workers are making; 0 prepares each when it is asked for, on the caller's thread.
    /// </param>
    /// <param name="device">Where batches go; <see cref="Devices.Best"/> if null.</param>
    /// <param name="workers">How many threads make batches, each a whole one at a time.</param>
    /// <param name="transform">What becomes of a whole batch, on the workers: <see cref="MixUp"/>, <see cref="CutMix"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size or the number of workers is not positive, or prefetch negative.</exception>
    public DataLoader(
        Dataset dataset, int batchSize, bool shuffle = false, long seed = 0, bool dropLast = false, int prefetch = 2, Device? device = null,
        int workers = 1, BatchTransform? transform = null)
        : this(Source(dataset, shuffle, seed), batchSize, seed, dropLast, prefetch, device, workers, transform)
    {
        Dataset = dataset;
        Shuffle = shuffle;
    }

    /// <summary>A loader of a stream; nothing is read before it is enumerated.</summary>
    /// <param name="stream">Where examples come from, in their order: see <see cref="StreamingDataset.Shuffle"/>.</param>
    /// <param name="batchSize">Examples per batch; the last batch of an epoch may have fewer.</param>
    /// <param name="seed">What is random in <paramref name="transform"/> depends on it, with the epoch.</param>
    /// <param name="dropLast">Whether a last batch with fewer examples is left out.</param>
    /// <param name="prefetch">How many batches may lie ready besides those that the workers are making; 0 works on the caller's thread.</param>
    /// <param name="device">Where batches go; <see cref="Devices.Best"/> if null.</param>
    /// <param name="workers">How many threads make batches, each a whole one at a time; they read in turn and decode side by side.</param>
    /// <param name="transform">What becomes of a whole batch, on the workers.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch size or the number of workers is not positive, or prefetch negative.</exception>
    public DataLoader(
        StreamingDataset stream, int batchSize, long seed = 0, bool dropLast = false, int prefetch = 2, Device? device = null,
        int workers = 1, BatchTransform? transform = null)
        : this(Source(stream), batchSize, seed, dropLast, prefetch, device, workers, transform)
    {
    }

    private DataLoader(
        BatchSource source, int batchSize, long seed, bool dropLast, int prefetch, Device? device, int workers, BatchTransform? transform)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegative(prefetch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(workers);
        this.source = source;
        this.seed = seed;
        this.transform = transform;
        BatchSize = batchSize;
        DropLast = dropLast;
        Prefetch = prefetch;
        Workers = workers;
        Device = device ?? Devices.Best;
        Meter = new(prefetch == 0 ? 0 : workers);
    }

    /// <summary>Where examples come from; null if it is a stream.</summary>
    public Dataset? Dataset { get; }

    /// <summary>Whether each epoch has a random order of its own.</summary>
    public bool Shuffle { get; }

    /// <summary>Examples per batch.</summary>
    public int BatchSize { get; }

    /// <summary>Whether a last batch with fewer examples is left out.</summary>
    public bool DropLast { get; }

    /// <summary>How many batches may lie ready besides those that the workers are making.</summary>
    public int Prefetch { get; }

    /// <summary>How many threads make batches, unless <see cref="Prefetch"/> is 0.</summary>
    public int Workers { get; }

    /// <summary>Where batches go.</summary>
    public Device Device { get; }

    /// <summary>Batches per epoch.</summary>
    /// <exception cref="UnsupportedOperationException">It is a stream that does not know its length.</exception>
    public int BatchCount => KnownBatchCount ?? throw UnknownLength();

    /// <summary>Batches per epoch; null if it is a stream that does not know its length.</summary>
    public int? KnownBatchCount =>
        source.Count is { } count ? checked((int)(DropLast ? count / BatchSize : (count + BatchSize - 1) / BatchSize)) : null;

    /// <summary>Examples per epoch.</summary>
    /// <exception cref="UnsupportedOperationException">It is a stream that does not know its length.</exception>
    public int ExampleCount => DropLast ? BatchCount * BatchSize : (int)(source.Count ?? throw UnknownLength());

    /// <summary>How long batches took, how long the training waited for them, how busy the workers were.</summary>
    public DataLoaderStatistics Statistics
    {
        get
        {
            long ready = 0;
            lock (gate)
                foreach (var enumerator in running) ready += enumerator.ReadyBytes;
            return Meter.Read(ready);
        }
    }

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
            int? count = KnownBatchCount;
            if (value.Epoch < 0 || value.Batch < 0 || value.Batch > count)
                throw new ArgumentOutOfRangeException(nameof(value), value, $"A position has an epoch from 0 and a batch from 0{(count is null ? "" : $" to {count}")}.");
            lock (gate)
            {
                position = value.Batch > 0 && value.Batch == count ? new(value.Epoch + 1, 0) : value;
                positionWasSet = true;
            }
        }
    }

    internal LoaderMeter Meter { get; }

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

    /// <summary>Begins counting anew.</summary>
    public void ResetStatistics() => Meter.Reset();

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

    /// <summary>What makes the batches from a position to the end of its epoch.</summary>
    internal IEnumerable<Func<(Tensor Inputs, Tensor Targets)>> Jobs(DataLoaderPosition start)
    {
        int batch = start.Batch;
        foreach (var make in source.Read(start.Epoch, start.Batch, BatchSize, DropLast))
        {
            int number = batch++;
            yield return transform is null ? make : () =>
            {
                var (inputs, targets) = make();
                var transformed = transform.Apply(inputs, targets, new ItemRandom(seed, start.Epoch, number, BatchStage));
                if (!ReferenceEquals(transformed.Inputs, inputs)) inputs.Dispose();
                if (!ReferenceEquals(transformed.Targets, targets)) targets.Dispose();
                return transformed;
            };
        }
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

    private static MapSource Source(Dataset dataset, bool shuffle, long seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return new(dataset, shuffle, seed);
    }

    private static StreamSource Source(StreamingDataset stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new(stream);
    }

    private static UnsupportedOperationException UnknownLength() =>
        new("DataLoader: the stream does not know how many examples it has; override StreamingDataset.Count, or enumerate it.");

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
