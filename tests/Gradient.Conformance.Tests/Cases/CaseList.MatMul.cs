namespace Gradient.Conformance.Tests;

public static partial class CaseList
{
    /// <summary>Sizes at the edges of register tiles (8 rows, 16 and 32 columns) and of nothing; batches that broadcast; vectors.</summary>
    private static readonly long[][][] ProductShapes =
    [
        [[1, 1], [1, 1]], [[3, 4], [4, 5]], [[7, 15], [15, 31]], [[8, 16], [16, 32]], [[9, 17], [17, 33]], [[1, 64], [64, 7]], [[5, 3], [3, 1]],
        [[0, 3], [3, 4]], [[3, 0], [0, 4]], [[4], [4]], [[4], [4, 3]], [[3, 4], [4]], [[2, 3, 4], [4, 5]], [[2, 3, 4], [2, 4, 5]], [[2, 1, 3, 4], [3, 4, 2]],
        [[3, 4], [2, 4, 5]], [[2, 3, 4], [4]],
    ];

    private static IEnumerable<Case> Products() =>
    [
        // The error of a sum of n products grows like √n roundings of its terms.
        new(nameof(GradientTensor.MatMul), [nameof(GradientTensor.MatMul)], x => x[0].MatMul(x[1]), x => MatMul(x[0], x[1]), ProductShapes, Domain.Normal, Domain.Normal)
            { DTypes = Numbers, Amplification = 8 },
        new("product of transposes", [nameof(GradientTensor.MatMul)], x => x[0].Transpose().MatMul(x[1].Transpose()),
            x => Values.Make([x[0].Shape[1], x[1].Shape[0]], i => Enumerable.Range(0, (int)x[0].Shape[0]).Sum(k => x[0][k, i[0]] * x[1][i[1], k])),
            [[[4, 3], [5, 4]], [[17, 9], [33, 17]]], Domain.Normal, Domain.Normal) { Amplification = 8 },
    ];

    private static Values MatMul(Values a, Values b)
    {
        bool row = a.Rank == 1, column = b.Rank == 1;
        if (row) a = a.Reshape(1, a.Shape[0]);
        if (column) b = b.Reshape(b.Shape[0], 1);
        long[] batch = Values.Broadcast(a.Shape[..^2], b.Shape[..^2]);
        long inner = a.Shape[^1];
        var product = Values.Make([.. batch, a.Shape[^2], b.Shape[^1]], i =>
        {
            double sum = 0;
            for (long k = 0; k < inner; k++)
                sum += a.AtBroadcast([.. i[..^1], k]) * b.AtBroadcast([.. i[..^2], k, i[^1]]);
            return sum;
        });
        long[] shape = [.. batch, .. row ? Array.Empty<long>() : [a.Shape[^2]], .. column ? Array.Empty<long>() : [b.Shape[^1]]];
        return product.Reshape(shape);
    }
}
