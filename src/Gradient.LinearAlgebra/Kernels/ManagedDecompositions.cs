using System.Numerics;
using System.Runtime.CompilerServices;
using Gradient.Backend.Cpu;

namespace Gradient.LinearAlgebra;

/// <summary>
/// Decompositions in managed code. The blocked ones leave most of their work to the matrix product of the CPU backend, the others work on
/// contiguous rows with vectors. Algorithms: G. Golub and C. Van Loan, Matrix Computations, 4th edition, 2013 (GVL).
/// </summary>
/// <content>What the families share.</content>
internal sealed unsafe partial class ManagedDecompositions<T> : IDecompositions<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Up to this many multiply-adds, a product by rows is faster than one that packs its operands.</summary>
    private const long SmallProduct = 4096;

    /// <summary>The distance from 1 to the next number.</summary>
    private static readonly T Epsilon = T.BitIncrement(T.One) - T.One;

    /// <summary>Numbers above this, and their reciprocals, have a few times ε of them in the normal range.</summary>
    private static readonly T SmallestSquare = T.ScaleB(T.One, -MostExponent + 30);

    /// <summary>Powers of two up to this, and their reciprocals, are normal numbers.</summary>
    private static int MostExponent => typeof(T) == typeof(float) ? 120 : 1000;

    /// <summary>The power of two that brings a number near 1; of subnormal ones, as near as a number goes.</summary>
    private static int PowerToOne(T x) => Math.Clamp(-T.ILogB(x), -MostExponent, MostExponent);

    /// <summary>
    /// C[m, n] ← C − A[m, k]·B[k, n], any strides of A and B. The product adds, so that the smaller operand is negated in a copy.
    /// </summary>
    private static void SubtractProduct(
        T* a, nint aRow, nint aColumn, T* b, nint bRow, nint bColumn, T* c, nint cRow, nint m, nint n, nint k)
    {
        if (m == 0 || n == 0 || k == 0) return;
        if (bColumn == 1 && (long)m * n * k <= SmallProduct)
        {
            for (nint i = 0; i < m; i++)
                for (nint p = 0; p < k; p++)
                    Line.AddScaled(c + (i * cRow), -a[(i * aRow) + (p * aColumn)], b + (p * bRow), n);
            return;
        }

        bool left = m <= n;
        using var negated = new NativeBuffer<T>(left ? m * k : k * n);
        if (left)
        {
            Negate(a, aRow, aColumn, m, k, negated.Pointer);
            a = negated.Pointer;
            (aRow, aColumn) = (k, 1);
        }
        else
        {
            Negate(b, bRow, bColumn, k, n, negated.Pointer);
            b = negated.Pointer;
            (bRow, bColumn) = (n, 1);
        }

        Product(a, aRow, aColumn, b, bRow, bColumn, c, cRow, m, n, k, accumulate: true);
    }

    /// <summary>C[m, n] ← A[m, k]·B[k, n], or C + A·B.</summary>
    private static void Product(
        T* a, nint aRow, nint aColumn, T* b, nint bRow, nint bColumn, T* c, nint cRow, nint m, nint n, nint k, bool accumulate = false)
    {
        if (m == 0 || n == 0) return;
        var arguments = new GemmArguments<T>
        {
            M = m, N = n, K = k, A = a, ARow = aRow, AColumn = aColumn, B = b, BRow = bRow, BColumn = bColumn, C = c, CRow = cRow, Accumulate = accumulate,
        };
        if (typeof(T) == typeof(float)) Gemm.Run(Unsafe.As<GemmArguments<T>, GemmArguments<float>>(ref arguments), WorkerPool.Shared);
        else Gemm.Run(Unsafe.As<GemmArguments<T>, GemmArguments<double>>(ref arguments), WorkerPool.Shared);
    }

    private static void Negate(T* x, nint row, nint column, nint rows, nint columns, T* y)
    {
        for (nint i = 0; i < rows; i++)
            for (nint j = 0; j < columns; j++)
                y[(i * columns) + j] = -x[(i * row) + (j * column)];
    }

    /// <summary>q ← the first columns of the identity.</summary>
    private static void Identity(T* q, nint rows, nint columns, nint stride)
    {
        for (nint i = 0; i < rows; i++)
        {
            Line.Clear(q + (i * stride), columns);
            if (i < columns) q[(i * stride) + i] = T.One;
        }
    }
}
