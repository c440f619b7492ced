namespace Gradient.Data;

/// <summary>
/// Examples that come one after the other: files too large to number, a database, a network. <see cref="Read"/> gives for each a function
/// that makes it: what is read there, one thread at a time, should be little (a line, a file's name, a range of bytes), and what takes
/// time (decoding, transforming) belongs into the function, which the workers of a <see cref="DataLoader"/> run side by side. They deal the
/// functions out among themselves and deliver in the order of reading, so that the number of workers changes nothing.
/// </summary>
public abstract class StreamingDataset
{
    /// <summary>The number of examples of an epoch; null if it is not known before the end.</summary>
    public virtual long? Count => null;

    internal virtual int RandomStages => 0;

    /// <summary>The examples of an epoch in order. The same epoch must give the same examples again, or a resumed training differs.</summary>
    /// <param name="epoch">From 0.</param>
    public abstract IEnumerable<Func<(Tensor Input, Tensor Target)>> Read(long epoch);

    /// <summary>Records read one after the other, and made into examples by the workers.</summary>
    /// <param name="records">The records of an epoch in order.</param>
    /// <param name="decode">Makes a record an example; called by several threads at once.</param>
    /// <param name="count">Their number, if it is known.</param>
    public static StreamingDataset From<T>(Func<long, IEnumerable<T>> records, Func<T, (Tensor Input, Tensor Target)> decode, long? count = null) =>
        new DerivedStream(count, 0, epoch => records(epoch).Select(record => (Func<(Tensor, Tensor)>)(() => decode(record))));

    /// <summary>Each example mapped by a function of input and target, called on the loader's workers.</summary>
    public StreamingDataset Select(Func<Tensor, Tensor, (Tensor Input, Tensor Target)> map) =>
        Derive(RandomStages, Count, epoch => Read(epoch).Select(make => (Func<(Tensor, Tensor)>)(() =>
        {
            var (input, target) = make();
            return map(input, target);
        })));

    /// <summary>Inputs transformed one after the other, the random ones with seed 0; targets stay.</summary>
    public StreamingDataset Transform(params Transform[] transforms) => Transform(0, transforms);

    /// <summary>
    /// Inputs transformed one after the other; targets stay. What a random transform does to an item depends on (seed, epoch, the item's
    /// number in the stream, the transform's place in the chain) alone.
    /// </summary>
    public StreamingDataset Transform(long seed, params Transform[] transforms)
    {
        var chain = new TransformChain(transforms, seed, RandomStages);
        return Derive(RandomStages + chain.Stages, Count, epoch => Read(epoch).Select((make, number) => (Func<(Tensor, Tensor)>)(() =>
        {
            var (input, target) = make();
            return (chain.Apply(input, epoch, number), target);
        })));
    }

    /// <summary>
    /// The examples in an order that is random within reach of a buffer: each comes from a random one of its places, which the next example
    /// read then takes. The order depends on (seed, epoch) alone. The buffer holds what is read, before it is decoded.
    /// </summary>
    /// <param name="bufferSize">The places; as large as the stream, every order is equally likely.</param>
    /// <param name="seed">What the order depends on, with the epoch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The buffer has no place.</exception>
    public StreamingDataset Shuffle(int bufferSize, long seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bufferSize);
        int stage = RandomStages;
        return Derive(stage + 1, Count, epoch => Shuffled(Read(epoch), bufferSize, number => new(seed, epoch, number, stage)));
    }

    /// <summary>The first <paramref name="count"/> examples of each epoch (all, if there are fewer).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public StreamingDataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Derive(RandomStages, Count is { } all ? Math.Min(all, count) : null, epoch => Read(epoch).Take(count));
    }

    private static DerivedStream Derive(int stages, long? count, Func<long, IEnumerable<Func<(Tensor, Tensor)>>> read) => new(count, stages, read);

    private static IEnumerable<T> Shuffled<T>(IEnumerable<T> items, int bufferSize, Func<long, ItemRandom> random)
    {
        var buffer = new List<T>();
        long number = 0;
        foreach (var item in items)
        {
            if (buffer.Count < bufferSize)
            {
                buffer.Add(item);
                continue;
            }

            int place = random(number++).NextInt(0, bufferSize);
            yield return buffer[place];
            buffer[place] = item;
        }

        while (buffer.Count > 0)
        {
            int place = random(number++).NextInt(0, buffer.Count);
            yield return buffer[place];
            buffer[place] = buffer[^1];
            buffer.RemoveAt(buffer.Count - 1);
        }
    }

    private sealed class DerivedStream(long? count, int stages, Func<long, IEnumerable<Func<(Tensor, Tensor)>>> read) : StreamingDataset
    {
        public override long? Count => count;

        internal override int RandomStages => stages;

        public override IEnumerable<Func<(Tensor Input, Tensor Target)>> Read(long epoch) => read(epoch);
    }
}
