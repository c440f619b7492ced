namespace Gradient.Data;

/// <summary>Random orders of 0 … n − 1 as pure functions of a seed and an epoch.</summary>
internal static class Permutation
{
    /// <summary>Keeps the stream apart from that of random tensors with the same seed.</summary>
    private const ulong Salt = 0x4F72_6465_7253_616C;

    /// <summary>
    /// Fisher and Yates' shuffle (Knuth, TAOCP 2, 3.4.2, algorithm P). Step i takes the 64 random bits that stand at counter
    /// epoch·2³² + i/2, scaled to [0, i] by a product's upper half; that is uneven by less than 2⁻³².
    /// </summary>
    public static int[] Of(int count, long seed, long epoch)
    {
        var order = new int[count];
        for (int i = 0; i < count; i++) order[i] = i;
        ulong key = unchecked((ulong)seed) ^ Salt, start = unchecked((ulong)epoch << 32);
        Philox.Block block = default;
        for (int i = count - 1; i > 0; i--)
        {
            int step = count - 1 - i;
            if ((step & 1) == 0) block = Philox.At(key, start + ((ulong)step / 2));
            ulong bits = (step & 1) == 0 ? Join(block.X0, block.X1) : Join(block.X2, block.X3);
            int j = (int)Math.BigMul(bits, (ulong)i + 1, out _);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    private static ulong Join(uint low, uint high) => ((ulong)high << 32) | low;
}
