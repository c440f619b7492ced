using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>Products of rows of two dense matrices where a sparse one has entries, or elements of one of them. Item e is entry e.</summary>
internal unsafe struct SparseSample<T> : IParallelBody where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The most products of one sum, so that no chain is long.</summary>
    private const int Block = 1 << 14;

    public int* Offsets;
    public int Rows;
    public int* Columns;

    /// <summary>The columns of A and B.</summary>
    public nint Width;

    public T* A;
    public nint ARow, AColumn;

    /// <summary>Null: the identity. Otherwise rows of both are contiguous, or of one element.</summary>
    public T* B;
    public nint BRow;
    public T* Y;
    public nint YStep;

    public readonly void Run(long start, long end)
    {
        int row = MergePath.RowOf(Offsets, Rows, start);
        for (long e = start; e < end; e++)
        {
            while (Offsets[row + 1] <= e) row++;
            T* a = A + (row * ARow);
            Y[(nint)e * YStep] = B == null ? a[Columns[e] * AColumn] : Dot(a, B + (Columns[e] * BRow));
        }
    }

    private readonly T Dot(T* a, T* b)
    {
        T sum = Dot(a, b, Math.Min(Width, Block));
        for (nint j = Block; j < Width; j += Block) sum += Dot(a + j, b + j, Math.Min(Width - j, Block));
        return sum;
    }

    /// <summary>Four sums of vectors.</summary>
    private static T Dot(T* a, T* b, nint n)
    {
        int width = Vector<T>.Count;
        nint j = 0;
        T sum = T.Zero;
        if (n >= width)
        {
            Vector<T> s0 = default, s1 = default, s2 = default, s3 = default;
            for (; j <= n - (4 * width); j += 4 * width)
            {
                s0 += Vector.Load(a + j) * Vector.Load(b + j);
                s1 += Vector.Load(a + j + width) * Vector.Load(b + j + width);
                s2 += Vector.Load(a + j + (2 * width)) * Vector.Load(b + j + (2 * width));
                s3 += Vector.Load(a + j + (3 * width)) * Vector.Load(b + j + (3 * width));
            }

            for (; j <= n - width; j += width) s0 += Vector.Load(a + j) * Vector.Load(b + j);
            sum = Vector.Sum((s0 + s1) + (s2 + s3));
        }

        for (; j < n; j++) sum += a[j] * b[j];
        return sum;
    }
}
