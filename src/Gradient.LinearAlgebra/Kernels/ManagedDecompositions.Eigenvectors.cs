using System.Numerics;

namespace Gradient.LinearAlgebra;

/// <content>Eigenvectors from the real Schur form by back substitution (GVL 7.6.4), in complex numbers throughout: one way for both kinds.</content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    /// <summary>v ← Z·X, where X holds the eigenvectors of the Schur form t.</summary>
    private static void EigenvectorsOfSchur(T* t, nint n, T* real, T* imaginary, T* zt, T* v)
    {
        double norm = 0;
        for (nint i = 0; i < n * n; i++) norm = Math.Max(norm, double.CreateTruncating(T.Abs(t[i])));
        double smallest = norm == 0 ? 1 : double.CreateTruncating(Epsilon) * norm;
        using var columns = new NativeBuffer<T>(n * n);
        using var column = new NativeBuffer<Complex>(n);
        T* x = columns.Pointer;
        Complex* y = column.Pointer;
        Line.Clear(x, n * n);
        for (nint j = 0; j < n; j++)
        {
            var value = new Complex(double.CreateTruncating(real[j]), double.CreateTruncating(imaginary[j]));
            bool pair = imaginary[j] != T.Zero;
            nint last = pair ? j + 1 : j;
            y[last] = Complex.One;
            if (pair) y[j] = (value - At(t, n, last, last)) / At(t, n, last, j);
            BackSubstitute(t, n, value, j, last, smallest, y);
            double square = 0;
            for (nint i = 0; i <= last; i++) square += (y[i].Real * y[i].Real) + (y[i].Imaginary * y[i].Imaginary);
            double factor = 1 / Math.Sqrt(square);
            for (nint i = 0; i <= last; i++)
            {
                x[(i * n) + j] = T.CreateTruncating(y[i].Real * factor);
                if (pair) x[(i * n) + last] = T.CreateTruncating(y[i].Imaginary * factor);
            }

            j = last;
        }

        Product(zt, 1, n, x, n, 1, v, n, n, n, n);
    }

    /// <summary>(T − λ)·y = 0 above row <paramref name="end"/>, from below; y is given from there to <paramref name="last"/>.</summary>
    private static void BackSubstitute(T* t, nint n, Complex value, nint end, nint last, double smallest, Complex* y)
    {
        for (nint i = end - 1; i >= 0; i--)
        {
            Complex right = -Sum(i);
            Complex diagonal = Apart(At(t, n, i, i) - value);
            if (i == 0 || t[(i * n) + i - 1] == T.Zero)
            {
                y[i] = right / diagonal;
                continue;
            }

            // A 2×2 block of rows i − 1 and i, by Cramer's rule.
            Complex above = -Sum(i - 1), a = At(t, n, i - 1, i - 1) - value, b = At(t, n, i - 1, i), c = At(t, n, i, i - 1), d = At(t, n, i, i) - value;
            Complex determinant = Apart((a * d) - (b * c));
            y[i] = ((a * right) - (c * above)) / determinant;
            y[i - 1] = ((d * above) - (b * right)) / determinant;
            i--;
        }

        Complex Sum(nint row)
        {
            Complex sum = Complex.Zero;
            for (nint k = RowEnd(row); k <= last; k++) sum += At(t, n, row, k) * y[k];
            return sum;
        }

        // The upper row of a block begins behind both of its columns.
        nint RowEnd(nint row) => row + 1 < end && t[((row + 1) * n) + row] != T.Zero ? row + 2 : row + 1;

        // Equal eigenvalues: moved apart by a rounding, as LAPACK does.
        Complex Apart(Complex difference) => Complex.Abs(difference) < smallest ? smallest : difference;
    }

    private static double At(T* t, nint n, nint row, nint column) => double.CreateTruncating(t[(row * n) + column]);
}
