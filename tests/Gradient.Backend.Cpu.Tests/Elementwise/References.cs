namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>Double-precision references written for these tests, by other means than the kernels' own.</summary>
internal static class References
{
    /// <summary>Every finite exponent and both signs, with many fractions each; zeros, denormals, infinities, NaN.</summary>
    public static float[] DenseFloats()
    {
        var values = new List<float> { 0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon };
        for (uint bits = 0; bits < 0x7F800000; bits += 4099)
        {
            values.Add(BitConverter.UInt32BitsToSingle(bits));
            values.Add(BitConverter.UInt32BitsToSingle(bits | 0x80000000));
        }

        for (int i = -200_000; i <= 200_000; i++) values.Add(i * 5.5e-4f);
        return values.ToArray();
    }

    /// <summary>The distance in units of the last place of a Float32 of the exact value's size; 0 where both are NaN or the same infinity.</summary>
    public static double UlpError(float actual, double exact, float smallest = float.Epsilon)
    {
        if (double.IsNaN(exact)) return float.IsNaN(actual) ? 0 : double.PositiveInfinity;
        if ((float)exact == actual) return 0;
        double size = Math.Min(Math.Abs(exact), float.MaxValue);
        double ulp = Math.Max(Math.ScaleB(1, Math.Max(-150, Math.ILogB(Math.Max(size, 1e-300))) - 23), smallest);
        return float.IsNaN(actual) ? double.PositiveInfinity : Math.Abs(Math.Clamp(actual, -3.5e38, 3.5e38) - exact) / ulp;
    }

    /// <summary>eˣ − 1: the Taylor series where the difference would cancel.</summary>
    public static double Expm1(double x)
    {
        if (!(Math.Abs(x) < 0.5)) return Math.Exp(x) - 1;
        double term = x, sum = x;
        for (int n = 2; n < 30; n++) sum += term *= x / n;
        return sum;
    }

    /// <summary>ln(1 + x): 2·artanh(x/(2 + x)) by its series where the sum would round.</summary>
    public static double Log1p(double x)
    {
        if (!(Math.Abs(x) < 0.3)) return Math.Log(1 + x);
        double s = x / (2 + x), power = s, sum = s;
        for (int n = 3; n < 60; n += 2)
        {
            power *= s * s;
            sum += power / n;
        }

        return 2 * sum;
    }

    /// <summary>The error function: 2/√π Σ (−1)ⁿx^(2n+1)/(n!·(2n+1)), in 28 decimal digits where double precision would cancel.</summary>
    public static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        if (Math.Abs(x) > 2) return Math.Sign(x) * (1 - Erfc(Math.Abs(x)));
        if (Math.Abs(x) < 0.25)
        {
            double term = x, sum = x;
            for (int n = 1; n < 12; n++) sum += (term *= -x * x / n) / ((2 * n) + 1);
            return 2 / Math.Sqrt(Math.PI) * sum;
        }

        const long Scale = 1L << 54; // a cast from double would keep 15 digits
        decimal exact = (decimal)(long)(x * Scale) / Scale, square = exact * exact, power = exact, total = exact;
        for (int n = 1; Math.Abs(power) > 1e-27m; n++) total += (power *= -square / n) / ((2 * n) + 1);
        return (double)(1.1283791670955125738961589031m * total);
    }

    /// <summary>1 − erf(x): beyond 2 by the continued fraction of Laplace.</summary>
    public static double Erfc(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x < 0) return 2 - Erfc(-x);
        if (x <= 2) return 1 - Erf(x);
        if (x > 30) return 0;
        double fraction = x;
        for (int n = 200; n >= 1; n--) fraction = x + (n / 2.0 / fraction);
        return ExpMinusSquare(x) / (Math.Sqrt(Math.PI) * fraction);
    }

    /// <summary>e^(−x²), the square taken without rounding error.</summary>
    private static double ExpMinusSquare(double x)
    {
        double high = Math.Round(x * 65536) / 65536, low = x - high;
        return Math.Exp(-high * high) * Math.Exp(-low * (x + high));
    }
}
