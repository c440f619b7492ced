using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>Many blocks of <see cref="Philox"/> at a time.</summary>
internal static unsafe class PhiloxBlocks
{
    private const int Width = 8;

    /// <summary>Writes the blocks at counter, counter + 1, … one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Generate(ulong seed, ulong counter, int counters, uint* bits)
    {
        int i = 0;
        if (Avx512F.IsSupported)
            for (; i <= counters - Width; i += Width) Eight(seed, counter + (ulong)i, bits + (4 * i));
        for (; i < counters; i++)
        {
            var block = Philox.At(seed, counter + (ulong)i);
            (bits[4 * i], bits[(4 * i) + 1], bits[(4 * i) + 2], bits[(4 * i) + 3]) = (block.X0, block.X1, block.X2, block.X3);
        }
    }

    /// <summary>Eight blocks, one per 64-bit lane, whose lower half carries the 32-bit word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(ulong seed, ulong counter, uint* bits)
    {
        var counters = Vector512.Create(counter) + Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
        var low = Vector512.Create(0xFFFFFFFFUL);
        Vector512<ulong> x0 = counters & low, x1 = counters >>> 32, x2 = Vector512<ulong>.Zero, x3 = Vector512<ulong>.Zero;
        uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
        for (int round = 0; round < 10; round++)
        {
            var p0 = Avx512F.Multiply(x0.AsUInt32(), Vector512.Create(0xD2511F53UL).AsUInt32());
            var p1 = Avx512F.Multiply(x2.AsUInt32(), Vector512.Create(0xCD9E8D57UL).AsUInt32());
            x0 = (p1 >>> 32) ^ x1 ^ Vector512.Create((ulong)k0);
            x2 = (p0 >>> 32) ^ x3 ^ Vector512.Create((ulong)k1);
            (x1, x3) = (p1 & low, p0 & low);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        Vector512<ulong> first = x0 | (x1 << 32), second = x2 | (x3 << 32);
        Avx512F.PermuteVar8x64x2(first, Vector512.Create(0UL, 8, 1, 9, 2, 10, 3, 11), second).Store((ulong*)bits);
        Avx512F.PermuteVar8x64x2(first, Vector512.Create(4UL, 12, 5, 13, 6, 14, 7, 15), second).Store((ulong*)bits + Width);
    }
}
