namespace Gradient.LinearAlgebra.Tests;

/// <summary>The matrices that decompositions are tried with.</summary>
internal static class Samples
{
    public static readonly DType[] Types = [DType.Float32, DType.Float64];

    /// <summary>Sizes around the edges of blocks and panels.</summary>
    public static readonly int[] Sizes = [1, 2, 3, 5, 8, 16, 17, 31, 32, 33, 48, 49, 64, 97, 130];

    public static readonly (int Rows, int Columns)[] Shapes =
    [
        (1, 1), (1, 5), (5, 1), (2, 3), (3, 2), (7, 7), (16, 16), (17, 33), (33, 17), (32, 64), (64, 32), (65, 65), (100, 40), (40, 100), (200, 3), (3, 200),
        (0, 0), (0, 4), (4, 0),
    ];

    public static readonly string[] Kinds = ["random", "hilbert", "rank 1", "rank half", "zero", "ones", "identity", "graded", "huge", "tiny", "repeated"];

    public static GradientTensor Make(string kind, int rows, int columns, DType dtype = DType.Float64, int seed = 1)
    {
        GradientTensor Normal(int r, int c, int s) => GradientTensor.Randn([r, c], seed: s, dtype: DType.Float64);
        var x = kind switch
        {
            "random" => Normal(rows, columns, seed),
            "hilbert" => From(Plain.Make(rows, columns, (i, j) => 1.0 / (i + j + 1))),
            "rank 1" => Normal(rows, 1, seed).MatMul(Normal(1, columns, seed + 1)),
            "rank half" => Normal(rows, (Math.Min(rows, columns) + 1) / 2, seed).MatMul(Normal((Math.Min(rows, columns) + 1) / 2, columns, seed + 1)),
            "zero" => GradientTensor.Zeros([rows, columns], DType.Float64),
            "ones" => GradientTensor.Ones([rows, columns], DType.Float64),
            "identity" => From(Plain.Make(rows, columns, (i, j) => i == j ? 1 : 0)),
            "graded" => From(Plain.Make(rows, columns, (i, j) => Math.Cos((3 * i) + (5 * j) + seed) * Math.Pow(10, -(i + j) % 12))),
            "huge" => Normal(rows, columns, seed) * (dtype == DType.Float32 ? 1e30 : 1e200),
            "tiny" => Normal(rows, columns, seed) * (dtype == DType.Float32 ? 1e-30 : 1e-200),
            // Blocks of equal values: singular values and eigenvalues that coincide.
            "repeated" => From(Plain.Make(rows, columns, (i, j) => i / 2 == j / 2 ? (i == j ? 2 : 1) : 0)),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        };
        return x.To(dtype);
    }

    /// <summary>Well-conditioned square matrices in a batch.</summary>
    public static GradientTensor Regular(Shape batch, int n, DType dtype = DType.Float64, int seed = 1)
    {
        var shape = batch.Insert(batch.Rank, n).Insert(batch.Rank + 1, n);
        return (GradientTensor.Randn(shape, seed: seed, dtype: DType.Float64) + GradientTensor.Eye(n, DType.Float64) * (2 * Math.Sqrt(n))).To(dtype);
    }

    public static GradientTensor Positive(Shape batch, int n, DType dtype = DType.Float64, int seed = 1)
    {
        var x = Regular(batch, n, DType.Float64, seed);
        return x.MatMul(x.Transpose()).To(dtype);
    }

    public static GradientTensor From(double[,] x) => GradientTensor.From(x);
}
