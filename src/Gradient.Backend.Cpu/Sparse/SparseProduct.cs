using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// A sparse matrix times a dense one. An item is a piece of the merge path: it writes the rows that end in it, and what it has of the row
/// after those is carried, to be added to that row when all pieces are done.
/// </summary>
internal unsafe struct SparseProduct<T> : IParallelBody where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Items per piece where the dense operand has one column: four sums side by side, none with more than 512 terms.</summary>
    public const int VectorPiece = 2048;

    /// <summary>Items per piece where it has more: sums of at most 512 terms.</summary>
    public const int MatrixPiece = 512;

    public MergePath Path;
    public int* Columns;

    /// <summary>Null: all ones.</summary>
    public T* Values;

    /// <summary>Rows of contiguous elements; a contiguous vector if the width is 1.</summary>
    public T* B;
    public nint BRow;
    public T* Y;
    public nint YRow;
    public nint Width;

    /// <summary>Per piece: a row's beginning, and which row's; −1 for none.</summary>
    public T* Carries;
    public int* CarryRows;

    public readonly void Run(long start, long end)
    {
        for (nint piece = (nint)start; piece < end; piece++)
        {
            var ((row, entry), (lastRow, lastEntry)) = (Path.Start(piece), Path.Start(piece + 1));
            if (Width == 1) entry = Values == null ? Column<Ones>(row, entry, lastRow) : Column<Numbers>(row, entry, lastRow);
            else entry = Rows(row, entry, lastRow);
            CarryRows[piece] = entry < lastEntry ? lastRow : -1;
            if (entry >= lastEntry) continue;
            if (Width > 1) Sum(entry, lastEntry, Carries + (piece * Width));
            else Carries[piece] = Values == null ? Dot<Ones>(entry, lastEntry) : Dot<Numbers>(entry, lastEntry);
        }
    }

    /// <summary>Whole rows but for what comes before the first entry; the entry behind them.</summary>
    private readonly int Rows(int row, int entry, int lastRow)
    {
        for (; row < lastRow; row++)
        {
            int rowEnd = Path.End(row);
            Sum(entry, rowEnd, Y + (row * YRow));
            entry = rowEnd;
        }

        return entry;
    }

    /// <summary>The same for one column.</summary>
    private readonly int Column<TFactor>(int row, int entry, int lastRow) where TFactor : struct, IFactor
    {
        for (; row < lastRow; row++)
        {
            int rowEnd = Path.End(row);
            Y[row * YRow] = Dot<TFactor>(entry, rowEnd);
            entry = rowEnd;
        }

        return entry;
    }

    /// <summary>Adds the beginnings of rows to their ends, in order. They are at most a 512th of the work, so one thread does it.</summary>
    public readonly void AddCarries()
    {
        for (nint piece = 0; piece < Path.Pieces; piece++)
        {
            if (CarryRows[piece] < 0) continue;
            T* sum = Y + (CarryRows[piece] * YRow), carry = Carries + (piece * Width);
            nint j = 0;
            for (; j <= Width - Vector<T>.Count; j += Vector<T>.Count) (Vector.Load(sum + j) + Vector.Load(carry + j)).Store(sum + j);
            for (; j < Width; j++) sum[j] += carry[j];
        }
    }

    /// <summary>target[j] = Σ values[e]·B[columns[e], j] over some entries.</summary>
    private readonly void Sum(int entry, int end, T* target)
    {
        int width = Vector<T>.Count;
        nint j = 0;
        for (; j <= Width - (8 * width); j += 8 * width) EightVectors(entry, end, B + j, target + j);
        for (; j <= Width - (2 * width); j += 2 * width) TwoVectors(entry, end, B + j, target + j);
        for (; j <= Width - width; j += width) OneVector(entry, end, B + j, target + j);
        for (; j < Width; j++) target[j] = OneColumn(entry, end, B + j);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly T Value(int entry) => Values == null ? T.One : Values[entry];

    private readonly void EightVectors(int entry, int end, T* b, T* target)
    {
        int width = Vector<T>.Count;
        Vector<T> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (; entry < end; entry++)
        {
            var value = new Vector<T>(Value(entry));
            T* row = b + (Columns[entry] * BRow);
            s0 += value * Vector.Load(row);
            s1 += value * Vector.Load(row + width);
            s2 += value * Vector.Load(row + (2 * width));
            s3 += value * Vector.Load(row + (3 * width));
            s4 += value * Vector.Load(row + (4 * width));
            s5 += value * Vector.Load(row + (5 * width));
            s6 += value * Vector.Load(row + (6 * width));
            s7 += value * Vector.Load(row + (7 * width));
        }

        s0.Store(target);
        s1.Store(target + width);
        s2.Store(target + (2 * width));
        s3.Store(target + (3 * width));
        s4.Store(target + (4 * width));
        s5.Store(target + (5 * width));
        s6.Store(target + (6 * width));
        s7.Store(target + (7 * width));
    }

    private readonly void TwoVectors(int entry, int end, T* b, T* target)
    {
        int width = Vector<T>.Count;
        Vector<T> s0 = default, s1 = default;
        for (; entry < end; entry++)
        {
            var value = new Vector<T>(Value(entry));
            T* row = b + (Columns[entry] * BRow);
            s0 += value * Vector.Load(row);
            s1 += value * Vector.Load(row + width);
        }

        s0.Store(target);
        s1.Store(target + width);
    }

    private readonly void OneVector(int entry, int end, T* b, T* target)
    {
        Vector<T> sum = default;
        for (; entry < end; entry++) sum += new Vector<T>(Value(entry)) * Vector.Load(b + (Columns[entry] * BRow));
        sum.Store(target);
    }

    private readonly T OneColumn(int entry, int end, T* b)
    {
        T sum = T.Zero;
        for (; entry < end; entry++) sum += Value(entry) * b[Columns[entry] * BRow];
        return sum;
    }

    /// <summary>Σ values[e]·B[columns[e]] for a contiguous vector B, in four sums whose additions do not wait for each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly T Dot<TFactor>(int entry, int end) where TFactor : struct, IFactor
    {
        T* b = B, values = Values;
        int* columns = Columns;
        T s0 = T.Zero;
        if (end - entry >= 4)
        {
            T s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
            for (; entry <= end - 4; entry += 4)
            {
                s0 += TFactor.Times(values, entry, b[columns[entry]]);
                s1 += TFactor.Times(values, entry + 1, b[columns[entry + 1]]);
                s2 += TFactor.Times(values, entry + 2, b[columns[entry + 2]]);
                s3 += TFactor.Times(values, entry + 3, b[columns[entry + 3]]);
            }

            s0 = (s0 + s1) + (s2 + s3);
        }

        for (; entry < end; entry++) s0 += TFactor.Times(values, entry, b[columns[entry]]);
        return s0;
    }

    /// <summary>What the entries are.</summary>
    private interface IFactor
    {
        static abstract T Times(T* values, int entry, T x);
    }

    private readonly struct Numbers : IFactor
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Times(T* values, int entry, T x) => values[entry] * x;
    }

    private readonly struct Ones : IFactor
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Times(T* values, int entry, T x) => x;
    }
}
