using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Gradient.Backend.Cpu;

/// <summary>What one register tile multiplies when its rows are packed, and where its result goes. Steps count elements.</summary>
internal unsafe struct PackedTile<T>
    where T : unmanaged
{
    /// <summary>The left operand as <see cref="Packing{T, TVector, TSimd}.Interleaved"/> makes it: the tile's column of one depth after that of another.</summary>
    public T* Rows;

    /// <summary>The right operand: at each depth, one or two vectors of consecutive columns.</summary>
    public T* Panel;

    /// <summary>From one depth to the next in the panel.</summary>
    public nint PanelStep;

    public nint Depth;

    /// <summary>The first column of the first row.</summary>
    public T* Output;

    /// <summary>From row to row of the output.</summary>
    public nint OutputRow;

    /// <summary>How many of the tile's columns are written.</summary>
    public int Columns;

    /// <summary>Adds to what the output holds, instead of overwriting it.</summary>
    public bool Accumulate;

    public bool Relu;

    /// <summary>One value per column, added before the activation; null for none.</summary>
    public T* Bias;
}

/// <summary>
/// The register tile of <see cref="TileKernel{T, TVector, TSimd}"/> over rows that are packed, so that both operands are streams at constant
/// distances: next to no instruction but loads and multiply-adds is left. (docs/performance.md tells what that is worth.)
/// </summary>
internal readonly unsafe struct PackedKernel<T, TVector, TSimd> : ITileKernel<PackedTile<T>>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    private static int Height => TSimd.TileRows;

    /// <summary>Multiplies one tile with as many rows and vectors as <typeparamref name="TSize"/> says.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSize>(PackedTile<T>* tile)
        where TSize : struct, ITileSize
    {
        T* output = tile->Output;
        nint outputRow = tile->OutputRow;
        if (Sse.IsSupported)
        {
            // As in TileKernel: the outputs are here when the sums are done.
            T* line = output;
            for (int i = 0; i < TSize.Rows; i++, line += outputRow)
                Sse.Prefetch0(line);
        }

        TVector c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero, c4 = TSimd.Zero, c5 = TSimd.Zero, c6 = TSimd.Zero, c7 = TSimd.Zero;
        TVector d0 = TSimd.Zero, d1 = TSimd.Zero, d2 = TSimd.Zero, d3 = TSimd.Zero, d4 = TSimd.Zero, d5 = TSimd.Zero, d6 = TSimd.Zero, d7 = TSimd.Zero;
        T* a = tile->Rows;
        T* panel = tile->Panel;
        nint step = tile->PanelStep, left = tile->Depth;
        for (; left >= 2; left -= 2)
        {
            TileStep<T, TVector, TSimd>.Run<TSize>(
                panel, a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7,
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref d0, ref d1, ref d2, ref d3, ref d4, ref d5, ref d6, ref d7);
            a += Height;
            panel += step;
            TileStep<T, TVector, TSimd>.Run<TSize>(
                panel, a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7,
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref d0, ref d1, ref d2, ref d3, ref d4, ref d5, ref d6, ref d7);
            a += Height;
            panel += step;
        }

        if (left > 0)
        {
            TileStep<T, TVector, TSimd>.Run<TSize>(
                panel, a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6, a + 7,
                ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref d0, ref d1, ref d2, ref d3, ref d4, ref d5, ref d6, ref d7);
        }

        int columns = tile->Columns;
        bool accumulate = tile->Accumulate, relu = tile->Relu;
        T* bias = tile->Bias;
        if (columns == TSize.Vectors * TSimd.Width)
        {
            bool biased = bias != null;
            TVector bias0 = TSimd.Zero, bias1 = TSimd.Zero;
            if (biased)
            {
                bias0 = TSimd.Load(bias);
                bias1 = TSize.Vectors > 1 ? TSimd.Load(bias + TSimd.Width) : bias0;
            }

            TileStep<T, TVector, TSimd>.Write<TSize>(output, c0, d0, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 1)
                TileStep<T, TVector, TSimd>.Write<TSize>(output + outputRow, c1, d1, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 2)
                TileStep<T, TVector, TSimd>.Write<TSize>(output + (2 * outputRow), c2, d2, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 3)
                TileStep<T, TVector, TSimd>.Write<TSize>(output + (3 * outputRow), c3, d3, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 4)
                TileStep<T, TVector, TSimd>.Write<TSize>(output + (4 * outputRow), c4, d4, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 5)
                TileStep<T, TVector, TSimd>.Write<TSize>(output + (5 * outputRow), c5, d5, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 6)
                TileStep<T, TVector, TSimd>.Write<TSize>(output + (6 * outputRow), c6, d6, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 7)
                TileStep<T, TVector, TSimd>.Write<TSize>(output + (7 * outputRow), c7, d7, accumulate, biased, bias0, bias1, relu);
        }
        else
        {
            T* sums = stackalloc T[TSize.Rows * TSize.Vectors * TSimd.Width];
            TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 0, c0, d0);
            if (TSize.Rows > 1)
                TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 1, c1, d1);
            if (TSize.Rows > 2)
                TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 2, c2, d2);
            if (TSize.Rows > 3)
                TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 3, c3, d3);
            if (TSize.Rows > 4)
                TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 4, c4, d4);
            if (TSize.Rows > 5)
                TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 5, c5, d5);
            if (TSize.Rows > 6)
                TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 6, c6, d6);
            if (TSize.Rows > 7)
                TileStep<T, TVector, TSimd>.Spill<TSize>(sums, 7, c7, d7);
            for (int i = 0; i < TSize.Rows; i++, sums += TSize.Vectors * TSimd.Width, output += outputRow)
                TileStep<T, TVector, TSimd>.WriteSome(output, sums, columns, accumulate, bias, relu);
        }
    }
}
