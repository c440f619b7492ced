namespace Gradient.LinearAlgebra.Tests.Sparse;

/// <summary>
/// A matrix as a list of entries, some in one place, and as an array of doubles, written for these tests: what sparse matrices are
/// compared with.
/// </summary>
public sealed record SparseCase(string Name, int Rows, int Columns, (int Row, int Column, double Value)[] Entries)
{
    private double[,]? dense;

    public static readonly SparseFormat[] Formats = [SparseFormat.Coo, SparseFormat.Csr, SparseFormat.Csc];

    public static IReadOnlyList<SparseCase> All { get; } =
    [
        Random("random", 7, 5, 12, 1), Random("duplicates", 4, 6, 60, 2), Random("tall", 90, 3, 40, 3), Random("wide", 3, 80, 50, 4),
        Random("larger than a piece", 60, 40, 1500, 5), new("one row is full", 50, 700, [.. Enumerable.Range(0, 700).Select(j => (17, j, 0.5 - (j % 7)))]),
        new("one column is full", 700, 5, [.. Enumerable.Range(0, 700).Select(i => (i, 2, 0.25 + (i % 5)))]),
        new("empty rows and columns at the ends", 6, 6, [(2, 3, 1.5), (3, 2, -2)]), new("no entries", 4, 3, []),
        new("no rows", 0, 4, []), new("no columns", 4, 0, []), new("nothing", 0, 0, []), new("one element", 1, 1, [(0, 0, 3)]),
        new("entries of 0", 2, 2, [(0, 1, 0), (1, 0, 2), (1, 0, -2)]),
    ];

    public static SparseCase Random(string name, int rows, int columns, int entries, int seed)
    {
        var random = new Random(seed);
        return new(name, rows, columns, [.. Enumerable.Range(0, entries).Select(_ => (random.Next(rows), random.Next(columns), (double)(float)((random.NextDouble() * 4) - 2)))]);
    }

    /// <summary>All elements; not to be written to.</summary>
    public double[,] Dense => dense ??= Add();

    public SparseTensor Make(SparseFormat format, DType dtype = DType.Float64, bool requiresGrad = false) =>
        SparseTensor.FromCoordinates(Rows, Columns, [.. Entries.Select(e => e.Row)], [.. Entries.Select(e => e.Column)], Values(dtype, requiresGrad)).To(format);

    public GradientTensor Values(DType dtype = DType.Float64, bool requiresGrad = false) =>
        GradientTensor.From<double>([.. Entries.Select(e => e.Value)]).To(dtype).RequireGrad(requiresGrad);

    public override string ToString() => Name;

    private double[,] Add()
    {
        var sum = new double[Rows, Columns];
        foreach (var (row, column, value) in Entries) sum[row, column] += value;
        return sum;
    }
}

/// <summary>Matrices of doubles: plain loops, to compare with.</summary>
internal static class Reference
{
    public static double[,] MatMul(double[,] a, double[,] b) => Make(a.GetLength(0), b.GetLength(1), (i, j) =>
    {
        double sum = 0;
        for (int k = 0; k < a.GetLength(1); k++) sum += a[i, k] * b[k, j];
        return sum;
    });

    public static double[,] Transpose(double[,] a) => Make(a.GetLength(1), a.GetLength(0), (i, j) => a[j, i]);

    public static double[,] Zip(double[,] a, double[,] b, Func<double, double, double> f) => Make(a.GetLength(0), a.GetLength(1), (i, j) => f(a[i, j], b[i, j]));

    public static double[,] Make(int rows, int columns, Func<int, int, double> element)
    {
        var matrix = new double[rows, columns];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) matrix[i, j] = element(i, j);
        return matrix;
    }

    public static double[,] Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return Make(rows, columns, (_, _) => (float)((random.NextDouble() * 2) - 1));
    }

    /// <summary>How much a sum of products may be off, as a part of the sum of their magnitudes: blocked sums and the rounding of the result.</summary>
    public static double Tolerance(DType dtype) => dtype switch { DType.Float64 => 1e-14, DType.Float32 => 1e-6, DType.Float16 => 1e-3, _ => 8e-3 };

    /// <summary>Compares up to tolerance·(1 + |expected|), or, if there is a scale, tolerance·scale (and what Float16 cannot hold).</summary>
    public static void Near(GradientTensor actual, double[,] expected, double tolerance, string what, double[,]? scale = null)
    {
        Shape shape = [expected.GetLength(0), expected.GetLength(1)];
        Assert.That(actual.Shape == shape, $"{what}: shape {actual.Shape}, expected {shape}");
        double[] values = actual.To(DType.Float64).ToArray<double>();
        for (int i = 0; i < values.Length; i++)
        {
            int row = i / expected.GetLength(1), column = i % expected.GetLength(1);
            double got = values[i], want = expected[row, column];
            double bound = scale is null ? tolerance * (1 + Math.Abs(want)) : (tolerance * scale[row, column]) + (actual.DType == DType.Float16 ? 1e-7 : 0);
            if (!(Math.Abs(got - want) <= bound)) Assert.Fail($"{what}: element [{row}, {column}] of {actual.Shape} is {got:R}, expected {want:R}");
        }
    }
}
