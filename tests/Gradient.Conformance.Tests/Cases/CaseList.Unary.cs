namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    private static readonly DType[] Floats = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16];
    private static readonly DType[] Numbers = [.. Floats, DType.Int32, DType.Int64];

    private static IEnumerable<Case> Unary() =>
    [
        Of(nameof(GradientTensor.Abs), x => x.Abs(), Math.Abs, Domain.AwayFromZero) with { DTypes = Numbers },
        Of("op_UnaryNegation", x => -x, x => -x) with { DTypes = Numbers },
        Of(nameof(GradientTensor.Sign), x => x.Sign(), x => double.IsNaN(x) ? x : Math.Sign(x), Domain.AwayFromZero) with { DTypes = Numbers },
        Of(nameof(GradientTensor.Square), x => x.Square(), x => x * x) with { DTypes = Numbers },
        Of(nameof(GradientTensor.Reciprocal), x => x.Reciprocal(), x => 1 / x, Domain.Positive),
        Of(nameof(GradientTensor.Sqrt), x => x.Sqrt(), Math.Sqrt, Domain.Positive),
        Of(nameof(GradientTensor.Rsqrt), x => x.Rsqrt(), x => 1 / Math.Sqrt(x), Domain.Positive),
        Of(nameof(GradientTensor.Exp), x => x.Exp(), Math.Exp),
        Of(nameof(GradientTensor.Expm1), x => x.Expm1(), Expm1),
        Of(nameof(GradientTensor.Log), x => x.Log(), Math.Log, Domain.Positive),
        Of(nameof(GradientTensor.Log1p), x => x.Log1p(), Log1p, Domain.Positive),
        Of(nameof(GradientTensor.Log2), x => x.Log2(), Math.Log2, Domain.Positive),
        Of(nameof(GradientTensor.Sin), x => x.Sin(), Math.Sin),
        Of(nameof(GradientTensor.Cos), x => x.Cos(), Math.Cos),
        Of(nameof(GradientTensor.Tan), x => x.Tan(), Math.Tan, Domain.Unit),
        Of(nameof(GradientTensor.Tanh), x => x.Tanh(), Math.Tanh),
        Of(nameof(GradientTensor.Erf), x => x.Erf(), Erf),
        Of(nameof(GradientTensor.Floor), x => x.Floor(), Math.Floor, Domain.AwayFromIntegers),
        Of(nameof(GradientTensor.Ceiling), x => x.Ceiling(), Math.Ceiling, Domain.AwayFromIntegers),
        Of(nameof(GradientTensor.Round), x => x.Round(), x => Math.Round(x, MidpointRounding.ToEven), Domain.AwayFromIntegers),
        Of(nameof(GradientTensor.Truncate), x => x.Truncate(), Math.Truncate, Domain.AwayFromIntegers),
        Of("scalar +", x => x + 1.5, x => x + 1.5) with { Members = ["op_Addition"] },
        Of("scalar -", x => x - 1.5, x => x - 1.5) with { Members = ["op_Subtraction"] },
        Of("scalar - reversed", x => 1.5 - x, x => 1.5 - x) with { Members = ["op_Subtraction"] },
        Of("scalar *", x => x * 2.5, x => x * 2.5) with { Members = ["op_Multiply"] },
        Of("scalar /", x => x / 2.5, x => x / 2.5) with { Members = ["op_Division"] },
        Of("scalar / reversed", x => 2.5 / x, x => 2.5 / x, Domain.Positive) with { Members = ["op_Division"] },
        Of("pow 3", x => x.Pow(3), x => x * x * x) with { Members = [nameof(GradientTensor.Pow)], Amplification = 2 },
        Of("pow 0.5", x => x.Pow(0.5), x => Math.Pow(x, 0.5), Domain.Positive) with { Members = [nameof(GradientTensor.Pow)], Special = false },
        Of("pow -2", x => x.Pow(-2), x => Math.Pow(x, -2), Domain.Positive) with { Members = [nameof(GradientTensor.Pow)], Amplification = 4, Special = false },
        Of("2 to the x", x => GradientTensor.Pow(2, x), x => Math.Pow(2, x)) with { Members = [nameof(GradientTensor.Pow)], Amplification = 2 },
        Of(nameof(GradientTensor.Clamp), x => x.Clamp(-0.625, 0.625), x => double.IsNaN(x) ? x : Math.Clamp(x, -0.625, 0.625), Domain.AwayFromIntegers),
        Of(nameof(GradientTensor.Sigmoid), x => x.Sigmoid(), x => 1 / (1 + Math.Exp(-x))),
        Of(nameof(GradientTensor.Relu), x => x.Relu(), x => double.IsNaN(x) ? x : Math.Max(x, 0), Domain.AwayFromZero),
        Of(nameof(GradientTensor.LeakyRelu), x => x.LeakyRelu(0.1), x => x > 0 ? x : 0.1 * x, Domain.AwayFromZero),
        Of(nameof(GradientTensor.Elu), x => x.Elu(1.5), x => x > 0 ? x : 1.5 * Expm1(x), Domain.AwayFromZero),
        Of(nameof(GradientTensor.Gelu), x => x.Gelu(), x => x / 2 * (1 + Erf(x / Math.Sqrt(2)))) with { Special = false },
        Of("gelu by tanh", x => x.Gelu(approximate: true), x => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))))
            with { Members = [nameof(GradientTensor.Gelu)], Special = false },
        Of(nameof(GradientTensor.Silu), x => x.Silu(), x => x / (1 + Math.Exp(-x))) with { Special = false },
        Of(nameof(GradientTensor.Softplus), x => x.Softplus(2, 20), x => 2 * x > 20 ? x : Log1p(Math.Exp(2 * x)) / 2),
        Of(nameof(GradientTensor.Hardswish), x => x.Hardswish(), x => x * Math.Min(Math.Max(x + 3, 0), 6) / 6) with { Special = false },
        Of(nameof(GradientTensor.Mish), x => x.Mish(), x => x * Math.Tanh(Log1p(Math.Exp(x)))) with { Special = false, Amplification = 2 },
        Of(nameof(GradientTensor.LogicalNot), x => x.LogicalNot(), x => x == 0 ? 1 : 0, Domain.Mask) with { Differentiable = false, Special = false },
        Of(nameof(GradientTensor.IsNaN), x => x.IsNaN(), x => double.IsNaN(x) ? 1 : 0) with { Differentiable = false },
        Of(nameof(GradientTensor.IsFinite), x => x.IsFinite(), x => double.IsFinite(x) ? 1 : 0) with { Differentiable = false },
        Of(nameof(GradientTensor.Clone), x => x.Clone(), x => x) with { DTypes = Numbers },
        Of(nameof(GradientTensor.ZerosLike), x => x.ZerosLike(), _ => 0) with { DTypes = Numbers, Differentiable = false },
        Of(nameof(GradientTensor.OnesLike), x => x.OnesLike(), _ => 1) with { DTypes = Numbers, Differentiable = false },
        Of(nameof(GradientTensor.Detach), x => x.Detach(), x => x) with { DTypes = Numbers, Differentiable = false },
    ];

    private static Case Of(string member, Func<GradientTensor, GradientTensor> run, Func<double, double> f, Domain domain = Domain.Normal) =>
        new(member, [member], x => run(x[0]), x => x[0].Map(f), Each(AnyShapes), domain) { Special = true };

    /// <summary>eˣ − 1 by its Taylor series near 0.</summary>
    private static double Expm1(double x)
    {
        if (!(Math.Abs(x) < 0.1)) return Math.Exp(x) - 1;
        double term = x, sum = x;
        for (int n = 2; n < 15; n++) sum += term *= x / n;
        return sum;
    }

    /// <summary>ln(1 + x) by its Taylor series near 0.</summary>
    private static double Log1p(double x)
    {
        if (!(Math.Abs(x) < 0.01)) return Math.Log(1 + x);
        double power = x, sum = x;
        for (int n = 2; n < 12; n++) sum += (power *= -x) / n;
        return sum;
    }

    /// <summary>erf by its Maclaurin series, all of whose terms in this form are positive: 2/√π·e^(−x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!.</summary>
    private static double Erf(double x)
    {
        if (double.IsNaN(x)) return x;
        if (Math.Abs(x) > 6) return Math.Sign(x);
        double term = x, sum = x;
        for (int n = 1; n < 200; n++) sum += term *= 2 * x * x / ((2 * n) + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
