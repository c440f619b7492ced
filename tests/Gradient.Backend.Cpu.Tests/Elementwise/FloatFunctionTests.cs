using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>The accuracy of vectorised functions against double precision, in units in the last place (ULP) of Float32.</summary>
public class FloatFunctionTests
{
    private static readonly IBackend Backend = CpuDevice.Instance.Backend;

    [TestCase(UnaryKind.Exp, 1.1)]
    [TestCase(UnaryKind.Expm1, 1.5)]
    [TestCase(UnaryKind.Log, 1.0)]
    [TestCase(UnaryKind.Log1p, 2.0)]
    [TestCase(UnaryKind.Tanh, 3.0)]
    [TestCase(UnaryKind.Sigmoid, 3.0)]
    [TestCase(UnaryKind.Erf, 2.5)]
    [TestCase(UnaryKind.Log2, 2.0)]
    [TestCase(UnaryKind.Sin, 2.0)]
    [TestCase(UnaryKind.Cos, 2.0)]
    [TestCase(UnaryKind.Tan, 3.5)]
    [TestCase(UnaryKind.Silu, 4.0)]
    [TestCase(UnaryKind.Gelu, 6.0)]
    public void Float32_stays_within_its_bound(UnaryKind kind, double bound)
    {
        Func<double, double> reference = kind switch
        {
            UnaryKind.Exp => Math.Exp,
            UnaryKind.Expm1 => References.Expm1,
            UnaryKind.Log => Math.Log,
            UnaryKind.Log1p => References.Log1p,
            UnaryKind.Tanh => Math.Tanh,
            UnaryKind.Sigmoid => x => 1 / (1 + Math.Exp(-x)),
            UnaryKind.Erf => References.Erf,
            UnaryKind.Log2 => Math.Log2,
            UnaryKind.Sin => Math.Sin,
            UnaryKind.Cos => Math.Cos,
            UnaryKind.Tan => Math.Tan,
            UnaryKind.Silu => x => x / (1 + Math.Exp(-x)),
            _ => x => x * 0.5 * References.Erfc(-x / Math.Sqrt(2)),
        };

        var inputs = References.DenseFloats();
        using var x = Tensor.From<float>(inputs, [inputs.Length], CpuDevice.Instance);
        using var y = Tensor.Empty(x.Shape, DType.Float32, CpuDevice.Instance);
        Backend.Unary(kind, x, y);
        var outputs = y.ToArray<float>();
        // Where the factor of x is denormal, its rounding is magnified by x, up to 104.
        float smallest = kind is UnaryKind.Silu or UnaryKind.Gelu ? 104 * float.Epsilon : float.Epsilon;
        double worst = 0;
        float at = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            double error = References.UlpError(outputs[i], reference(inputs[i]), smallest);
            if (error > worst) (worst, at) = (error, inputs[i]);
        }

        TestContext.Out.WriteLine($"{kind}: worst {worst:F3} ULP at {at:R}");
        Assert.That(worst, Is.LessThanOrEqualTo(bound), $"at {at:R}");
    }
}
