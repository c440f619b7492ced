namespace Gradient.Core.Tests.Numbers;

/// <summary>Philox-4x32-10 against the known-answer vectors of its authors' library, Random123 (kat_vectors).</summary>
public class RandomTests
{
    [TestCase(0x00000000_00000000u, 0x00000000_00000000u, 0x00000000_00000000u, 0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u)]
    [TestCase(0xFFFFFFFF_FFFFFFFFu, 0xFFFFFFFF_FFFFFFFFu, 0xFFFFFFFF_FFFFFFFFu, 0x408F276Du, 0x41C83B0Eu, 0xA20BC7C6u, 0x6D5451FDu)]
    [TestCase(0x299F31D0_A4093822u, 0x85A308D3_243F6A88u, 0x03707344_13198A2Eu, 0xD16CFE09u, 0x94FDCCEBu, 0x5001E420u, 0x24126EA1u)]
    public void Known_answers(ulong key, ulong counterLow, ulong counterHigh, uint x0, uint x1, uint x2, uint x3) =>
        Assert.That(Philox.At(key, counterLow, counterHigh), Is.EqualTo(new Philox.Block(x0, x1, x2, x3)));

    [Test]
    public void The_short_counter_is_the_lower_half() =>
        Assert.That(Philox.At(42, 7_000_000_000), Is.EqualTo(Philox.At(42, 7_000_000_000, 0)));

    [Test]
    public void Units_are_in_0_to_1_and_evenly_spread()
    {
        Assert.That((Philox.ToUnit(0), Philox.ToUnit(255), Philox.ToUnit(uint.MaxValue)), Is.EqualTo((0f, 0f, 1f - MathF.Pow(2, -24))));
        const int count = 400_000;
        double sum = 0, squares = 0;
        for (ulong i = 0; i < count / 4; i++)
        {
            var block = Philox.At(1, i);
            foreach (uint bits in (ReadOnlySpan<uint>)[block.X0, block.X1, block.X2, block.X3])
            {
                double u = Philox.ToUnit(bits);
                sum += u;
                squares += u * u;
            }
        }

        // Five standard errors: of the mean √(1/12/n), of the mean square √(4/45/n).
        Assert.That(sum / count, Is.EqualTo(0.5).Within(5 * Math.Sqrt(1.0 / 12 / count)));
        Assert.That(squares / count, Is.EqualTo(1.0 / 3).Within(5 * Math.Sqrt(4.0 / 45 / count)));
    }

    [Test]
    public void Normals_have_the_moments_of_the_normal_distribution()
    {
        const int count = 400_000;
        double m1 = 0, m2 = 0, m3 = 0, m4 = 0, cross = 0;
        for (ulong i = 0; i < count / 2; i++)
        {
            var block = Philox.At(2, i);
            var (a, b) = Philox.ToNormal(block.X0, block.X1);
            cross += a * b;
            foreach (double z in (ReadOnlySpan<double>)[a, b])
            {
                m1 += z;
                m2 += z * z;
                m3 += z * z * z;
                m4 += z * z * z * z;
            }
        }

        // Five standard errors; the variances of z, z², z³, z⁴ and ab are 1, 2, 15, 96 and 1.
        Assert.Multiple(() =>
        {
            Assert.That(m1 / count, Is.EqualTo(0).Within(5 * Math.Sqrt(1.0 / count)));
            Assert.That(m2 / count, Is.EqualTo(1).Within(5 * Math.Sqrt(2.0 / count)));
            Assert.That(m3 / count, Is.EqualTo(0).Within(5 * Math.Sqrt(15.0 / count)));
            Assert.That(m4 / count, Is.EqualTo(3).Within(5 * Math.Sqrt(96.0 / count)));
            Assert.That(cross / (count / 2), Is.EqualTo(0).Within(5 * Math.Sqrt(2.0 / count)));
        });
    }

    [Test]
    public void Extreme_bits_give_finite_normals()
    {
        foreach (uint bits in new[] { 0u, 255u, uint.MaxValue })
        {
            var (a, b) = Philox.ToNormal(bits, bits);
            Assert.That(float.IsFinite(a) && float.IsFinite(b));
        }
    }

    [Test]
    public void A_state_gives_each_tensor_counters_of_its_own_and_can_be_restored()
    {
        var state = new RandomState(7);
        Assert.That(state.Take(5), Is.EqualTo((7UL, 0UL)));
        var saved = state.Position;
        Assert.That(saved, Is.EqualTo((7UL, 2UL)), "five elements take two blocks of four");
        var next = state.Take(8);
        Assert.That(state.Take(0), Is.EqualTo((7UL, 4UL)));
        Assert.That(state.Take(1), Is.EqualTo((7UL, 4UL)), "an empty tensor takes nothing");
        state.Position = saved;
        Assert.That(state.Take(8), Is.EqualTo(next));
        Assert.That(new RandomState(8) { Position = saved }.Take(8), Is.EqualTo(next), "the seed is part of the position");
        Assert.That(Philox.CountersFor(5_000_000_000), Is.EqualTo(1_250_000_000UL));
    }

    [Test]
    public void Threads_never_get_the_same_counters()
    {
        var state = new RandomState(1);
        var taken = new ulong[4000];
        Parallel.For(0, taken.Length, i => taken[i] = state.Take(4).Offset);
        Assert.That(taken, Is.Unique);
        Assert.That(state.Position.Offset, Is.EqualTo(4000));
    }
}
