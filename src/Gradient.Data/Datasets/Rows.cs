namespace Gradient.Data;

/// <summary>
/// Copies rows (slices of the first axis) between tensors. On the CPU these are plain copies of bytes, which leave the workers of the
/// backend to the training that runs meanwhile.
/// </summary>
internal static class Rows
{
    /// <summary>Room for so many rows like <paramref name="row"/>.</summary>
    public static Tensor Empty(Tensor row, int count) => Tensor.Empty(row.Shape.Insert(0, count), row.DType, row.Device, "batch");

    /// <summary>Items got one after the other and copied into their place: inputs [count, …], targets [count, …].</summary>
    /// <param name="items">At least one.</param>
    /// <param name="get">Gets one.</param>
    /// <param name="number">Its number, for the error.</param>
    /// <param name="source">Where it is from, for the error.</param>
    /// <exception cref="DatasetException">An item threw, or its shapes or types differ from those of the first.</exception>
    public static (Tensor Inputs, Tensor Targets) Stack<T>(
        ReadOnlySpan<T> items, Func<T, (Tensor Input, Tensor Target)> get, Func<T, long> number, string source)
    {
        Tensor? inputs = null, targets = null;
        for (int i = 0; i < items.Length; i++)
        {
            try
            {
                var (input, target) = get(items[i]);
                inputs ??= Empty(input, items.Length);
                targets ??= Empty(target, items.Length);
                Put(input, inputs, i);
                Put(target, targets, i);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                long index = number(items[i]);
                throw new DatasetException(index, $"Item {index} of {source} could not be read: {e.Message}", e);
            }
        }

        return (inputs!, targets!);
    }

    /// <summary>batch[index] ← row.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    /// <exception cref="DTypeMismatchException">The types differ.</exception>
    public static unsafe void Put(Tensor row, Tensor batch, int index)
    {
        var place = batch.View(batch.Layout.Select(0, index));
        if (row.Shape != place.Shape)
            throw new ShapeMismatchException($"shape {row.Shape} where the first item of the batch has {place.Shape}; items of a batch have equal shapes.");
        if (row.DType != batch.DType)
            throw new DTypeMismatchException($"{row.DType.Name()} where the first item of the batch has {batch.DType.Name()}; items of a batch have one type.");
        if (row.IsContiguous && row.Device.Kind == DeviceKind.Cpu && batch.Device.Kind == DeviceKind.Cpu)
        {
            long bytes = row.ElementCount * row.DType.Size();
            Buffer.MemoryCopy(HostBytes.Address(row), HostBytes.Address(place), bytes, bytes);
            GC.KeepAlive(row);
            GC.KeepAlive(batch);
        }
        else
        {
            place.CopyFrom(row);
        }
    }

    /// <summary>The rows of a contiguous tensor at these indices, which have been checked.</summary>
    public static unsafe Tensor Gather(Tensor source, ReadOnlySpan<int> indices)
    {
        var rowShape = source.Layout.Select(0, 0).Shape;
        var batch = Tensor.Empty(rowShape.Insert(0, indices.Length), source.DType, source.Device, "batch");
        if (source.Device.Kind != DeviceKind.Cpu)
        {
            // An index expanded over the other axes selects whole rows; see IBackend.Gather.
            var index = Tensor.From(indices, [indices.Length], source.Device);
            while (index.Rank < batch.Rank) index = index.View(index.Layout.Unsqueeze(index.Rank));
            source.Backend.Gather(source, 0, index.View(index.Layout.Expand(batch.Shape)), batch);
            return batch;
        }

        long bytes = rowShape.ElementCount * source.DType.Size();
        byte* from = HostBytes.Address(source), to = HostBytes.Address(batch);
        for (int i = 0; i < indices.Length; i++) Buffer.MemoryCopy(from + (indices[i] * bytes), to + (i * bytes), bytes, bytes);
        GC.KeepAlive(source);
        GC.KeepAlive(batch);
        return batch;
    }
}
