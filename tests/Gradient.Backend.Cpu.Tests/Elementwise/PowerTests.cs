using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>Float32 powers against <see cref="Math.Pow"/> in double precision: within 0.51 units of the last place, everywhere.</summary>
public unsafe class PowerTests
{
    private const double Bound = 0.51;

    private static readonly float[] Specials =
    [
        0f, -0f, 1f, -1f, 2f, -2f, 0.5f, -0.5f, 3f, -3f, 1.5f, -1.5f, float.Epsilon, -float.Epsilon, 1e-40f, -1e-40f, 1.1754944e-38f, float.MaxValue,
        float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1e10f, -1e10f, 16777216f, 16777217f, -16777215f, 0.99999994f, 1.0000001f,
        1e30f, -1e30f, 4.5e8f, 101f, -101f,
    ];

    [Test]
    public void Special_values_in_every_pair()
    {
        var a = new List<float>();
        var b = new List<float>();
        foreach (float x in Specials)
        {
            foreach (float y in Specials)
            {
                a.Add(x);
                b.Add(y);
            }
        }

        Check([.. a], [.. b]);
    }

    [Test]
    public void Bases_of_every_exponent([Values(0.3f, 1.7f, -0.7f, 10f, -3f, 5f, 0.001f, 33.3f, -7.25f)] float exponent)
    {
        var bases = References.DenseFloats();
        var exponents = new float[bases.Length];
        Array.Fill(exponents, exponent);
        Check(bases, exponents);
    }

    [Test]
    public void Results_of_every_size()
    {
        var random = new Random(1);
        var a = new float[300_000];
        var b = new float[a.Length];
        for (int i = 0; i < a.Length; i++)
        {
            a[i] = (float)Math.Exp((random.NextDouble() - 0.5) * 170);
            b[i] = (float)((random.NextDouble() - 0.5) * 220 / Math.Log(a[i]));
        }

        Check(a, b);
    }

    [Test]
    public void A_power_does_not_depend_on_its_neighbours_or_its_place([Values(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31)] int length)
    {
        var a = new float[length];
        var b = new float[length];
        for (int i = 0; i < length; i++) (a[i], b[i]) = (1.3f + i, i % 3 == 1 ? float.NaN : 0.77f * (i + 1));
        var all = Pow(a, b);
        for (int i = 0; i < length; i++) Assert.That(Pow([a[i]], [b[i]])[0], Is.EqualTo(all[i]));
    }

    [Test]
    public void The_widths_of_vectors_agree()
    {
        var x = References.DenseFloats();
        float[] narrow = Run<Simd128<float>>(x), middle = Run<Simd256<float>>(x), wide = Run<Simd512<float>>(x);
        Assert.That(middle, Is.EqualTo(narrow));
        Assert.That(wide, Is.EqualTo(narrow));
    }

    [Test]
    public void A_number_to_the_power_of_a_tensor_and_a_tensor_to_that_of_a_number()
    {
        float[] x = [-3f, -2f, -0.5f, 0f, 0.25f, 1f, 2f, 3.5f, 40f, float.NaN, float.PositiveInfinity];
        using var tensor = Tensor.From<float>(x, [x.Length], CpuDevice.Instance);
        using var y = Tensor.Empty(tensor.Shape, DType.Float32, CpuDevice.Instance);
        CpuDevice.Instance.Backend.Unary(UnaryKind.PowScalar, tensor, y, new(1.25));
        for (int i = 0; i < x.Length; i++) Assert.That(References.UlpError(y.ToArray<float>()[i], Math.Pow(x[i], 1.25)), Is.LessThanOrEqualTo(Bound), $"{x[i]}^1.25");
        CpuDevice.Instance.Backend.Unary(UnaryKind.ScalarPow, tensor, y, new(1.25));
        for (int i = 0; i < x.Length; i++) Assert.That(References.UlpError(y.ToArray<float>()[i], Math.Pow(1.25, x[i])), Is.LessThanOrEqualTo(Bound), $"1.25^{x[i]}");
    }

    private static void Check(float[] a, float[] b)
    {
        var y = Pow(a, b);
        double worst = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double exact = Math.Pow(a[i], b[i]), error = References.UlpError(y[i], exact);
            if (exact == 0 || double.IsInfinity(exact) || Math.Abs(exact) < 1e-46)
                Assert.That(BitConverter.SingleToInt32Bits(y[i]), Is.EqualTo(BitConverter.SingleToInt32Bits((float)exact)), $"{a[i]:R}^{b[i]:R}");
            Assert.That(error, Is.LessThanOrEqualTo(Bound), $"{a[i]:R}^{b[i]:R}: {y[i]:R} instead of {exact:R}");
            worst = Math.Max(worst, error);
        }

        TestContext.Out.WriteLine($"worst {worst:F3} ULP");
    }

    private static float[] Pow(float[] a, float[] b)
    {
        using var x0 = Tensor.From<float>(a, [a.Length], CpuDevice.Instance);
        using var x1 = Tensor.From<float>(b, [b.Length], CpuDevice.Instance);
        using var y = Tensor.Empty(x0.Shape, DType.Float32, CpuDevice.Instance);
        CpuDevice.Instance.Backend.Binary(BinaryKind.Pow, x0, x1, y);
        return y.ToArray<float>();
    }

    private static float[] Run<V>(float[] x) where V : struct, ISimd<V>
    {
        var y = new float[x.Length];
        var parameters = new KernelParameters(1.25, 0);
        fixed (float* from = x, to = y)
        {
            byte** p = stackalloc byte*[2];
            p[0] = (byte*)to;
            p[1] = (byte*)from;
            ElementKernels.UnaryLoop<V, UnaryOperators.PowScalar>(p, x.Length, &parameters);
        }

        return y;
    }
}
