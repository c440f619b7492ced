namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    /// <summary>Shapes that broadcast in every way.</summary>
    private static readonly long[][][] PairShapes =
    [
        [[], []], [[5], []], [[], [5]], [[17], [17]], [[3, 4], [4]], [[3, 1], [1, 4]], [[2, 3, 4], [3, 1]], [[2, 1, 4], [1, 3, 1]],
        [[0, 3], [1, 3]], [[1, 2, 1, 3, 1, 2], [2, 1, 1, 1, 2, 1]], [[33, 31], [33, 31]],
    ];

    private static IEnumerable<Case> Binary() =>
    [
        Pair("+", (a, b) => a + b, (a, b) => a + b) with { DTypes = Numbers },
        Pair("*", (a, b) => a * b, (a, b) => a * b) with { DTypes = Numbers },
        Pair("/", (a, b) => a / b, (a, b) => a / b, Domain.Positive),
    ];

    private static Case Pair(
        string name, Func<GradientTensor, GradientTensor, GradientTensor> run, Func<double, double, double> f, Domain domain = Domain.Normal) =>
        new(name, [name], x => run(x[0], x[1]), x => Values.Zip(x[0], x[1], f), PairShapes, domain, domain) { Special = true };
}
