namespace Gradient.LinearAlgebra;

/// <content>Substitution, recursive in the triangle: halves are joined by a product.</content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    private const int SubstitutionSize = 32;

    public void SolveTriangular(T* a, nint n, nint stride, bool upper, bool unit, T* b, nint columns, nint bStride)
    {
        if (columns == 0) return;
        if (columns == 1 || n <= SubstitutionSize)
        {
            Substitute(a, n, stride, upper, unit, b, columns, bStride);
            return;
        }

        nint half = n / 2, rest = n - half;
        T* corner = a + (half * stride) + half, lower = b + (half * bStride);
        if (upper)
        {
            SolveTriangular(corner, rest, stride, upper, unit, lower, columns, bStride);
            SubtractProduct(a + half, stride, 1, lower, bStride, 1, b, bStride, half, columns, rest);
            SolveTriangular(a, half, stride, upper, unit, b, columns, bStride);
        }
        else
        {
            SolveTriangular(a, half, stride, upper, unit, b, columns, bStride);
            SubtractProduct(a + (half * stride), stride, 1, b, bStride, 1, lower, bStride, rest, columns, half);
            SolveTriangular(corner, rest, stride, upper, unit, lower, columns, bStride);
        }
    }

    /// <summary>Row by row: bᵢ ← (bᵢ − Σ aᵢⱼ·bⱼ)/aᵢᵢ over the rows j that are done.</summary>
    private static void Substitute(T* a, nint n, nint stride, bool upper, bool unit, T* b, nint columns, nint bStride)
    {
        for (nint step = 0; step < n; step++)
        {
            nint i = upper ? n - 1 - step : step;
            T* row = a + (i * stride), target = b + (i * bStride);
            nint first = upper ? i + 1 : 0, end = upper ? n : i;
            if (columns == 1 && bStride == 1)
                *target -= Line.Dot(row + first, b + first, end - first);
            else
                for (nint j = first; j < end; j++)
                    Line.AddScaled(target, -row[j], b + (j * bStride), columns);
            if (unit) continue;
            for (nint j = 0; j < columns; j++) target[j] /= row[i];
        }
    }
}
