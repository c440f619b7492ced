using System.Numerics;

namespace Gradient.Core;

/// <summary>
/// The sizes that a pool hands out: multiples of 64 bytes up to 256, then four to a power of two, so that a buffer is at most
/// 25 % larger than what was asked for and buffers of nearly equal size can stand in for each other.
/// </summary>
internal static class SizeClasses
{
    /// <summary>How many classes there are, up to 2⁶² bytes.</summary>
    public const int Count = 4 + (4 * (62 - 8));

    /// <summary>The largest request that has a class.</summary>
    public const long MaxBytes = 1L << 62;

    /// <summary>The number of the smallest class that holds so many bytes (0 to <see cref="MaxBytes"/>).</summary>
    public static int IndexOf(long bytes)
    {
        if (bytes <= 256) return bytes <= 64 ? 0 : (int)((bytes - 1) >> 6);
        int log = BitOperations.Log2((ulong)(bytes - 1));
        int quarter = (int)((bytes - 1) >> (log - 2)) & 3;
        return 4 + (4 * (log - 8)) + quarter;
    }

    /// <summary>The bytes of a buffer of that class.</summary>
    public static long SizeOf(int index) => index < 4 ? 64L * (index + 1) : (5L + ((index - 4) & 3)) << (((index - 4) >> 2) + 6);
}
