namespace Gradient.Autograd;

/// <summary>The stream of random numbers that operations without a seed of their own draw from.</summary>
public static class RandomNumbers
{
    private static readonly RandomState Process = new(0);
    private static readonly AsyncLocal<RandomState?> Own = new();

    /// <summary>
    /// The stream: the process's, seed 0 at first, or that of <see cref="Use"/> around here. Its <see cref="RandomState.Position"/>
    /// is saved with a checkpoint.
    /// </summary>
    public static RandomState Default => Own.Value ?? Process;

    /// <summary>
    /// Draws from a stream of one's own until the result is disposed, in this logical call alone: other threads notice nothing.
    /// </summary>
    public static IDisposable Use(RandomState state) => new AmbientValue<RandomState?>(Own, state);

    /// <summary>Starts the stream anew: the same seed gives the same numbers on every backend.</summary>
    public static void Seed(long seed) => Default.Position = (unchecked((ulong)seed), 0);
}
