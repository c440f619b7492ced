using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace Gradient.Core.Tests.Numbers;

/// <summary>Rounding to bfloat16 against PyTorch's results and against the definition: the nearer neighbour, ties to even.</summary>
public class BFloat16Tests
{
    /// <summary>Random bits of a float and the bits of its bfloat16, by PyTorch 1.13 (seed 3).</summary>
    private static readonly (uint Float, ushort Rounded)[] PyTorch =
    [
        (0x0D01176A, 0x0D01), (0x921B0698, 0x921B), (0x35492CF9, 0x3549), (0x5706E683, 0x5707), (0xCA78BBB8, 0xCA79), (0x9F0F63C8, 0x9F0F),
        (0x02C59900, 0x02C6), (0x11BE6315, 0x11BE), (0x64982BFD, 0x6498), (0xEFE34A93, 0xEFE3), (0x657376CA, 0x6573), (0x84CCAB6B, 0x84CD),
        (0xA0265BF9, 0xA026), (0x8A66C6A9, 0x8A67), (0xB50DDE8A, 0xB50E), (0xBF759B95, 0xBF76), (0x8D2CF477, 0x8D2D), (0x97F2FDA6, 0x97F3),
        (0xF0D8E9E0, 0xF0D9), (0x31DFF694, 0x31E0), (0x87A5F7AC, 0x87A6), (0xA536FA5D, 0xA537), (0xF4F305A7, 0xF4F3), (0xF403198E, 0xF403),
    ];

    [Test]
    public void Rounds_as_PyTorch_does()
    {
        foreach (var (bits, rounded) in PyTorch)
            Assert.That(BFloat16.ToBits((BFloat16)BitConverter.UInt32BitsToSingle(bits)), Is.EqualTo(rounded), $"{bits:X8}");
    }

    [TestCase(0x3F808000u, 0x3F80, Description = "a tie rounds to the even one below")]
    [TestCase(0x3F818000u, 0x3F82, Description = "a tie rounds to the even one above")]
    [TestCase(0x3F808001u, 0x3F81, Description = "just above a tie")]
    [TestCase(0x3F807FFFu, 0x3F80, Description = "just below a tie")]
    [TestCase(0x00000001u, 0x0000, Description = "the smallest denormal")]
    [TestCase(0x00008000u, 0x0000, Description = "a denormal tie")]
    [TestCase(0x00018000u, 0x0002, Description = "a denormal tie to the even one above")]
    [TestCase(0x007FFFFFu, 0x0080, Description = "a denormal that becomes normal")]
    [TestCase(0x80000000u, 0x8000, Description = "minus zero")]
    [TestCase(0x7F7F7FFFu, 0x7F7F, Description = "the largest that stays finite")]
    [TestCase(0x7F7F8000u, 0x7F80, Description = "too large")]
    [TestCase(0xFF7FFFFFu, 0xFF80, Description = "too small")]
    [TestCase(0x7F800000u, 0x7F80, Description = "infinity")]
    [TestCase(0xFF800000u, 0xFF80, Description = "minus infinity")]
    [TestCase(0x7FC00000u, 0x7FC0, Description = "quiet NaN")]
    [TestCase(0x7F800001u, 0x7FC0, Description = "signaling NaN: the low bits alone must not become infinity")]
    [TestCase(0xFFFFFFFFu, 0xFFFF, Description = "NaN with every bit: no carry")]
    public void Special_values(uint bits, int expected) =>
        Assert.That((int)BFloat16.ToBits((BFloat16)BitConverter.UInt32BitsToSingle(bits)), Is.EqualTo(expected));

    [Test]
    public void All_65536_values_survive_a_round_trip()
    {
        for (int bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var value = BFloat16.FromBits((ushort)bits);
            var back = (BFloat16)(float)value;
            ushort expected = (ushort)(float.IsNaN(value) ? bits | 0x40 : bits);
            if (BFloat16.ToBits(back) != expected) Assert.Fail($"{bits:X4} came back as {BFloat16.ToBits(back):X4}");
            if (!float.IsNaN(value) && (!value.Equals(back) || value.GetHashCode() != back.GetHashCode() || value != back)) Assert.Fail($"{bits:X4}");
        }
    }

    [Property(MaxTest = 5000)]
    public void The_nearer_neighbour_wins(uint bits)
    {
        float value = BitConverter.UInt32BitsToSingle(bits);
        if (!float.IsFinite(value) || Math.Abs(value) > 3e38f) return;
        ushort cut = (ushort)(bits >> 16);
        double below = (float)BFloat16.FromBits(cut), above = (float)BFloat16.FromBits((ushort)(cut + 1)), rounded = (float)(BFloat16)value;
        double toBelow = Math.Abs(value - below), toAbove = Math.Abs(above - value);
        double expected = toBelow < toAbove ? below : toAbove < toBelow ? above : (cut & 1) == 0 ? below : above;
        Assert.That(rounded, Is.EqualTo(expected));
    }

    [Test]
    public void Compares_and_prints_as_its_float_value()
    {
        BFloat16 one = (BFloat16)1.0, two = (BFloat16)2f, nan = (BFloat16)float.NaN, zero = (BFloat16)0f, minusZero = (BFloat16)(-0f);
#pragma warning disable CS1718 // that NaN differs from itself is the point
        Assert.Multiple(() =>
        {
            Assert.That(one < two && two > one && one <= two && two >= one && one != two && !(one == two));
            Assert.That(nan != nan && !(nan == nan) && !(nan < one) && !(nan >= one) && nan.Equals(nan));
            Assert.That(zero == minusZero && zero.GetHashCode() == minusZero.GetHashCode());
            Assert.That((one.CompareTo(two), two.CompareTo(one), one.CompareTo(one)), Is.EqualTo((-1, 1, 0)));
            Assert.That(((BFloat16)0.5f).ToString(), Is.EqualTo("0.5"));
            Assert.That(two.Equals((object)two) && !two.Equals((object)2f));
            Assert.That((double)(BFloat16)1.0000001, Is.EqualTo(1.0));
        });
#pragma warning restore CS1718
    }
}
