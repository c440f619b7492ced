using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Combines partial results pairwise as they come, like a binary counter: level k holds the combination of 2ᵏ of them. The
/// rounding error of a sum grows with the logarithm of their number (Higham, "The accuracy of floating point summation", 1993).
/// </summary>
internal struct Cascade<N, TReduction> where N : unmanaged, INumber<N> where TReduction : IReduction
{
    private Levels levels;
    private ulong count;

    /// <summary>Takes one more partial result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(N partial)
    {
        int level = BitOperations.TrailingZeroCount(~count);
        for (int i = 0; i < level; i++) partial = TReduction.Combine(levels[i], partial);
        levels[level] = partial;
        count++;
    }

    /// <summary>The combination of all.</summary>
    public readonly N Total()
    {
        N total = TReduction.Identity<N>();
        for (int level = 0; level < 64 - BitOperations.LeadingZeroCount(count); level++)
            if ((count >> level & 1) != 0) total = TReduction.Combine(levels[level], total);
        return total;
    }

    [InlineArray(64)]
    private struct Levels
    {
        private N first;
    }
}
