namespace Gradient.Autograd;

/// <summary>The stream of random numbers that operations without a seed of their own draw from.</summary>
public static class RandomNumbers
{
    /// <summary>The stream; seed 0 at first. Its <see cref="RandomState.Position"/> is saved with a checkpoint.</summary>
    public static RandomState Default { get; } = new(0);

    /// <summary>Starts the stream anew: the same seed gives the same numbers on every backend.</summary>
    public static void Seed(long seed) => Default.Position = (unchecked((ulong)seed), 0);
}
