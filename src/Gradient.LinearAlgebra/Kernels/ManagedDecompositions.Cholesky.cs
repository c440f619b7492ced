namespace Gradient.LinearAlgebra;

/// <content>
/// Cholesky by blocks of columns, left-looking: what earlier columns contribute is one product; within the block, rows are dot products
/// of contiguous rows.
/// </content>
internal sealed unsafe partial class ManagedDecompositions<T>
{
    private const int CholeskyBlock = 48;

    public nint Cholesky(T* a, nint n, nint stride)
    {
        for (nint start = 0; start < n; start += CholeskyBlock)
        {
            nint end = Math.Min(start + CholeskyBlock, n);
            T* block = a + (start * stride);
            SubtractProduct(block, stride, 1, block, 1, stride, block + start, stride, n - start, end - start, start);
            for (nint i = start; i < n; i++)
            {
                T* row = a + (i * stride);
                for (nint j = start; j < Math.Min(i, end); j++)
                {
                    T* other = a + (j * stride);
                    row[j] = (row[j] - Line.Dot(row + start, other + start, j - start)) / other[j];
                }

                if (i >= end) continue;
                row[i] -= Line.Dot(row + start, row + start, i - start);
                if (!(row[i] > T.Zero)) return i; // NaN too
                row[i] = T.Sqrt(row[i]);
            }
        }

        for (nint i = 0; i < n; i++) Line.Clear(a + (i * stride) + i + 1, n - i - 1);
        return -1;
    }
}
