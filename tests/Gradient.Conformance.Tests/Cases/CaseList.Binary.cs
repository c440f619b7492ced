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
        Pair("op_Addition", (a, b) => a + b, (a, b) => a + b) with { DTypes = Numbers },
        Pair("op_Subtraction", (a, b) => a - b, (a, b) => a - b) with { DTypes = Numbers },
        Pair("op_Multiply", (a, b) => a * b, (a, b) => a * b) with { DTypes = Numbers },
        Pair("op_Division", (a, b) => a / b, (a, b) => a / b, Domain.Positive) with { Amplification = 2 },
        Pair("op_Modulus", (a, b) => a % b, (a, b) => a - (b * Math.Floor(a / b)), Domain.Positive) with { Special = false, DTypes = [DType.Float32, DType.Float64], Amplification = 4 },
        Pair(nameof(GradientTensor.Pow), (a, b) => a.Pow(b), Math.Pow, Domain.Positive) with { Amplification = 8, Special = false },
        Pair(nameof(GradientTensor.Minimum), GradientTensor.Minimum, Math.Min) with { DTypes = Numbers },
        Pair(nameof(GradientTensor.Maximum), GradientTensor.Maximum, Math.Max) with { DTypes = Numbers },
        Pair(nameof(GradientTensor.Atan2), (a, b) => a.Atan2(b), Math.Atan2, Domain.AwayFromZero) with { Special = false },
        Compared(nameof(GradientTensor.EqualTo), (a, b) => a.EqualTo(b), (a, b) => a == b),
        Compared(nameof(GradientTensor.NotEqualTo), (a, b) => a.NotEqualTo(b), (a, b) => a != b),
        Compared(nameof(GradientTensor.LessThan), (a, b) => a.LessThan(b), (a, b) => a < b),
        Compared(nameof(GradientTensor.LessOrEqual), (a, b) => a.LessOrEqual(b), (a, b) => a <= b),
        Compared(nameof(GradientTensor.GreaterThan), (a, b) => a.GreaterThan(b), (a, b) => a > b),
        Compared(nameof(GradientTensor.GreaterOrEqual), (a, b) => a.GreaterOrEqual(b), (a, b) => a >= b),
        Compared("equal to a number", (a, b) => a.EqualTo(1).LogicalOr(b.NotEqualTo(1)), (a, b) => a == 1 || b != 1)
            with { Members = [nameof(GradientTensor.EqualTo), nameof(GradientTensor.NotEqualTo)] },
        Compared("between numbers", (a, b) => a.LessThan(0).LogicalOr(a.GreaterThan(1)).LogicalXor(b.LessOrEqual(0).LogicalAnd(b.GreaterOrEqual(-2))),
            (a, b) => (a < 0 || a > 1) ^ (b <= 0 && b >= -2)) with { Members = [nameof(GradientTensor.LessThan)], Special = false },
        Compared("op_LessThan", (a, b) => (a < b).LogicalOr(a < -3), (a, b) => a < b || a < -3),
        Compared("op_LessThanOrEqual", (a, b) => (a <= b).LogicalOr(a <= -3), (a, b) => a <= b || a <= -3),
        Compared("op_GreaterThan", (a, b) => (a > b).LogicalOr(a > 2), (a, b) => a > b || a > 2),
        Compared("op_GreaterThanOrEqual", (a, b) => (a >= b).LogicalOr(a >= 2), (a, b) => a >= b || a >= 2),
        Logical(nameof(GradientTensor.LogicalAnd), (a, b) => a.LogicalAnd(b), (a, b) => a && b),
        Logical(nameof(GradientTensor.LogicalOr), (a, b) => a.LogicalOr(b), (a, b) => a || b),
        Logical(nameof(GradientTensor.LogicalXor), (a, b) => a.LogicalXor(b), (a, b) => a ^ b),
        new(nameof(GradientTensor.Where), [nameof(GradientTensor.Where)], x => x[0].Where(x[1], x[2]),
            x => Values.Zip(Values.Zip(x[0], x[1], (c, a) => c != 0 ? a : double.MaxValue), x[2], (a, b) => a == double.MaxValue ? b : a),
            [[[], [], []], [[3, 1], [4], [3, 4]], [[2, 1, 3], [5, 1], []], [[31, 33], [31, 33], [33]], [[0], [0], [1]]],
            Domain.Mask, Domain.Normal, Domain.Normal) { DTypes = Numbers },
        new(nameof(GradientTensor.MaskedFill), [nameof(GradientTensor.MaskedFill)], x => x[0].MaskedFill(x[1], -7),
            x => Values.Zip(x[0], x[1], (a, m) => m != 0 ? -7 : a),
            [[[3, 4], [4]], [[2, 3, 4], [3, 1]], [[17], [17]], [[5], []]], Domain.Normal, Domain.Mask) { DTypes = Numbers },
    ];

    private static Case Pair(
        string name, Func<GradientTensor, GradientTensor, GradientTensor> run, Func<double, double, double> f, Domain domain = Domain.Normal) =>
        new(name, [name], x => run(x[0], x[1]), x => Values.Zip(x[0], x[1], f), PairShapes, domain, domain) { Special = true };

    private static Case Compared(string name, Func<GradientTensor, GradientTensor, GradientTensor> run, Func<double, double, bool> f) =>
        Pair(name, run, (a, b) => f(a, b) ? 1 : 0, Domain.Integers) with { DTypes = Numbers, Differentiable = false };

    private static Case Logical(string name, Func<GradientTensor, GradientTensor, GradientTensor> run, Func<bool, bool, bool> f) =>
        Pair(name, run, (a, b) => f(a != 0, b != 0) ? 1 : 0, Domain.Mask) with { DTypes = [DType.Bool], Differentiable = false, Special = false };
}
