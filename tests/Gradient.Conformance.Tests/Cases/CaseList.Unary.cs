namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    private static readonly DType[] Numbers = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64];

    private static IEnumerable<Case> Unary() =>
    [
        Of(nameof(GradientTensor.Abs), x => x.Abs(), Math.Abs, Domain.AwayFromZero) with { DTypes = Numbers },
        Of(nameof(GradientTensor.Exp), x => x.Exp(), Math.Exp),
        Of(nameof(GradientTensor.Log), x => x.Log(), Math.Log, Domain.Positive),
        Of(nameof(GradientTensor.Sqrt), x => x.Sqrt(), Math.Sqrt, Domain.Positive),
        Of(nameof(GradientTensor.Relu), x => x.Relu(), x => Math.Max(x, 0), Domain.AwayFromZero),
    ];

    private static Case Of(string member, Func<GradientTensor, GradientTensor> run, Func<double, double> f, Domain domain = Domain.Normal) =>
        new(member, [member], x => run(x[0]), x => x[0].Map(f), Each(AnyShapes), domain) { Special = true };
}
