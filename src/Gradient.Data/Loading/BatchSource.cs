using System.Runtime.InteropServices;

namespace Gradient.Data;

/// <summary>What a <see cref="DataLoader"/> cuts into batches: their making as functions, to be got in order and called anywhere.</summary>
internal abstract class BatchSource
{
    /// <summary>Examples per epoch; null if it is not known.</summary>
    public abstract long? Count { get; }

    /// <summary>What makes the batches of an epoch, from a batch onwards.</summary>
    public abstract IEnumerable<Func<(Tensor Inputs, Tensor Targets)>> Read(long epoch, int firstBatch, int batchSize, bool dropLast);
}

/// <summary>Batches of a dataset whose examples have numbers.</summary>
internal sealed class MapSource(Dataset dataset, bool shuffle, long seed) : BatchSource
{
    public override long? Count => dataset.Count;

    public override IEnumerable<Func<(Tensor Inputs, Tensor Targets)>> Read(long epoch, int firstBatch, int batchSize, bool dropLast)
    {
        var now = dataset.ForEpoch(epoch);
        int[] order = Order(epoch);
        int number = firstBatch;
        for (long start = (long)firstBatch * batchSize; start < order.Length; start += batchSize, number++)
        {
            var indices = order.AsMemory((int)start, (int)Math.Min(batchSize, order.Length - start));
            if (dropLast && indices.Length < batchSize) yield break;
            int batch = number;
            yield return () => Make(now, indices.Span, epoch, batch);
        }
    }

    private int[] Order(long epoch)
    {
        if (shuffle) return Permutation.Of(dataset.Count, seed, epoch);
        var order = new int[dataset.Count];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        return order;
    }

    private static (Tensor Inputs, Tensor Targets) Make(Dataset dataset, ReadOnlySpan<int> indices, long epoch, int batch)
    {
        try
        {
            return dataset.GetBatch(indices);
        }
        catch (Exception e) when (e is not DatasetException and not OperationCanceledException)
        {
            throw new DatasetException(
                $"Batch {batch} of epoch {epoch} (items {string.Join(", ", indices[..Math.Min(8, indices.Length)].ToArray())}" +
                $"{(indices.Length > 8 ? ", …" : "")}) could not be made by {dataset.GetType().Name}: {e.Message}", e);
        }
    }
}

/// <summary>Batches of a stream.</summary>
internal sealed class StreamSource(StreamingDataset stream) : BatchSource
{
    public override long? Count => stream.Count;

    public override IEnumerable<Func<(Tensor Inputs, Tensor Targets)>> Read(long epoch, int firstBatch, int batchSize, bool dropLast)
    {
        using var items = stream.Read(epoch).GetEnumerator();
        long number = 0;
        for (long skip = (long)firstBatch * batchSize; number < skip; number++)
            if (!Next(items, number)) yield break; // functions that are not called: nothing is decoded
        while (true)
        {
            var batch = new List<(long Number, Func<(Tensor, Tensor)> Make)>();
            while (batch.Count < batchSize && Next(items, number)) batch.Add((number++, items.Current));
            if (batch.Count == 0 || (dropLast && batch.Count < batchSize)) yield break;
            yield return () => Rows.Stack(
                CollectionsMarshal.AsSpan(batch), item => item.Make(), item => item.Number, stream.GetType().Name);
        }
    }

    private bool Next(IEnumerator<Func<(Tensor, Tensor)>> items, long number)
    {
        try
        {
            return items.MoveNext();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new DatasetException(number, $"Item {number} of {stream.GetType().Name} could not be read: {e.Message}", e);
        }
    }
}
