namespace Gradient.LinearAlgebra.Tests;

/// <summary>Matrices in Float64 and the plainest arithmetic on them: what residuals are measured with.</summary>
internal static class Plain
{
    public static double[,] Matrix(GradientTensor x, long index = 0)
    {
        int rows = (int)x.Shape[^2], columns = (int)x.Shape[^1];
        double[] all = x.Value.To(Devices.Cpu).To(DType.Float64).ToArray<double>();
        var result = new double[rows, columns];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                result[i, j] = all[(index * rows * columns) + (i * columns) + j];
        return result;
    }

    public static double[] Vector(GradientTensor x, long index = 0)
    {
        int n = (int)x.Shape[^1];
        return x.Value.To(Devices.Cpu).To(DType.Float64).ToArray<double>()[(int)(index * n)..(int)((index + 1) * n)];
    }

    public static double[,] Times(double[,] a, double[,] b)
    {
        Assert.That(a.GetLength(1), Is.EqualTo(b.GetLength(0)));
        var c = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < c.GetLength(0); i++)
            for (int p = 0; p < a.GetLength(1); p++)
                for (int j = 0; j < c.GetLength(1); j++)
                    c[i, j] += a[i, p] * b[p, j];
        return c;
    }

    public static double[,] Transpose(double[,] a) => Make(a.GetLength(1), a.GetLength(0), (i, j) => a[j, i]);

    public static double[,] Minus(double[,] a, double[,] b)
    {
        Assert.That((a.GetLength(0), a.GetLength(1)), Is.EqualTo((b.GetLength(0), b.GetLength(1))));
        return Make(a.GetLength(0), a.GetLength(1), (i, j) => a[i, j] - b[i, j]);
    }

    public static double[,] Diagonal(double[] d) => Make(d.Length, d.Length, (i, j) => i == j ? d[i] : 0);

    public static double[,] Make(int rows, int columns, Func<int, int, double> element)
    {
        var result = new double[rows, columns];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                result[i, j] = element(i, j);
        return result;
    }

    /// <summary>The Frobenius norm.</summary>
    public static double Norm(double[,] a)
    {
        double sum = 0;
        foreach (double x in a) sum += x * x;
        return Math.Sqrt(sum);
    }

    public static double Epsilon(DType dtype) => dtype == DType.Float32 ? Math.Pow(2, -23) : Math.Pow(2, -52);

    /// <summary>
    /// ‖residual‖ ≤ 10·‖A‖·n·ε in the Frobenius norm. LAPACK's own tests allow 30 (LAPACK Working Note 41). What is met here is below 4, most of it below 1;
    /// the largest are of matrices of equal elements, whose roundings all go the same way.
    /// </summary>
    public static void IsSmall(double[,] residual, double norm, DType dtype, string what, double factor = 10) =>
        IsSmall(residual, norm, Math.Max(residual.GetLength(0), residual.GetLength(1)), dtype, what, factor);

    /// <summary>‖QᵀQ − I‖ ≤ 10·m·ε, with m the length of the columns, as in LAPACK's tests.</summary>
    public static void IsOrthonormal(double[,] q, DType dtype, string what) =>
        IsSmall(Minus(Times(Transpose(q), q), Diagonal([.. Enumerable.Repeat(1.0, q.GetLength(1))])), 1, q.GetLength(0), dtype, what + ": QᵀQ − I", 10);

    private static void IsSmall(double[,] residual, double norm, double n, DType dtype, string what, double factor)
    {
        double unit = norm * Math.Max(n, 1) * Epsilon(dtype), size = Norm(residual);
        Assert.That(size <= factor * unit, $"{what}: residual {size:G4}, {size / unit:G4}·‖A‖·n·ε, where {factor} are allowed");
    }
}
