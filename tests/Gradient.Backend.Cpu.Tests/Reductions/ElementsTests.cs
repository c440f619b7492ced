using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>The vector conversions of half-width types agree bit for bit with the scalar ones.</summary>
public sealed unsafe class ElementsTests
{
    [Test]
    public void BFloat16_is_read_and_written_as_its_casts_do()
    {
        // Every BFloat16, and floats around every rounding boundary: halfway, just below and just above.
        const int Count = 1 << 16;
        var bits = new BFloat16[Count];
        for (int i = 0; i < Count; i++) bits[i] = BFloat16.FromBits((ushort)i);
        var wide = new float[Count];
        fixed (BFloat16* source = bits)
        fixed (float* target = wide) Elements.Read(source, 1, Count, target);
        for (int i = 0; i < Count; i++)
            if (BitConverter.SingleToUInt32Bits(wide[i]) != (uint)i << 16) Assert.Fail($"{i:x4}");

        foreach (uint low in new uint[] { 0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF })
        {
            var floats = new float[Count + 3]; // a tail besides whole vectors
            for (int i = 0; i < floats.Length; i++) floats[i] = BitConverter.UInt32BitsToSingle(((uint)i << 16) | low);
            var narrow = new BFloat16[floats.Length];
            fixed (float* source = floats)
            fixed (BFloat16* target = narrow) Elements.Write(source, target, 1, floats.Length);
            for (int i = 0; i < floats.Length; i++)
                if (BFloat16.ToBits(narrow[i]) != BFloat16.ToBits((BFloat16)floats[i])) Assert.Fail($"{floats[i]:R}");
        }
    }

    [Test]
    public void Half_is_read_and_written_as_its_casts_do()
    {
        const int Count = 1 << 16;
        var halves = new Half[Count];
        for (int i = 0; i < Count; i++) halves[i] = BitConverter.UInt16BitsToHalf((ushort)i);
        var wide = new float[Count];
        var back = new Half[Count];
        fixed (Half* source = halves, target = back)
        fixed (float* middle = wide)
        {
            Elements.Read(source, 1, Count, middle);
            for (int i = 0; i < Count; i++) if (!wide[i].Equals((float)halves[i])) Assert.Fail($"{i:x4}");
            for (int i = 0; i < Count; i++) wide[i] *= 1.00037f;
            Elements.Write(middle, target, 1, Count);
        }

        for (int i = 0; i < Count; i++) if (!back[i].Equals((Half)wide[i])) Assert.Fail($"{i:x4}");
    }
}
