namespace Gradient.Core;

/// <summary>
/// A stream of random numbers: a seed and how many Philox counters are used up. The same state gives the same tensors on every
/// backend. Safe for several threads, though their order then decides who gets what.
/// </summary>
public sealed class RandomState
{
    private readonly Lock gate = new();
    private ulong seed, offset;

    /// <summary>The start of the stream of a seed.</summary>
    public RandomState(ulong seed) => this.seed = seed;

    /// <summary>The state as two numbers, to be saved with a checkpoint and restored.</summary>
    public (ulong Seed, ulong Offset) Position
    {
        get
        {
            lock (gate) return (seed, offset);
        }

        set
        {
            lock (gate) (seed, offset) = value;
        }
    }

    /// <summary>Takes the counters for a tensor of so many elements out of the stream.</summary>
    public (ulong Seed, ulong Offset) Take(long elements)
    {
        lock (gate)
        {
            var taken = (seed, offset);
            offset += Philox.CountersFor(elements);
            return taken;
        }
    }
}
