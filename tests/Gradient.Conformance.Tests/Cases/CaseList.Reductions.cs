namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    /// <summary>Shapes and axes that take every path: all, rows, columns, inner and outer together, blocks' edges, empty.</summary>
    private static readonly (long[] Shape, int[] Axes)[] Reduced =
    [
        ([], []), ([7], []), ([7], [0]), ([3, 5], []), ([3, 5], [0]), ([3, 5], [1]), ([3, 5], [-1]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [1]),
        ([2, 3, 4], [0, 1]), ([2, 1, 3, 1, 2, 2], [1, 3, 5]), ([4, 0, 3], [0]), ([1025], [0]), ([33, 65], [0]), ([33, 65], [1]), ([2, 2, 2, 2], [0, 3]),
    ];

    private static IEnumerable<Case> Reductions() =>
    [
        .. Folded(nameof(GradientTensor.Sum), (x, axes, keep) => x.Sum(axes, keep), v => v.Sum(), amplification: 4) .Select(c => c with { DTypes = Numbers }),
        .. Folded(nameof(GradientTensor.Mean), (x, axes, keep) => x.Mean(axes, keep), v => v.Length == 0 ? double.NaN : v.Sum() / v.Length, amplification: 4),
        .. Folded(nameof(GradientTensor.Prod), (x, axes, keep) => x.Prod(axes, keep), v => v.Aggregate(1.0, (a, b) => a * b), Domain.AwayFromZero, 16, most: 40),
        .. Folded(nameof(GradientTensor.Max), (x, axes, keep) => x.Max(axes, keep), v => v.Max(), Domain.Distinct, least: 1).Select(c => c with { DTypes = Numbers }),
        .. Folded(nameof(GradientTensor.Min), (x, axes, keep) => x.Min(axes, keep), v => v.Min(), Domain.Distinct, least: 1).Select(c => c with { DTypes = Numbers }),
        .. Folded(nameof(GradientTensor.Var), (x, axes, keep) => x.Var(axes, 1, keep), v => Variance(v, 1), amplification: 8, least: 2),
        .. Folded(nameof(GradientTensor.Std), (x, axes, keep) => x.Std(axes, 1, keep), v => Math.Sqrt(Variance(v, 1)), amplification: 8, least: 2),
        .. Folded(nameof(GradientTensor.Norm), (x, axes, keep) => x.Norm(2, axes, keep), v => Math.Sqrt(v.Sum(a => a * a)), Domain.AwayFromZero, 4, least: 1),
        .. Folded("1-norm", (x, axes, keep) => x.Norm(1, axes, keep), v => v.Sum(Math.Abs), Domain.AwayFromZero, 4).Select(c => c with { Members = [nameof(GradientTensor.Norm)] }),
        .. Folded("3-norm", (x, axes, keep) => x.Norm(3, axes, keep), v => Math.Cbrt(v.Sum(a => Math.Abs(a * a * a))), Domain.AwayFromZero, 8, least: 1)
            .Select(c => c with { Members = [nameof(GradientTensor.Norm)] }),
        .. Folded(nameof(GradientTensor.LogSumExp), (x, axes, keep) => x.LogSumExp(axes, keep), v => Math.Log(v.Sum(Math.Exp)), amplification: 4, least: 1),
        .. Folded(nameof(GradientTensor.Any), (x, axes, keep) => x.Any(axes, keep), v => v.Any(a => a != 0) ? 1 : 0, Domain.Bits)
            .Select(c => c with { Differentiable = false, DTypes = [.. Numbers, DType.Bool] }),
        .. Folded(nameof(GradientTensor.All), (x, axes, keep) => x.All(axes, keep), v => v.All(a => a != 0) ? 1 : 0, Domain.Bits)
            .Select(c => c with { Differentiable = false, DTypes = [.. Numbers, DType.Bool] }),
        Lines(nameof(GradientTensor.CumSum), x => x.CumSum(1), v => Running(v, (a, b) => a + b)) with { DTypes = Numbers, Amplification = 8 },
        Lines("cumulative sum from the end", x => x.CumSum(1, reverse: true), v => [.. Running([.. v.Reverse()], (a, b) => a + b).Reverse()])
            with { Members = [nameof(GradientTensor.CumSum)], Amplification = 8 },
        Lines(nameof(GradientTensor.CumProd), x => x.CumProd(1), v => Running(v, (a, b) => a * b), Domain.AwayFromZero) with { Amplification = 16 },
        new("max along an axis", [nameof(GradientTensor.Max)], x => x[0].Max(1).Values, x => x[0].Reduce([1], false, v => v.Max()), Each(Lined), Domain.Distinct) { DTypes = Numbers },
        new("min along an axis", [nameof(GradientTensor.Min)], x => x[0].Min(1, keepDims: true).Values, x => x[0].Reduce([1], true, v => v.Min()), Each(Lined), Domain.Distinct) { DTypes = Numbers },
        new(nameof(GradientTensor.ArgMax), [nameof(GradientTensor.ArgMax)], x => x[0].ArgMax(1), x => x[0].Reduce([1], false, v => Array.IndexOf(v, v.Max())), Each(Lined), Domain.Integers)
            { DTypes = Numbers, Differentiable = false },
        new(nameof(GradientTensor.ArgMin), [nameof(GradientTensor.ArgMin)], x => x[0].ArgMin(), x => Values.Scalar(Array.IndexOf(x[0].Data, x[0].Data.Min())), Each(Lined), Domain.Integers)
            { DTypes = Numbers, Differentiable = false },
        new(nameof(GradientTensor.Sort), [nameof(GradientTensor.Sort)], x => x[0].Sort(1, descending: true).Values, x => x[0].AlongAxis(1, v => [.. v.OrderDescending()]), Each(Lined), Domain.Distinct)
            { DTypes = Numbers },
        new(nameof(GradientTensor.ArgSort), [nameof(GradientTensor.ArgSort)], x => x[0].ArgSort(1),
            x => x[0].AlongAxis(1, v => [.. Enumerable.Range(0, v.Length).OrderBy(i => v[i]).Select(i => (double)i)]), Each(Lined), Domain.Integers)
            { DTypes = Numbers, Differentiable = false },
        new(nameof(GradientTensor.TopK), [nameof(GradientTensor.TopK)], x => x[0].TopK(2, 1).Values,
            x => Values.Make([x[0].Shape[0], 2, .. x[0].Shape[2..]], i => x[0].AlongAxis(1, v => [.. v.OrderDescending()])[i]), Each([[3, 5], [2, 17, 3]]), Domain.Distinct)
            { DTypes = Numbers },
        new(nameof(GradientTensor.SumTo), [nameof(GradientTensor.SumTo)], x => x[0].SumTo([3, 1]), x => x[0].Reduce([0, 2], true, v => v.Sum()).Reshape(3, 1), Each([[2, 3, 4]]), Domain.Normal)
            { DTypes = Floats, Amplification = 4 },
    ];

    private static readonly long[][] Lined = [[3, 5], [2, 7, 3], [1, 17], [4, 65], [2, 3, 2, 2]];

    private static IEnumerable<Case> Folded(
        string member, Func<GradientTensor, int[], bool, GradientTensor> run, Func<double[], double> f, Domain domain = Domain.Normal,
        double amplification = 1, int least = 0, int most = int.MaxValue)
    {
        foreach (var (shape, axes) in Reduced)
        {
            long folded = axes.Length == 0 ? shape.Aggregate(1L, (a, b) => a * b) : axes.Aggregate(1L, (a, axis) => a * shape[axis < 0 ? axis + shape.Length : axis]);
            if (folded < least || folded > most) continue;
            foreach (bool keep in new[] { false, true })
                yield return new($"{member} [{string.Join(",", shape)}] over ({string.Join(",", axes)}){(keep ? " kept" : "")}", [member],
                    x => run(x[0], axes, keep), x => x[0].Reduce(axes, keep, f), [[shape]], domain) { Amplification = amplification };
        }
    }

    private static Case Lines(string member, Func<GradientTensor, GradientTensor> run, Func<double[], double[]> f, Domain domain = Domain.Normal) =>
        new(member, [member], x => run(x[0]), x => x[0].AlongAxis(1, f), Each([[3, 5], [2, 7, 3], [1, 17], [2, 0, 3]]), domain);

    private static double[] Running(double[] v, Func<double, double, double> f)
    {
        var result = new double[v.Length];
        for (int i = 0; i < v.Length; i++) result[i] = i == 0 ? v[0] : f(result[i - 1], v[i]);
        return result;
    }

    private static double Variance(double[] v, double correction)
    {
        double mean = v.Sum() / v.Length;
        return v.Sum(a => (a - mean) * (a - mean)) / (v.Length - correction);
    }
}
