using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>The accuracy of vectorised functions in Float64, against references that are themselves good to about 2 ULP.</summary>
public class DoubleFunctionTests
{
    [TestCase(UnaryKind.Exp, 3e-16)]
    [TestCase(UnaryKind.Expm1, 8e-16)]
    [TestCase(UnaryKind.Log, 3e-16)]
    [TestCase(UnaryKind.Log1p, 8e-16)]
    [TestCase(UnaryKind.Tanh, 1e-15)]
    [TestCase(UnaryKind.Sin, 4e-16)]
    [TestCase(UnaryKind.Cos, 4e-16)]
    [TestCase(UnaryKind.Erf, 1e-15)]
    public void Float64_stays_within_its_bound(UnaryKind kind, double bound)
    {
        Func<double, double> reference = kind switch
        {
            UnaryKind.Exp => Math.Exp,
            UnaryKind.Expm1 => References.Expm1,
            UnaryKind.Log => Math.Log,
            UnaryKind.Log1p => References.Log1p,
            UnaryKind.Tanh => Math.Tanh,
            UnaryKind.Sin => Math.Sin,
            UnaryKind.Cos => Math.Cos,
            _ => References.Erf,
        };
        var inputs = Inputs();
        using var x = Tensor.From<double>(inputs, [inputs.Length], CpuDevice.Instance);
        using var y = Tensor.Empty(x.Shape, DType.Float64, CpuDevice.Instance);
        CpuDevice.Instance.Backend.Unary(kind, x, y);
        var outputs = y.ToArray<double>();
        double worst = 0, at = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            double exact = reference(inputs[i]), error = Math.Abs(outputs[i] - exact) / Math.Max(Math.Abs(exact), 1e-300);
            if (double.IsNaN(exact) ? double.IsNaN(outputs[i]) : exact == outputs[i]) error = 0;
            if (double.IsNaN(error)) error = double.PositiveInfinity;
            if (error > worst) (worst, at) = (error, inputs[i]);
        }

        TestContext.Out.WriteLine($"{kind}: worst relative error {worst:E2} at {at:R}");
        Assert.That(worst, Is.LessThanOrEqualTo(bound), $"at {at:R}");
    }

    [Test]
    public void Erf_agrees_with_mpmath()
    {
        // mpmath.erf at 30 digits.
        var table = new (double X, double Erf)[]
        {
            (1e-8, 1.1283791670955126e-08), (0.1, 0.1124629160182849), (0.5, 0.5204998778130465), (0.9999, 0.8426592780487595),
            (1.0, 0.8427007929497149), (1.0001, 0.8427422995485203), (1.5, 0.9661051464753108), (2.0, 0.9953222650189527),
            (3.0, 0.9999779095030014), (4.5, 0.9999999998033839), (6.0, 1.0), (-0.75, -0.7111556336535151),
        };
        using var x = Tensor.From<double>(table.Select(t => t.X).ToArray(), [table.Length], CpuDevice.Instance);
        CpuDevice.Instance.Backend.Unary(UnaryKind.Erf, x, x);
        var actual = x.ToArray<double>();
        for (int i = 0; i < table.Length; i++)
            Assert.That(actual[i], Is.EqualTo(table[i].Erf).Within(Math.Abs(table[i].Erf) * 4e-16), $"erf {table[i].X}");
    }

    internal static double[] Inputs()
    {
        var values = new List<double> { 0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -double.Epsilon, 1e-310 };
        for (int exponent = -1022; exponent <= 1023; exponent++)
            for (int k = 0; k < 16; k++)
            {
                values.Add(Math.ScaleB(1 + ((k + 0.37) / 16), exponent));
                values.Add(-values[^1]);
            }

        for (int i = -60_000; i <= 60_000; i++) values.Add(i * 1.3e-3 * 9.7);
        for (int i = -60_000; i <= 60_000; i++) values.Add(i * 7.1e-5);
        return values.ToArray();
    }
}
