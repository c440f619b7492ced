using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>Copies operands into the order in which the tile kernel reads them.</summary>
internal static unsafe class Packing<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    private static int PanelWidth => TileDispatch<T, TVector, TSimd>.MaxColumns;

    private static int Height => TileDispatch<T, TVector, TSimd>.MaxRows;

    /// <summary>
    /// One panel of the right operand: target[p · PanelWidth + j] = source[p · row + j · column] for j below
    /// <paramref name="columns"/>, and 0 for the rest of the panel.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Panel(T* target, T* source, nint row, nint column, nint depth, int columns)
    {
        int width = PanelWidth;
        if (column == 1 && columns == width)
        {
            for (nint p = 0; p < depth; p++, target += width, source += row)
            {
                TSimd.Store(TSimd.Load(source), target);
                TSimd.Store(TSimd.Load(source + TSimd.Width), target + TSimd.Width);
            }

            return;
        }

        if (columns < width)
            new Span<T>(target, checked((int)(depth * width))).Clear();
        if (row == 1 && typeof(T) == typeof(float))
        {
            Transpose.Columns((float*)target, width, (float*)source, column, depth, columns);
            return;
        }

        if (row == 1 && typeof(T) == typeof(double))
        {
            Transpose.Columns((double*)target, width, (double*)source, column, depth, columns);
            return;
        }

        for (nint p = 0; p < depth; p++, target += width, source += row)
        {
            for (int j = 0; j < columns; j++)
                target[j] = source[j * column];
        }
    }

    /// <summary>Rows of the left operand one after the other, each <paramref name="stride"/> elements apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(T* target, nint stride, T* source, nint row, nint column, nint rows, nint depth)
    {
        for (nint i = 0; i < rows; i++, target += stride, source += row)
        {
            if (column == 1)
            {
                Unsafe.CopyBlockUnaligned(target, source, (uint)(depth * sizeof(T)));
                continue;
            }

            for (nint p = 0; p < depth; p++)
                target[p] = source[p * column];
        }
    }

    /// <summary>Elements of so many interleaved rows.</summary>
    public static nint InterleavedCount(nint rows, nint depth) => (rows + Height - 1) / Height * Height * depth;

    /// <summary>
    /// Rows of the left operand, as many as a tile has interleaved: group after group of Height rows,
    /// target[p · Height + i] = source[i · row + p · column]. What a last, smaller group leaves free is not written.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Interleaved(T* target, T* source, nint row, nint column, nint rows, nint depth)
    {
        for (nint i0 = 0; i0 < rows; i0 += Height, target += Height * depth, source += Height * row)
        {
            int count = (int)Math.Min(Height, rows - i0);
            if (row == 1 && count == Height)
            {
                T* from = source;
                for (nint p = 0; p < depth; p++, from += column)
                    Unsafe.CopyBlockUnaligned(target + (p * Height), from, (uint)(Height * sizeof(T)));
            }
            else if (column == 1 && typeof(T) == typeof(float))
            {
                Transpose.Columns((float*)target, Height, (float*)source, row, depth, count);
            }
            else if (column == 1 && typeof(T) == typeof(double))
            {
                Transpose.Columns((double*)target, Height, (double*)source, row, depth, count);
            }
            else
            {
                for (nint p = 0; p < depth; p++)
                {
                    for (int i = 0; i < count; i++)
                        target[(p * Height) + i] = source[(i * row) + (p * column)];
                }
            }
        }
    }
}
