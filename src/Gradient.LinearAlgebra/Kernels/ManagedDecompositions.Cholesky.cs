using System.Runtime.CompilerServices;

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
        T* inverse = stackalloc T[CholeskyBlock];
        for (nint start = 0; start < n; start += CholeskyBlock)
        {
            nint end = Math.Min(start + CholeskyBlock, n);
            T* block = a + (start * stride);
            SubtractProduct(block, stride, 1, block, 1, stride, block + start, stride, n - start, end - start, start);
            // Within the block by columns, whose elements do not wait for each other; below it by rows, which stay in the cache.
            for (nint j = start; j < end; j++)
            {
                T* row = a + (j * stride);
                row[j] -= Line.Dot(row + start, row + start, j - start);
                if (!(row[j] > T.Zero)) return j; // NaN too
                row[j] = T.Sqrt(row[j]);
                inverse[j - start] = T.One / row[j];
                for (nint i = j + 1; i < end; i++) Eliminate(a + (i * stride), row, start, j, inverse[j - start]);
            }

            for (nint i = end; i < n; i++)
                for (nint j = start; j < end; j++)
                    Eliminate(a + (i * stride), a + (j * stride), start, j, inverse[j - start]);
        }

        for (nint i = 0; i < n; i++) Line.Clear(a + (i * stride) + i + 1, n - i - 1);
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eliminate(T* row, T* other, nint start, nint j, T inverse) =>
        row[j] = (row[j] - Line.Dot(row + start, other + start, j - start)) * inverse;
}
