namespace Gradient.LinearAlgebra;

/// <content>
/// Gaussian elimination with partial pivoting, recursive in the columns (S. Toledo, Locality of Reference in LU Decomposition with Partial
/// Pivoting, 1997): all but narrow panels is products, without a block size to tune.
/// </content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    private const int LuPanelWidth = 16;

    public void Lu(T* a, nint rows, nint columns, nint stride, long* pivots)
    {
        nint k = Math.Min(rows, columns);
        LuColumns(a, rows, columns, stride, pivots, 0, k);
        // What is right of a wide matrix's square part; its rows were exchanged on the way.
        if (columns > k) SolveTriangular(a, k, stride, upper: false, unit: true, a + k, columns - k, stride);
    }

    /// <summary>Eliminates the columns from <paramref name="start"/> on, below row <paramref name="start"/>; rows are exchanged over their whole length.</summary>
    private void LuColumns(T* a, nint rows, nint columns, nint stride, long* pivots, nint start, nint width)
    {
        if (width <= LuPanelWidth)
        {
            LuPanel(a, rows, columns, stride, pivots, start, width);
            return;
        }

        nint left = width / 2, right = width - left, middle = start + left;
        LuColumns(a, rows, columns, stride, pivots, start, left);
        T* top = a + (start * stride), below = a + (middle * stride);
        SolveTriangular(top + start, left, stride, upper: false, unit: true, top + middle, right, stride);
        SubtractProduct(below + start, stride, 1, top + middle, stride, 1, below + middle, stride, rows - middle, right, left);
        LuColumns(a, rows, columns, stride, pivots, middle, right);
    }

    private static void LuPanel(T* a, nint rows, nint columns, nint stride, long* pivots, nint start, nint width)
    {
        for (nint j = start; j < start + width; j++)
        {
            nint pivot = j;
            T largest = T.Abs(a[(j * stride) + j]);
            for (nint i = j + 1; i < rows; i++)
            {
                T size = T.Abs(a[(i * stride) + j]);
                if (size > largest) (pivot, largest) = (i, size);
            }

            pivots[j] = pivot;
            T* row = a + (j * stride);
            if (pivot != j) Line.Swap(row, a + (pivot * stride), columns);
            T divisor = row[j];
            if (divisor == T.Zero) continue; // the column is zero from here on, and stays so
            for (nint i = j + 1; i < rows; i++)
            {
                T* other = a + (i * stride);
                T factor = other[j] / divisor;
                other[j] = factor;
                Line.AddScaled(other + j + 1, -factor, row + j + 1, start + width - j - 1);
            }
        }
    }
}
