using System.Runtime.CompilerServices;

namespace Gradient.Core;

/// <summary>
/// Philox-4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011):
/// a block of four 32-bit numbers is a pure function of a 64-bit key (the seed) and a 128-bit counter. Element i of a random
/// tensor takes number i mod 4 of the block at counter offset + ⌊i/4⌋, so that any thread of any backend finds it by itself.
/// What is made of its 32 bits, with u = <see cref="ToUnit"/>:
/// <list type="bullet">
/// <item>Uniform: fma(u, B − A, A), and the number before B where that rounds to B.</item>
/// <item>Normal: fma(n, B, A), where elements 4k and 4k + 1 are the pair of <see cref="ToNormal"/> of their bits, likewise
/// 4k + 2 and 4k + 3.</item>
/// <item>Bernoulli: B where u ≥ A, else 0.</item>
/// <item>Integer: A + ⌊bits·(B − A)/2³²⌋; where B − A exceeds 2³², A + ⌊w·(B − A)/2⁶⁴⌋ with the partner in the pair as lower
/// half of w, so that partners are then not independent.</item>
/// </list>
/// Float64 starts from the same u of 24 bits and computes in double precision: a seed gives the same numbers in both types.
/// </summary>
public static class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    /// <summary>Four random numbers.</summary>
    public readonly record struct Block(uint X0, uint X1, uint X2, uint X3);

    /// <summary>The block at a counter under a key. The upper half of the 128-bit counter is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block At(ulong seed, ulong counter) => At(seed, counter, 0);

    /// <summary>The block at a counter of 128 bits under a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Block At(ulong seed, ulong counterLow, ulong counterHigh)
    {
        uint x0 = (uint)counterLow, x1 = (uint)(counterLow >> 32), x2 = (uint)counterHigh, x3 = (uint)(counterHigh >> 32);
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = (ulong)Multiplier0 * x0, p1 = (ulong)Multiplier1 * x2;
            (x0, x1, x2, x3) = ((uint)(p1 >> 32) ^ x1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return new(x0, x1, x2, x3);
    }

    /// <summary>How many counters a tensor of so many elements uses up.</summary>
    public static ulong CountersFor(long elements) => (ulong)((elements + 3) / 4);

    /// <summary>A number in [0, 1) of 24 random bits: every value is exact in Float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToUnit(uint bits) => (bits >> 8) * (1f / (1 << 24));

    /// <summary>
    /// Two independent standard normal numbers (Box, Muller: A Note on the Generation of Random Normal Deviates, 1958):
    /// √(−2 ln u)·(cos 2πv, sin 2πv) with u in (0, 1].
    /// </summary>
    public static (float First, float Second) ToNormal(uint bits0, uint bits1)
    {
        float radius = MathF.Sqrt(-2f * MathF.Log(1f - ToUnit(bits0)));
        var (sin, cos) = MathF.SinCos(2f * MathF.PI * ToUnit(bits1));
        return (radius * cos, radius * sin);
    }
}
