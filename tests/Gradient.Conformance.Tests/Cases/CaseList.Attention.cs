namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    private static IEnumerable<Case> Attentions() =>
    [
        // Lengths around the strips, blocks and tiles of the kernels (CPU: 24 and 48 queries, 64 and 128 keys; Metal: 32), widths around vectors.
        Attention("attention at tile edges", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2]), x => AttentionOf(x[0], x[1], x[2]),
            [
                [[2, 3, 2], [2, 5, 2], [2, 5, 3]], [[1, 1], [1, 1], [1, 1]], [[7, 8], [6, 8], [6, 8]], [[1, 23, 4], [1, 31, 4], [1, 31, 15]], [[24, 15], [32, 15], [32, 16]],
                [[25, 16], [33, 16], [33, 17]], [[47, 17], [63, 17], [63, 1]], [[48, 3], [64, 3], [64, 31]], [[49, 33], [65, 33], [65, 32]],
                [[31, 2], [127, 2], [127, 64]], [[32, 65], [128, 65], [128, 65]], [[33, 4], [129, 4], [129, 3]], [[241, 2], [5, 2], [5, 2]], [[2, 300], [3, 300], [3, 2]],
            ]),
        Attention("causal attention at tile edges", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], causal: true), x => AttentionOf(x[0], x[1], x[2], causal: true),
            [
                [[2, 5, 2], [2, 3, 2], [2, 3, 2]], [[3, 2], [6, 2], [6, 3]], [[9, 3], [9, 3], [9, 5]], [[23, 4], [23, 4], [23, 4]], [[24, 4], [25, 4], [25, 4]], [[25, 4], [24, 4], [24, 4]],
                [[31, 4], [33, 4], [33, 4]], [[33, 4], [31, 4], [31, 4]], [[1, 4], [65, 4], [65, 4]], [[49, 2], [49, 2], [49, 2]], [[65, 2], [64, 2], [64, 2]], [[130, 3], [129, 3], [129, 4]],
                [[127, 3], [200, 3], [200, 4]], [[245, 2], [245, 2], [245, 2]],
            ]),
        Attention("attention of a scale", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], causal: true, scale: -0.7),
            x => AttentionOf(x[0], x[1], x[2], causal: true, scale: -0.7), [[[2, 3, 2], [2, 3, 2], [2, 3, 3]], [[2, 9, 4], [2, 9, 4], [2, 9, 4]]]),
        Attention("attention of broadcast heads", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2]), x => AttentionOf(x[0], x[1], x[2]),
            [[[2, 1, 3, 2], [3, 4, 2], [1, 1, 4, 2]], [[5, 2], [2, 4, 2], [4, 3]], [[2, 1, 2, 1, 3, 2], [1, 2, 1, 2, 5, 2], [5, 2]]]),
        Attention("attention with a Bool mask", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], x[3]), x => AttentionOf(x[0], x[1], x[2], x[3]),
            [[[2, 3, 2], [2, 5, 2], [2, 5, 3], [1, 5]], [[2, 3, 2], [2, 9, 2], [2, 9, 3], [2, 3, 9]], [[33, 3], [67, 3], [67, 2], [33, 67]], [[2, 49, 3], [2, 130, 3], [2, 130, 2], [2, 1, 130]]],
            Domain.Mask),
        Attention("causal attention with a Bool mask", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], x[3], causal: true),
            x => AttentionOf(x[0], x[1], x[2], x[3], causal: true), [[[2, 9, 2], [2, 9, 2], [2, 9, 3], [9, 9]], [[50, 3], [67, 3], [67, 2], [50, 1]]], Domain.Mask)
            with { Differentiable = false }, // a first row that sees nothing makes every gradient NaN
        Attention("attention with an added mask", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], x[3], causal: true),
            x => AttentionOf(x[0], x[1], x[2], x[3], adds: true, causal: true),
            [[[2, 3, 2], [2, 5, 2], [2, 5, 3], [1, 5]], [[3, 2], [3, 2], [3, 2], [2, 2, 3, 3]], [[34, 3], [67, 3], [67, 2], [34, 67]], [[2, 49, 3], [2, 66, 3], [2, 66, 2], [2, 49, 1]]], Domain.Normal),
        // Of Bool: as the added mask of a key that is not seen; such a mask has no gradient, so that the kernels run backward.
        Attention("attention with −∞ added", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], Hidden(x[3], x[0])),
            x => AttentionOf(x[0], x[1], x[2], x[3]), [[[2, 3, 2], [2, 5, 2], [2, 5, 3], [1, 5]], [[4, 2], [9, 2], [9, 3], [4, 9]], [[25, 3], [67, 3], [67, 2], [25, 67]]], Domain.Mask),
        Attention("attention of nothing", x => Functional.ScaledDotProductAttention(x[0], x[1], x[2], causal: true), x => AttentionOf(x[0], x[1], x[2], causal: true),
            [[[0, 3, 2], [0, 4, 2], [0, 4, 2]], [[0, 2], [4, 2], [4, 3]], [[3, 2], [0, 2], [0, 3]], [[3, 2], [4, 2], [4, 0]], [[3, 0], [4, 0], [4, 2]], [[0, 2], [0, 2], [0, 2]]]),
        Packed(nameof(Functional.SelfAttention), x => Functional.SelfAttention(x[0], 2), x => SelfAttentionOf(x[0], 2, null, causal: false), [[[2, 3, 6]], [[1, 33, 30]], [[3, 2, 12]], [[0, 3, 6]]]),
        Packed("causal self attention", x => Functional.SelfAttention(x[0], 3, causal: true), x => SelfAttentionOf(x[0], 3, null, causal: true), [[[1, 4, 9]], [[2, 5, 18]], [[2, 65, 36]]]),
        Packed("self attention with a mask", x => Functional.SelfAttention(x[0], 2, x[1]), x => SelfAttentionOf(x[0], 2, x[1], causal: false),
            [[[2, 3, 6], [2, 1, 1, 3]], [[2, 5, 12], [5]]], Domain.Mask),
    ];

    private static Case Attention(
        string name, Func<GradientTensor[], GradientTensor> run, Func<Values[], Values> reference, long[][][] shapes, params Domain[] mask) =>
        new(name, [nameof(Functional.ScaledDotProductAttention)], run, reference, shapes, [Domain.Normal, Domain.Normal, Domain.Normal, .. mask]) { Amplification = 8 };

    private static Case Packed(
        string name, Func<GradientTensor[], GradientTensor> run, Func<Values[], Values> reference, long[][][] shapes, params Domain[] mask) =>
        new(name, [nameof(Functional.SelfAttention)], run, reference, shapes, [Domain.Normal, .. mask]) { Amplification = 8 };

    private static GradientTensor Hidden(GradientTensor seen, GradientTensor like) =>
        seen.Where(GradientTensor.Scalar(0, like.DType, like.Device), GradientTensor.Scalar(double.NegativeInfinity, like.DType, like.Device));

    /// <summary>Row by row: scores of the keys that are seen, their softmax, the mean of the values. Without keys 0.</summary>
    private static Values AttentionOf(Values q, Values k, Values v, Values? mask = null, bool adds = false, bool causal = false, double? scale = null)
    {
        long[] front = Values.Broadcast(Values.Broadcast(q.Shape[..^2], k.Shape[..^2]), v.Shape[..^2]);
        if (mask is { Rank: > 2 }) front = Values.Broadcast(front, mask.Shape[..^2]);
        double factor = scale ?? 1 / Math.Sqrt(q.Shape[^1]);
        var scores = Values.Make([.. front, q.Shape[^2], k.Shape[^2]], i =>
        {
            double sum = 0;
            for (long d = 0; d < q.Shape[^1]; d++) sum += q.AtBroadcast([.. i[..^1], d]) * k.AtBroadcast([.. i[..^2], i[^1], d]);
            if ((causal && i[^1] > i[^2]) || (mask is not null && !adds && mask.AtBroadcast(i) == 0)) return double.NegativeInfinity;
            return (q.Shape[^1] == 0 ? 0 : sum * factor) + (adds ? mask!.AtBroadcast(i) : 0);
        });
        return MatMul(scores.AlongAxis(-1, Softmax), v);
    }

    private static Values SelfAttentionOf(Values packed, int heads, Values? mask, bool causal)
    {
        long batch = packed.Shape[0], time = packed.Shape[1], all = packed.Shape[2] / 3, width = all / heads;
        Values Part(int part) => Values.Make([batch, heads, time, width], i => packed[i[0], i[2], (part * all) + (i[1] * width) + i[3]]);
        var y = AttentionOf(Part(0), Part(1), Part(2), mask, causal: causal);
        return Values.Make([batch, time, all], i => y[i[0], i[2] / width, i[1], i[2] % width]);
    }
}
