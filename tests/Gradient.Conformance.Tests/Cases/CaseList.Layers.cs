namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    private static readonly long[][] Maps = [[3, 5], [2, 3, 4], [4, 33], [1, 1], [2, 65, 2]];

    private static IEnumerable<Case> Layers() =>
    [
        Along(nameof(GradientTensor.Softmax), x => x.Softmax(-1), -1, Softmax),
        Along("softmax of an inner axis", x => x.Softmax(1), 1, Softmax) with { Members = [nameof(GradientTensor.Softmax)] },
        Along(nameof(GradientTensor.LogSoftmax), x => x.LogSoftmax(-1), -1, v => [.. Softmax(v).Select(p => Math.Log(p))]),
        new(nameof(Functional.LogSigmoid), [nameof(Functional.LogSigmoid)], x => Functional.LogSigmoid(x[0]), x => x[0].Map(v => -Log1p(Math.Exp(-v))), Each(Maps), Domain.Normal),
        new(nameof(Functional.Linear), [nameof(Functional.Linear)], x => Functional.Linear(x[0], x[1], x[2]),
            x => Values.Zip(MatMul(x[0], x[1]), x[2], (a, b) => a + b), [[[3, 4], [4, 5], [5]], [[2, 3, 17], [17, 33], [33]]],
            Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 },
        new(nameof(Functional.Embedding), [nameof(Functional.Embedding)], x => Functional.Embedding(x[1], x[0]),
            x => Values.Make([2, 4, 5], i => x[0][(long)x[1][i[0], i[1]], i[2]]), [[[3, 5], [2, 4]]], Domain.Normal, Domain.Index3) { Amplification = 4 },
        new(nameof(Functional.LayerNorm), [nameof(Functional.LayerNorm)], x => Functional.LayerNorm(x[0], [x[0].Shape[-1]], x[1], x[2], 1e-2),
            x => Affine(x[0].AlongAxis(-1, v => Normalized(v)), x[1], x[2]), [[[3, 5], [5], [5]], [[2, 3, 4], [4], [4]], [[4, 33], [33], [33]]],
            Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 },
        new(nameof(Functional.RmsNorm), [nameof(Functional.RmsNorm)], x => Functional.RmsNorm(x[0], [x[0].Shape[-1]], x[1], 1e-2),
            x => Values.Zip(x[0].AlongAxis(-1, v => [.. v.Select(a => a / Math.Sqrt(v.Average(b => b * b) + 1e-2))]), x[1], (a, b) => a * b),
            [[[3, 5], [5]], [[2, 3, 4], [4]], [[4, 33], [33]]], Domain.Normal, Domain.Normal) { Amplification = 8 },
        new(nameof(Functional.BatchNorm), [nameof(Functional.BatchNorm)], x => Functional.BatchNorm(x[0], null, null, x[1], x[2], training: true, epsilon: 1e-2),
            x => Affine(OverPlaces(x[0], 0, x[0].Rank - 1), x[1], x[2]), [[[7, 3], [3], [3]], [[2, 3, 4, 5], [5], [5]], [[3, 3, 3, 17], [17], [17]]],
            Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 },
        new(nameof(Functional.InstanceNorm), [nameof(Functional.InstanceNorm)], x => Functional.InstanceNorm(x[0], x[1], x[2], 1e-2),
            x => Affine(OverPlaces(x[0], 1, x[0].Rank - 1), x[1], x[2]), [[[2, 3, 4, 5], [5], [5]], [[2, 7, 3], [3], [3]]], Domain.Normal, Domain.Normal, Domain.Normal)
            { Amplification = 8 },
        new(nameof(Functional.GroupNorm), [nameof(Functional.GroupNorm)], x => Functional.GroupNorm(x[0], 2, x[1], x[2], 1e-2),
            x => Affine(Grouped(x[0], 2), x[1], x[2]), [[[2, 3, 4, 6], [6], [6]], [[2, 5, 4], [4], [4]]], Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 },
        new(nameof(Functional.ScaledDotProductAttention), [nameof(Functional.ScaledDotProductAttention)], x => Functional.ScaledDotProductAttention(x[0], x[1], x[2]),
            x => Attention(x[0], x[1], x[2], causal: false), [[[2, 3, 4], [2, 5, 4], [2, 5, 3]]], Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 },
        new("causal attention", [nameof(Functional.ScaledDotProductAttention)], x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], causal: true),
            x => Attention(x[0], x[1], x[2], causal: true), [[[2, 5, 4], [2, 5, 4], [2, 5, 4]]], Domain.Normal, Domain.Normal, Domain.Normal) { Amplification = 8 },
        new("dropout outside of training", [nameof(Functional.Dropout)], x => Functional.Dropout(x[0], 0.5, training: false), x => x[0], Each(Maps), Domain.Normal),
        new("dropout of nothing", [nameof(Functional.Dropout)], x => Functional.Dropout(x[0], 0), x => x[0], Each(Maps), Domain.Normal),
    ];

    private static Case Along(string member, Func<GradientTensor, GradientTensor> run, int axis, Func<double[], double[]> f) =>
        new(member, [member], x => run(x[0]), x => x[0].AlongAxis(axis, f), Each(Maps), Domain.Normal) { Amplification = 4 };

    private static double[] Softmax(double[] v)
    {
        double largest = v.Max(), sum = v.Sum(a => Math.Exp(a - largest));
        return [.. v.Select(a => Math.Exp(a - largest) / sum)];
    }

    private static double[] Normalized(IReadOnlyList<double> v)
    {
        double mean = v.Average(), variance = v.Average(a => (a - mean) * (a - mean));
        return [.. v.Select(a => (a - mean) / Math.Sqrt(variance + 1e-2))];
    }

    private static Values Affine(Values x, Values weight, Values bias) =>
        Values.Zip(Values.Zip(x, weight, (a, b) => a * b), bias, (a, b) => a + b);

    /// <summary>Normalizes over axes [from, to): each channel (and what lies in front of from) by itself.</summary>
    private static Values OverPlaces(Values x, int from, int to)
    {
        int[] axes = [.. Enumerable.Range(from, to - from)];
        var mean = x.Reduce(axes, true, v => v.Average());
        var variance = x.Reduce(axes, true, v => v.Average(a => Math.Pow(a - v.Average(), 2)));
        return Values.Zip(Values.Zip(x, mean, (a, b) => a - b), variance, (a, b) => a / Math.Sqrt(b + 1e-2));
    }

    private static Values Grouped(Values x, int groups)
    {
        long channels = x.Shape[^1], places = x.Shape[1..^1].Aggregate(1L, (a, b) => a * b);
        var split = x.Reshape(x.Shape[0], places, groups, channels / groups);
        var mean = split.Reduce([1, 3], true, v => v.Average());
        var variance = split.Reduce([1, 3], true, v => v.Average(a => Math.Pow(a - v.Average(), 2)));
        return Values.Zip(Values.Zip(split, mean, (a, b) => a - b), variance, (a, b) => a / Math.Sqrt(b + 1e-2)).Reshape(x.Shape);
    }

    private static Values Attention(Values q, Values k, Values v, bool causal)
    {
        double scale = 1 / Math.Sqrt(q.Shape[2]);
        var scores = Values.Make([q.Shape[0], q.Shape[1], k.Shape[1]], i => causal && i[2] > i[1] ? double.NegativeInfinity
            : scale * Enumerable.Range(0, (int)q.Shape[2]).Sum(d => q[i[0], i[1], d] * k[i[0], i[2], d]));
        return MatMul(scores.AlongAxis(2, Softmax), v);
    }
}
