namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    private static IEnumerable<Case> Views() =>
    [
        View(nameof(GradientTensor.Reshape), x => x.Reshape(4, -1), x => x.Reshape(4, 6), [2, 3, 4]),
        View(nameof(GradientTensor.Flatten), x => x.Flatten(1, 2), x => x.Reshape(2, 12), [2, 3, 4]),
        View(nameof(GradientTensor.Permute), x => x.Permute(2, 0, 1), x => Values.Make([4, 2, 3], i => x[i[1], i[2], i[0]]), [2, 3, 4]),
        View(nameof(GradientTensor.Transpose), x => x.Transpose(), x => Values.Make([5, 3], i => x[i[1], i[0]]), [3, 5]),
        View("transpose of outer axes", x => x.Transpose(0, 1), x => Values.Make([3, 2, 4], i => x[i[1], i[0], i[2]]), [2, 3, 4]) with { Members = [nameof(GradientTensor.Transpose)] },
        View(nameof(GradientTensor.Expand), x => x.Expand(2, 3, 4), x => Values.Make([2, 3, 4], i => x[i[1], 0]), [3, 1]),
        View(nameof(GradientTensor.Squeeze), x => x.Squeeze(1).Squeeze(), x => x.Reshape(2, 3), [2, 1, 3, 1]),
        View(nameof(GradientTensor.Unsqueeze), x => x.Unsqueeze(1).Unsqueeze(-1), x => x.Reshape(2, 1, 3, 1), [2, 3]),
        View(nameof(GradientTensor.Flip), x => x.Flip(0, 2), x => Values.Make([2, 3, 4], i => x[1 - i[0], i[1], 3 - i[2]]), [2, 3, 4]),
        View("index", x => x[1, 0..2, ^1], x => Values.Make([2], i => x[1, i[0], 3]), [2, 3, 4]) with { Members = ["Item"] },
        View("index with step", x => x[TensorIndex.Ellipsis, TensorIndex.Slice(3, null, -2)], x => Values.Make([2, 3, 2], i => x[i[0], i[1], 3 - (2 * i[2])]), [2, 3, 4]) with { Members = ["Item"] },
        View(nameof(GradientTensor.Slice), x => x.Slice(1, 1, 5, 2), x => Values.Make([3, 2], i => x[i[0], 1 + (2 * i[1])]), [3, 6]),
        View(nameof(GradientTensor.Narrow), x => x.Narrow(1, 1, 2), x => Values.Make([2, 2, 4], i => x[i[0], i[1] + 1, i[2]]), [2, 3, 4]),
        View(nameof(GradientTensor.Select), x => x.Select(1, -1), x => Values.Make([2, 4], i => x[i[0], 2, i[1]]), [2, 3, 4]),
        View(nameof(GradientTensor.Diagonal), x => x.Diagonal(1), x => Values.Make([3], i => x[i[0], i[0] + 1]), [3, 5]),
        View(nameof(GradientTensor.Repeat), x => x.Repeat(2, 3), x => Values.Make([4, 9], i => x[i[0] % 2, i[1] % 3]), [2, 3]),
        View(nameof(GradientTensor.Roll), x => x.Roll(2, 1), x => Values.Make([2, 5], i => x[i[0], (i[1] + 3) % 5]), [2, 5]),
        View(nameof(GradientTensor.Tril), x => x.Tril(), x => Values.Make([4, 5], i => i[1] <= i[0] ? x[i] : 0), [4, 5]),
        View(nameof(GradientTensor.Triu), x => x.Triu(1), x => Values.Make([4, 5], i => i[1] > i[0] ? x[i] : 0), [4, 5]),
        View(nameof(GradientTensor.Split), x => x.Split(2, 1)[1], x => Values.Make([3, 2], i => x[i[0], i[1] + 2]), [3, 5]),
        View("split into lengths", x => x.Split([1, 3, 1], 1)[1], x => Values.Make([3, 3], i => x[i[0], i[1] + 1]), [3, 5]) with { Members = [nameof(GradientTensor.Split)] },
        View(nameof(GradientTensor.Chunk), x => x.Chunk(3, 1)[2], x => Values.Make([3, 1], i => x[i[0], 4]), [3, 5]),
        View(nameof(GradientTensor.Unbind), x => x.Unbind(1)[2], x => Values.Make([3], i => x[i[0], 2]), [3, 5]),
        View(nameof(GradientTensor.Pad), x => x.Pad([(1, 0), (2, 1)], 0.5), x => Values.Make([4, 7], i => i[0] < 1 || i[1] < 2 || i[1] > 5 ? 0.5 : x[i[0] - 1, i[1] - 2]), [3, 4]),
        View(nameof(GradientTensor.Pad2d), x => x.Pad2d(1, 0, 0, 2), x => Padded(x, 1, 0, 0, 2, (i, n) => i < 0 || i >= n ? -1 : i), [2, 3, 3, 2]),
        View(nameof(GradientTensor.ZeroPad2d), x => x.ZeroPad2d(1), x => Padded(x, 1, 1, 1, 1, (i, n) => i < 0 || i >= n ? -1 : i), [2, 3, 3, 2]),
        View(nameof(GradientTensor.Unpad2d), x => x.Unpad2d(1, 0, 2, 0), x => Values.Make([2, 2, 3, 2], i => x[i[0], i[1] + 1, i[2] + 2, i[3]]), [2, 3, 5, 2]),
        View(nameof(GradientTensor.ReflectionPad), x => x.ReflectionPad(1, 2, 1), x => Values.Make([2, 7], i => x[i[0], Mirrored(i[1] - 2, 4)]), [2, 4]),
        View(nameof(GradientTensor.ReflectionPad2d), x => x.ReflectionPad2d(2, 1, 1, 2), x => Padded(x, 2, 1, 1, 2, Mirrored), [2, 3, 4, 2]),
        View(nameof(GradientTensor.ReplicationPad), x => x.ReplicationPad(1, 2, 1), x => Values.Make([2, 7], i => x[i[0], Math.Clamp(i[1] - 2, 0, 3)]), [2, 4]),
        View(nameof(GradientTensor.ReplicationPad2d), x => x.ReplicationPad2d(2), x => Padded(x, 2, 2, 2, 2, (i, n) => Math.Clamp(i, 0, n - 1)), [2, 3, 4, 2]),
        new(nameof(GradientTensor.Cat), [nameof(GradientTensor.Cat)], x => GradientTensor.Cat(x, axis: 1),
            x => Values.Make([2, 6, 2], i => i[1] < 3 ? x[0][i] : i[1] < 4 ? x[1][i[0], i[1] - 3, i[2]] : x[2][i[0], i[1] - 4, i[2]]),
            [[[2, 3, 2], [2, 1, 2], [2, 2, 2]]], Domain.Normal, Domain.Normal, Domain.Normal) { DTypes = Numbers },
        new(nameof(GradientTensor.Stack), [nameof(GradientTensor.Stack)], x => GradientTensor.Stack(x, axis: 1),
            x => Values.Make([2, 2, 3], i => x[(int)i[1]][i[0], i[2]]), [[[2, 3], [2, 3]]], Domain.Normal, Domain.Normal) { DTypes = Numbers },
        new(nameof(GradientTensor.IndexSelect), [nameof(GradientTensor.IndexSelect)], x => x[0].IndexSelect(1, x[1]),
            x => Values.Make([2, 5, 4], i => x[0][i[0], (long)x[1][i[1]], i[2]]), [[[2, 3, 4], [5]]], Domain.Normal, Domain.Index3) { DTypes = Numbers },
        new("embedding of rows", [nameof(GradientTensor.IndexSelect)], x => x[0].IndexSelect(0, x[1]),
            x => Values.Make([5, 33], i => x[0][(long)x[1][i[0]], i[1]]), [[[3, 33], [5]]], Domain.Normal, Domain.Index3) { DTypes = Numbers },
        new(nameof(GradientTensor.Gather), [nameof(GradientTensor.Gather)], x => x[0].Gather(1, x[1]),
            x => Values.Make([2, 5, 3], i => x[0][i[0], (long)x[1][i], i[2]]), [[[2, 3, 4], [2, 5, 3]]], Domain.Normal, Domain.Index3) { DTypes = Numbers },
        new(nameof(GradientTensor.ScatterAdd), [nameof(GradientTensor.ScatterAdd)], x => x[0].ScatterAdd(1, x[1], x[2]),
            x => Scattered(x), [[[2, 3, 4], [2, 5, 3], [2, 5, 3]]], Domain.Normal, Domain.Index3, Domain.Normal) { DTypes = Numbers, Amplification = 4 },
        new(nameof(GradientTensor.Scatter), [nameof(GradientTensor.Scatter)], x => x[0].Scatter(1, x[1], x[2]),
            x => Values.Make([2, 3], i => i[1] == (long)x[1][i[0], 0] ? x[2][i[0], 0] : x[0][i]), [[[2, 3], [2, 1], [2, 1]]],
            Domain.Normal, Domain.Index3, Domain.Normal) { DTypes = Numbers },
        new(nameof(GradientTensor.OneHot), [nameof(GradientTensor.OneHot)], x => x[0].OneHot(3), x => Values.Make([2, 4, 3], i => x[0][i[0], i[1]] == i[2] ? 1 : 0),
            [[[2, 4]]], Domain.Index3) { DTypes = [DType.Int64], Differentiable = false },
    ];

    private static Case View(string member, Func<GradientTensor, GradientTensor> run, Func<Values, Values> reference, long[] shape) =>
        new(member, [member], x => run(x[0]), x => reference(x[0]), [[shape]], Domain.Normal) { DTypes = Numbers, Amplification = 2 };

    /// <summary>[batch, height, width, channels] padded: source maps a row or column to one of the input, or −1 for a zero.</summary>
    private static Values Padded(Values x, long top, long bottom, long left, long right, Func<long, long, long> source) =>
        Values.Make([x.Shape[0], x.Shape[1] + top + bottom, x.Shape[2] + left + right, x.Shape[3]], i =>
        {
            long row = source(i[1] - top, x.Shape[1]), column = source(i[2] - left, x.Shape[2]);
            return row < 0 || column < 0 ? 0 : x[i[0], row, column, i[3]];
        });

    private static long Mirrored(long i, long n) => i < 0 ? -i : i >= n ? (2 * (n - 1)) - i : i;

    private static Values Scattered(Values[] x)
    {
        var sums = new Dictionary<(long, long, long), double>();
        Values.Make(x[1].Shape, i =>
        {
            var key = (i[0], (long)x[1][i], i[2]);
            sums[key] = sums.GetValueOrDefault(key) + x[2][i];
            return 0;
        });
        return Values.Make(x[0].Shape, i => x[0][i] + sums.GetValueOrDefault((i[0], i[1], i[2])));
    }
}
