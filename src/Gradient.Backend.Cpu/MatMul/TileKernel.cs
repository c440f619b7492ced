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

/// <summary>The constants of a tile: rows 1 to 8, vectors per row 1 or 2.</summary>
internal interface ITileSize
{
    static abstract int Rows { get; }

    static abstract int Vectors { get; }
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
internal static unsafe class TileKernel<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
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
        for (nint s = 0; s < tile->SegmentCount; s++)
        {
            nint depth = tile->Segments[s] + tile->RowOffset;
            for (nint left = tile->SegmentLength; left > 0; left--)
            {
                TVector b = TSimd.Load(panel);
                TVector e = TSize.Vectors > 1 ? TSimd.Load(panel + TSimd.Width) : b;
                TVector a = TSimd.Broadcast(a0[depth]);
                c0 = TSimd.MultiplyAdd(a, b, c0);
                if (TSize.Vectors > 1)
                    d0 = TSimd.MultiplyAdd(a, e, d0);
                if (TSize.Rows > 1)
                {
                    a = TSimd.Broadcast(a1[depth]);
                    c1 = TSimd.MultiplyAdd(a, b, c1);
                    if (TSize.Vectors > 1)
                        d1 = TSimd.MultiplyAdd(a, e, d1);
                }

                if (TSize.Rows > 2)
                {
                    a = TSimd.Broadcast(a2[depth]);
                    c2 = TSimd.MultiplyAdd(a, b, c2);
                    if (TSize.Vectors > 1)
                        d2 = TSimd.MultiplyAdd(a, e, d2);
                }

                if (TSize.Rows > 3)
                {
                    a = TSimd.Broadcast(a3[depth]);
                    c3 = TSimd.MultiplyAdd(a, b, c3);
                    if (TSize.Vectors > 1)
                        d3 = TSimd.MultiplyAdd(a, e, d3);
                }

                if (TSize.Rows > 4)
                {
                    a = TSimd.Broadcast(a4[depth]);
                    c4 = TSimd.MultiplyAdd(a, b, c4);
                    if (TSize.Vectors > 1)
                        d4 = TSimd.MultiplyAdd(a, e, d4);
                }

                if (TSize.Rows > 5)
                {
                    a = TSimd.Broadcast(a5[depth]);
                    c5 = TSimd.MultiplyAdd(a, b, c5);
                    if (TSize.Vectors > 1)
                        d5 = TSimd.MultiplyAdd(a, e, d5);
                }

                if (TSize.Rows > 6)
                {
                    a = TSimd.Broadcast(a6[depth]);
                    c6 = TSimd.MultiplyAdd(a, b, c6);
                    if (TSize.Vectors > 1)
                        d6 = TSimd.MultiplyAdd(a, e, d6);
                }

                if (TSize.Rows > 7)
                {
                    a = TSimd.Broadcast(a7[depth]);
                    c7 = TSimd.MultiplyAdd(a, b, c7);
                    if (TSize.Vectors > 1)
                        d7 = TSimd.MultiplyAdd(a, e, d7);
                }

                depth += rowStep;
                panel += panelStep;
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

            Finish<TSize>(tile, 0, c0, d0, bias0, bias1);
            if (TSize.Rows > 1)
                Finish<TSize>(tile, 1, c1, d1, bias0, bias1);
            if (TSize.Rows > 2)
                Finish<TSize>(tile, 2, c2, d2, bias0, bias1);
            if (TSize.Rows > 3)
                Finish<TSize>(tile, 3, c3, d3, bias0, bias1);
            if (TSize.Rows > 4)
                Finish<TSize>(tile, 4, c4, d4, bias0, bias1);
            if (TSize.Rows > 5)
                Finish<TSize>(tile, 5, c5, d5, bias0, bias1);
            if (TSize.Rows > 6)
                Finish<TSize>(tile, 6, c6, d6, bias0, bias1);
            if (TSize.Rows > 7)
                Finish<TSize>(tile, 7, c7, d7, bias0, bias1);
        }
        else
        {
            T* sums = stackalloc T[TSize.Rows * TSize.Vectors * TSimd.Width];
            Spill<TSize>(sums, 0, c0, d0);
            if (TSize.Rows > 1)
                Spill<TSize>(sums, 1, c1, d1);
            if (TSize.Rows > 2)
                Spill<TSize>(sums, 2, c2, d2);
            if (TSize.Rows > 3)
                Spill<TSize>(sums, 3, c3, d3);
            if (TSize.Rows > 4)
                Spill<TSize>(sums, 4, c4, d4);
            if (TSize.Rows > 5)
                Spill<TSize>(sums, 5, c5, d5);
            if (TSize.Rows > 6)
                Spill<TSize>(sums, 6, c6, d6);
            if (TSize.Rows > 7)
                Spill<TSize>(sums, 7, c7, d7);
            FinishEdge(tile, sums, TSize.Rows, TSize.Vectors * TSimd.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TSize>(TileArguments<T>* tile, int row, TVector sum0, TVector sum1, TVector bias0, TVector bias1)
        where TSize : struct, ITileSize
    {
        T* output = tile->Outputs[row] + tile->OutputOffset;
        if (tile->Accumulate)
        {
            sum0 = TSimd.Add(TSimd.Load(output), sum0);
            if (TSize.Vectors > 1)
                sum1 = TSimd.Add(TSimd.Load(output + TSimd.Width), sum1);
        }

        if (tile->Bias != null)
        {
            sum0 = TSimd.Add(sum0, bias0);
            if (TSize.Vectors > 1)
                sum1 = TSimd.Add(sum1, bias1);
        }

        if (tile->Relu)
        {
            sum0 = TSimd.Relu(sum0);
            if (TSize.Vectors > 1)
                sum1 = TSimd.Relu(sum1);
        }

        TSimd.Store(sum0, output);
        if (TSize.Vectors > 1)
            TSimd.Store(sum1, output + TSimd.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spill<TSize>(T* sums, int row, TVector sum0, TVector sum1)
        where TSize : struct, ITileSize
    {
        T* target = sums + (row * TSize.Vectors * TSimd.Width);
        TSimd.Store(sum0, target);
        if (TSize.Vectors > 1)
            TSimd.Store(sum1, target + TSimd.Width);
    }

    private static void FinishEdge(TileArguments<T>* tile, T* sums, int rows, int stride)
    {
        for (int i = 0; i < rows; i++, sums += stride)
        {
            T* output = tile->Outputs[i] + tile->OutputOffset;
            for (int j = 0; j < tile->Columns; j++)
            {
                T sum = sums[j];
                if (tile->Accumulate)
                    sum = output[j] + sum;
                if (tile->Bias != null)
                    sum += tile->Bias[j];
                if (tile->Relu && sum < T.Zero)
                    sum = T.Zero;
                output[j] = sum;
            }
        }
    }
}
