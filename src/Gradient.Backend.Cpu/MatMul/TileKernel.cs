using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Gradient.Backend.Cpu;

/// <summary>What one register tile multiplies, and where its result goes. Steps and lengths count elements.</summary>
internal unsafe struct TileArguments<T>
    where T : unmanaged
{
    /// <summary>Per tile row, the left operand's element at offset 0.</summary>
    public T** Rows;

    /// <summary>From one depth to the next, within a segment, in every row.</summary>
    public nint RowStep;

    /// <summary>The depth is cut in segments of equal length; segment s begins at Segments[s] + RowOffset in every row.</summary>
    public nint* Segments;

    public nint RowOffset;

    public nint SegmentCount;

    public nint SegmentLength;

    /// <summary>The right operand: at each depth, one or two vectors of consecutive columns.</summary>
    public T* Panel;

    /// <summary>From one depth to the next in the panel, across segments too.</summary>
    public nint PanelStep;

    /// <summary>Per tile row, where the first column goes, less OutputOffset.</summary>
    public T** Outputs;

    public nint OutputOffset;

    /// <summary>How many of the tile's columns are written.</summary>
    public int Columns;

    /// <summary>Adds to what the output holds, instead of overwriting it.</summary>
    public bool Accumulate;

    public bool Relu;

    /// <summary>One value per column, added before the activation; null for none.</summary>
    public T* Bias;
}

/// <summary>
/// The register tile: Rows × (Vectors · width) sums are held in registers while one pass runs over the depth. At each depth the
/// panel gives one or two vectors and every row one broadcast element, so 8 × 2 does 16 multiply-adds for 10 loads: enough to keep two
/// multiply-add units busy, with 19 of 32 registers. (6 × 2 fills the 16 registers of AVX2.)
/// </summary>
/// <remarks>
/// Rows come as pointers and the depth as segments because then a matrix product, a convolution and both its gradients are the
/// same loop: a convolution's rows are pixels and its segments are kernel rows, so that no im2col copy is made; the weight
/// gradient's rows are kernel elements and its segments are image rows. The idea of pointers instead of copies is that of
/// M. Dukhan, "The Indirect Convolution Algorithm" (2019).
/// </remarks>
internal readonly unsafe struct TileKernel<T, TVector, TSimd> : ITileKernel<TileArguments<T>>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    private static int TileColumns => TileDispatch<T, TVector, TSimd>.MaxColumns;

    /// <summary>Multiplies one tile with as many rows and vectors as <typeparamref name="TSize"/> says.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TSize>(TileArguments<T>* tile)
        where TSize : struct, ITileSize
    {
        TVector c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero, c4 = TSimd.Zero, c5 = TSimd.Zero, c6 = TSimd.Zero, c7 = TSimd.Zero;
        TVector d0 = TSimd.Zero, d1 = TSimd.Zero, d2 = TSimd.Zero, d3 = TSimd.Zero, d4 = TSimd.Zero, d5 = TSimd.Zero, d6 = TSimd.Zero, d7 = TSimd.Zero;
        T** rows = tile->Rows;
        T* a0 = rows[0];
        T* a1 = TSize.Rows > 1 ? rows[1] : a0;
        T* a2 = TSize.Rows > 2 ? rows[2] : a0;
        T* a3 = TSize.Rows > 3 ? rows[3] : a0;
        T* a4 = TSize.Rows > 4 ? rows[4] : a0;
        T* a5 = TSize.Rows > 5 ? rows[5] : a0;
        T* a6 = TSize.Rows > 6 ? rows[6] : a0;
        T* a7 = TSize.Rows > 7 ? rows[7] : a0;
        if (Sse.IsSupported)
        {
            // The outputs are rows far apart, which no hardware prefetcher foresees: asked for now, they are here when the sums are done.
            for (int i = 0; i < TSize.Rows; i++)
            {
                Sse.Prefetch0(tile->Outputs[i] + tile->OutputOffset);
                if (TSize.Vectors > 1)
                    Sse.Prefetch0(tile->Outputs[i] + tile->OutputOffset + TSimd.Width);
            }
        }

        T* panel = tile->Panel;
        nint panelStep = tile->PanelStep;
        nint rowStep = tile->RowStep;
        bool unitSteps = rowStep == 1 && panelStep == TileColumns;
        for (nint s = 0; s < tile->SegmentCount; s++)
        {
            nint depth = tile->Segments[s] + tile->RowOffset;
            nint left = tile->SegmentLength;
            for (; unitSteps && left >= 2; left -= 2, depth += 2, panel += 2 * TileColumns)
            {
                TileStep<T, TVector, TSimd>.Run<TSize>(
                    panel, a0 + depth, a1 + depth, a2 + depth, a3 + depth, a4 + depth, a5 + depth, a6 + depth, a7 + depth,
                    ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref d0, ref d1, ref d2, ref d3, ref d4, ref d5, ref d6, ref d7);
                TileStep<T, TVector, TSimd>.Run<TSize>(
                    panel + TileColumns, a0 + depth + 1, a1 + depth + 1, a2 + depth + 1, a3 + depth + 1, a4 + depth + 1, a5 + depth + 1, a6 + depth + 1, a7 + depth + 1,
                    ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref d0, ref d1, ref d2, ref d3, ref d4, ref d5, ref d6, ref d7);
            }

            for (; left > 0; left--, depth += rowStep, panel += panelStep)
            {
                TileStep<T, TVector, TSimd>.Run<TSize>(
                    panel, a0 + depth, a1 + depth, a2 + depth, a3 + depth, a4 + depth, a5 + depth, a6 + depth, a7 + depth,
                    ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref d0, ref d1, ref d2, ref d3, ref d4, ref d5, ref d6, ref d7);
            }
        }

        if (tile->Columns == TSize.Vectors * TSimd.Width)
        {
            TVector bias0 = TSimd.Zero, bias1 = TSimd.Zero;
            if (tile->Bias != null)
            {
                bias0 = TSimd.Load(tile->Bias);
                bias1 = TSize.Vectors > 1 ? TSimd.Load(tile->Bias + TSimd.Width) : bias0;
            }

            bool accumulate = tile->Accumulate, biased = tile->Bias != null, relu = tile->Relu;
            nint offset = tile->OutputOffset;
            TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[0] + offset, c0, d0, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 1)
                TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[1] + offset, c1, d1, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 2)
                TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[2] + offset, c2, d2, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 3)
                TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[3] + offset, c3, d3, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 4)
                TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[4] + offset, c4, d4, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 5)
                TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[5] + offset, c5, d5, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 6)
                TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[6] + offset, c6, d6, accumulate, biased, bias0, bias1, relu);
            if (TSize.Rows > 7)
                TileStep<T, TVector, TSimd>.Write<TSize>(tile->Outputs[7] + offset, c7, d7, accumulate, biased, bias0, bias1, relu);
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
            for (int i = 0; i < TSize.Rows; i++, sums += TSize.Vectors * TSimd.Width)
                TileStep<T, TVector, TSimd>.WriteSome(tile->Outputs[i] + tile->OutputOffset, sums, tile->Columns, tile->Accumulate, tile->Bias, tile->Relu);
        }
    }
}
