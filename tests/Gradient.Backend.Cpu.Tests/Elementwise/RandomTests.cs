using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>Random tensors against Philox element by element, and Philox against its authors' known answers.</summary>
public class RandomTests
{
    private static readonly IBackend Backend = CpuDevice.Instance.Backend;
    private const ulong Seed = 0x1234567890ABCDEF, Offset = (1UL << 32) - 3; // the counter carries into its second word

    [Test]
    public void Philox_gives_the_known_answer() =>
        // Random123 1.09, kat_vectors: philox4x32 10, counter and key 0. The vectors with a non-zero upper half of the counter do not apply.
        Assert.That(Philox.At(0, 0), Is.EqualTo(new Philox.Block(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)));

    [Test]
    public void Elements_depend_on_their_index_alone(
        [Values] RandomKind kind, [Values(DType.Float32, DType.Float64, DType.Float16, DType.Int32, DType.Int64, DType.Bool)] DType dtype)
    {
        bool supported = kind switch
        {
            RandomKind.Bernoulli => true,
            RandomKind.Integer => dtype != DType.Bool,
            _ => dtype.IsFloatingPoint(),
        };
        using var one = Tensor.Empty([1], dtype, CpuDevice.Instance);
        var (a, b) = kind switch { RandomKind.Bernoulli => (0.3, 1.5), RandomKind.Integer => (-5.0, 9.0), _ => (-1.5, 2.5) };
        if (!supported)
        {
            Assert.That(() => Backend.Random(kind, new(a, b), Seed, 0, one), Throws.InstanceOf<UnsupportedOperationException>());
            return;
        }

        foreach (var shape in LayoutFixture.Shapes.Append([5, 2001]))
            foreach (var placement in LayoutFixture.Placements)
            {
                using var y = LayoutFixture.MakeOutput(shape, dtype, placement);
                Backend.Random(kind, new(a, b), Seed, Offset, y);
                var actual = LayoutFixture.Read(y);
                // An angle up to 2π in Float32 is off by 5e-7, magnified by a radius up to 5.8·B.
                double tolerance = dtype switch { DType.Float64 => 1e-13, DType.Float16 => 2e-3 * 6, _ => kind == RandomKind.Normal ? 1e-5 : 5e-7 };
                for (int i = 0; i < actual.Length; i++)
                {
                    double expected = Expected(kind, dtype, a, b, i);
                    if (Math.Abs(actual[i] - expected) > tolerance) Assert.Fail($"{placement} {shape}: element {i} is {actual[i]:R}, expected {expected:R}");
                }

                LayoutFixture.AssertMarginsIntact(y);
            }
    }

    [Test]
    public void Moments_and_bounds_are_right()
    {
        const int Count = 1_000_000;
        using var y = Tensor.Empty([Count], DType.Float32, CpuDevice.Instance);
        Backend.Random(RandomKind.Uniform, new(2, 5), 7, 0, y);
        var uniform = y.ToArray<float>();
        Assert.That(uniform.Min(), Is.GreaterThanOrEqualTo(2).And.LessThan(2.001));
        Assert.That(uniform.Max(), Is.LessThan(5).And.GreaterThan(4.999));
        Assert.That(uniform.Average(v => (double)v), Is.EqualTo(3.5).Within(5 * Math.Sqrt(0.75 / Count)));

        Backend.Random(RandomKind.Normal, new(1, 3), 7, 0, y);
        var normal = y.ToArray<float>();
        double mean = normal.Average(v => (double)v), variance = normal.Average(v => (v - mean) * (v - mean));
        Assert.That(mean, Is.EqualTo(1).Within(5 * 3 / Math.Sqrt(Count)));
        Assert.That(variance, Is.EqualTo(9).Within(5 * 9 * Math.Sqrt(2.0 / Count)));
        Assert.That(normal.Count(v => Math.Abs(v - 1) < 3) / (double)Count, Is.EqualTo(0.682689).Within(0.0025));

        Backend.Random(RandomKind.Bernoulli, new(0.2, 1.25), 7, 0, y);
        Assert.That(y.ToArray<float>().Average(v => (double)v), Is.EqualTo(1).Within(0.003));
    }

    [Test]
    public void Uniform_never_reaches_its_end()
    {
        // 1 + 2⁻²³ is the only number after 1: rounding must not reach it.
        using var y = Tensor.Empty([1000], DType.Float32, CpuDevice.Instance);
        Backend.Random(RandomKind.Uniform, new(1, MathF.BitIncrement(1)), 7, 0, y);
        Assert.That(y.ToArray<float>(), Is.All.EqualTo(1f));
    }

    [Test]
    public void Wide_ranges_of_integers_use_64_bits()
    {
        using var y = Tensor.Empty([1000], DType.Int64, CpuDevice.Instance);
        Backend.Random(RandomKind.Integer, new(0, Math.ScaleB(1, 60)), 7, 0, y);
        var values = y.ToArray<long>();
        Assert.That(values, Is.All.InRange(0L, (1L << 60) - 1));
        Assert.That(values.Select(v => v & 0xFFFF).Distinct().Count(), Is.GreaterThan(900));
    }

    [Test]
    public void The_number_of_threads_changes_nothing([Values] RandomKind kind)
    {
        int before = CpuDevice.Instance.Threads;
        var results = new List<float[]>();
        try
        {
            foreach (int threads in new[] { 1, 2, 3 })
            {
                CpuDevice.Instance.Threads = threads;
                using var y = Tensor.Empty([30011], DType.Float32, CpuDevice.Instance);
                Backend.Random(kind, new(0.25, 9), Seed, Offset, y);
                results.Add(y.ToArray<float>());
            }
        }
        finally
        {
            CpuDevice.Instance.Threads = before;
        }

        Assert.That(results[1], Is.EqualTo(results[0]));
        Assert.That(results[2], Is.EqualTo(results[0]));
    }

    private static double Expected(RandomKind kind, DType dtype, double a, double b, int i)
    {
        var block = Philox.At(Seed, Offset + ((ulong)i / 4));
        uint[] bits = [block.X0, block.X1, block.X2, block.X3];
        double Unit(int lane) => (bits[lane] >> 8) / 16777216.0;
        int lane = i % 4, pair = lane / 2 * 2;
        switch (kind)
        {
            case RandomKind.Uniform:
                return a + ((b - a) * Unit(lane));
            case RandomKind.Normal:
                double radius = Math.Sqrt(-2 * Math.Log(1 - Unit(pair))), angle = 2 * Math.PI * Unit(pair + 1);
                return a + (b * radius * (lane % 2 == 0 ? Math.Cos(angle) : Math.Sin(angle)));
            case RandomKind.Bernoulli:
                return Unit(lane) >= (float)a ? LayoutFixture.Round(b, dtype) : 0;
            default:
                return a + (long)((UInt128)bits[lane] * (ulong)(b - a) >> 32);
        }
    }
}
