namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>The same matrix laid out in storage in different ways.</summary>
internal static class DenseLayouts
{
    public static IReadOnlyDictionary<string, Func<double[,], DType, GradientTensor>> All { get; } = new Dictionary<string, Func<double[,], DType, GradientTensor>>
    {
        ["contiguous"] = Contiguous,
        ["transposed"] = (x, dtype) => Contiguous(Reference.Transpose(x), dtype).Transpose(),
        ["every second column"] = (x, dtype) => Contiguous(Reference.Make(x.GetLength(0), (2 * x.GetLength(1)) + 1, (i, j) => j % 2 == 1 ? x[i, j / 2] : double.NaN), dtype)
            .Slice(1, 1, (2 * x.GetLength(1)) + 1, 2),
        ["rows with gaps"] = (x, dtype) => Contiguous(Reference.Make(x.GetLength(0) + 1, x.GetLength(1) + 5, (i, j) => i > 0 && j is > 1 && j - 2 < x.GetLength(1) ? x[i - 1, j - 2] : double.NaN), dtype)
            .Narrow(0, 1, x.GetLength(0)).Narrow(1, 2, x.GetLength(1)),
        ["backwards"] = (x, dtype) => Contiguous(Reference.Make(x.GetLength(0), x.GetLength(1), (i, j) => x[x.GetLength(0) - 1 - i, x.GetLength(1) - 1 - j]), dtype).Flip(0, 1),
    };

    public static GradientTensor Contiguous(double[,] x, DType dtype = DType.Float64) => GradientTensor.From(x).To(dtype);
}
