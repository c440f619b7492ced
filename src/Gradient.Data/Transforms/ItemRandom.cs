using System.Runtime.CompilerServices;

namespace Gradient.Data;

/// <summary>
/// The random numbers of one item: a pure function of (seed, epoch, index, stage), whatever was drawn for other items, by whichever thread.
/// Number n is taken from the <see cref="Philox"/> block at counter (epoch, index·2²⁴ + ⌊n/4⌋).
/// </summary>
public sealed class ItemRandom
{
    /// <summary>Keeps the streams apart from those of random tensors and orders with the same seed.</summary>
    private const ulong Salt = 0x4974_656D_5361_6C74;

    private readonly ulong key, epoch, start;
    private Philox.Block block;
    private ulong used;

    /// <summary>The beginning of an item's numbers.</summary>
    /// <param name="seed">Of the dataset or loader.</param>
    /// <param name="epoch">From 0.</param>
    /// <param name="index">Which item, below 2⁴⁰.</param>
    /// <param name="stage">Tells the streams apart that one item needs: the place in a chain of transforms.</param>
    public ItemRandom(long seed, long epoch, long index, int stage = 0)
    {
        // Stages are steps of the golden ratio, so that no small seed is another's stage.
        key = unchecked(((ulong)seed ^ Salt) + ((ulong)stage * 0x9E37_79B9_7F4A_7C15));
        this.epoch = (ulong)epoch;
        start = (ulong)index << 24;
    }

    /// <summary>32 random bits.</summary>
    public uint NextBits()
    {
        if (used % 4 == 0) block = Philox.At(key, start + (used / 4), epoch);
        return (used++ % 4) switch { 0 => block.X0, 1 => block.X1, 2 => block.X2, _ => block.X3 };
    }

    /// <summary>Even in [0, 1), of 24 bits.</summary>
    public float NextFloat() => Philox.ToUnit(NextBits());

    /// <summary>Even between two numbers.</summary>
    public float NextFloat(float low, float high) => low + ((high - low) * NextFloat());

    /// <summary>Even in [0, 1), of 53 bits.</summary>
    public double NextDouble()
    {
        ulong high = NextBits();
        return (((high << 32) | NextBits()) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A whole number from <paramref name="low"/> to <paramref name="high"/> − 1, uneven by less than 2⁻³² times their difference.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public int NextInt(int low, int high)
    {
        if (low >= high) throw new ArgumentOutOfRangeException(nameof(high), high, $"There is no whole number from {low} to below {high}.");
        return (int)(low + (long)(((ulong)NextBits() * (ulong)((long)high - low)) >> 32));
    }

    /// <summary>True with a probability.</summary>
    public bool NextBool(double probability) => NextFloat() < probability;

    /// <summary>Standard normal.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble()); // Box, Muller, 1958

    /// <summary>Beta distributed: the share of the first of two gamma distributed numbers in their sum.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is not positive.</exception>
    public double NextBeta(double alpha, double beta)
    {
        if (!(alpha > 0)) throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "Parameters of a beta distribution are positive.");
        if (!(beta > 0)) throw new ArgumentOutOfRangeException(nameof(beta), beta, "Parameters of a beta distribution are positive.");
        double x = NextGamma(alpha), y = NextGamma(beta);
        if (x + y > 0) return x / (x + y);
        return NextBool(alpha / (alpha + beta)) ? 1 : 0; // both underflowed: tiny parameters put all weight on the ends
    }

    /// <summary>A random order.</summary>
    public void Shuffle(Span<int> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = NextInt(0, i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>Marsaglia, Tsang: A Simple Method for Generating Gamma Variables, 2000; below 1 by their u^(1/a) step.</summary>
    private double NextGamma(double shape)
    {
        double boost = 1;
        if (shape < 1)
        {
            boost = Math.Pow(1 - NextDouble(), 1 / shape);
            shape++;
        }

        double d = shape - (1.0 / 3), c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = NextNormal(), v = Cube(1 + (c * x));
            if (v > 0 && Math.Log(1 - NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v))) return d * v * boost;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Cube(double x) => x * x * x;
}
