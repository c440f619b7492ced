using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>The constants of a tile: rows 1 to 8, vectors per row 1 or 2.</summary>
internal interface ITileSize
{
    static abstract int Rows { get; }

    static abstract int Vectors { get; }
}

/// <summary>What the tile kernels share: one step down the depth, and the way of a row of sums into the result.</summary>
internal static unsafe class TileStep<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>
    /// c[r] += a[r] · panel[first vector], d[r] += a[r] · panel[second vector]: Rows broadcasts, Vectors loads and their product of
    /// multiply-adds. The sums are single variables because only those are sure to stay in registers.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run<TSize>(
        T* panel, T* a0, T* a1, T* a2, T* a3, T* a4, T* a5, T* a6, T* a7,
        ref TVector c0, ref TVector c1, ref TVector c2, ref TVector c3, ref TVector c4, ref TVector c5, ref TVector c6, ref TVector c7,
        ref TVector d0, ref TVector d1, ref TVector d2, ref TVector d3, ref TVector d4, ref TVector d5, ref TVector d6, ref TVector d7)
        where TSize : struct, ITileSize
    {
        TVector b = TSimd.Load(panel);
        TVector e = TSize.Vectors > 1 ? TSimd.Load(panel + TSimd.Width) : b;
        TVector a = TSimd.Broadcast(*a0);
        c0 = TSimd.MultiplyAdd(a, b, c0);
        if (TSize.Vectors > 1)
            d0 = TSimd.MultiplyAdd(a, e, d0);
        if (TSize.Rows > 1)
        {
            a = TSimd.Broadcast(*a1);
            c1 = TSimd.MultiplyAdd(a, b, c1);
            if (TSize.Vectors > 1)
                d1 = TSimd.MultiplyAdd(a, e, d1);
        }

        if (TSize.Rows > 2)
        {
            a = TSimd.Broadcast(*a2);
            c2 = TSimd.MultiplyAdd(a, b, c2);
            if (TSize.Vectors > 1)
                d2 = TSimd.MultiplyAdd(a, e, d2);
        }

        if (TSize.Rows > 3)
        {
            a = TSimd.Broadcast(*a3);
            c3 = TSimd.MultiplyAdd(a, b, c3);
            if (TSize.Vectors > 1)
                d3 = TSimd.MultiplyAdd(a, e, d3);
        }

        if (TSize.Rows > 4)
        {
            a = TSimd.Broadcast(*a4);
            c4 = TSimd.MultiplyAdd(a, b, c4);
            if (TSize.Vectors > 1)
                d4 = TSimd.MultiplyAdd(a, e, d4);
        }

        if (TSize.Rows > 5)
        {
            a = TSimd.Broadcast(*a5);
            c5 = TSimd.MultiplyAdd(a, b, c5);
            if (TSize.Vectors > 1)
                d5 = TSimd.MultiplyAdd(a, e, d5);
        }

        if (TSize.Rows > 6)
        {
            a = TSimd.Broadcast(*a6);
            c6 = TSimd.MultiplyAdd(a, b, c6);
            if (TSize.Vectors > 1)
                d6 = TSimd.MultiplyAdd(a, e, d6);
        }

        if (TSize.Rows > 7)
        {
            a = TSimd.Broadcast(*a7);
            c7 = TSimd.MultiplyAdd(a, b, c7);
            if (TSize.Vectors > 1)
                d7 = TSimd.MultiplyAdd(a, e, d7);
        }
    }

    /// <summary>Writes a whole row of sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TSize>(T* output, TVector sum0, TVector sum1, bool accumulate, bool biased, TVector bias0, TVector bias1, bool relu)
        where TSize : struct, ITileSize
    {
        if (accumulate)
        {
            sum0 = TSimd.Add(TSimd.Load(output), sum0);
            if (TSize.Vectors > 1)
                sum1 = TSimd.Add(TSimd.Load(output + TSimd.Width), sum1);
        }

        if (biased)
        {
            sum0 = TSimd.Add(sum0, bias0);
            if (TSize.Vectors > 1)
                sum1 = TSimd.Add(sum1, bias1);
        }

        if (relu)
        {
            sum0 = TSimd.Relu(sum0);
            if (TSize.Vectors > 1)
                sum1 = TSimd.Relu(sum1);
        }

        TSimd.Store(sum0, output);
        if (TSize.Vectors > 1)
            TSimd.Store(sum1, output + TSimd.Width);
    }

    /// <summary>Puts a row of sums aside, from where <see cref="WriteSome"/> takes them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spill<TSize>(T* sums, int row, TVector sum0, TVector sum1)
        where TSize : struct, ITileSize
    {
        T* target = sums + (row * TSize.Vectors * TSimd.Width);
        TSimd.Store(sum0, target);
        if (TSize.Vectors > 1)
            TSimd.Store(sum1, target + TSimd.Width);
    }

    /// <summary>Writes the first columns of a row of sums.</summary>
    public static void WriteSome(T* output, T* sums, int columns, bool accumulate, T* bias, bool relu)
    {
        for (int j = 0; j < columns; j++)
        {
            T sum = sums[j];
            if (accumulate)
                sum = output[j] + sum;
            if (bias != null)
                sum += bias[j];
            if (relu && sum < T.Zero)
                sum = T.Zero;
            output[j] = sum;
        }
    }
}
