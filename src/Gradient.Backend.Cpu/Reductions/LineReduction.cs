using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The inner loops of reductions, from elements C to partial results P: double for float where rounding errors would add up, so that
/// sums lose nothing after the first three additions; C itself otherwise. They are compiled in full at the first call: a first version
/// of such loops is slow for a long time.
/// </summary>
internal static unsafe class LineReduction<C, P, TReduction>
    where C : unmanaged, INumber<C>
    where P : unmanaged, INumber<P>
    where TReduction : IReduction
{
    /// <summary>How many vectors, or rows, are combined in C before they are widened to P.</summary>
    public const int Group = 8;

    /// <summary>A contiguous line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static P Line(C* x, long count)
    {
        long i = 0;
        P total = TReduction.Identity<P>();
        int width = Vector<C>.Count;
        if (count >= width)
        {
            Vector<P> low = new(total), high = low;
            for (; i <= count - (Group * width); i += Group * width)
            {
                C* p = x + i;
                Accumulate(Tree(
                    Map(p), Map(p + width), Map(p + (2 * width)), Map(p + (3 * width)),
                    Map(p + (4 * width)), Map(p + (5 * width)), Map(p + (6 * width)), Map(p + (7 * width))), ref low, ref high);
            }

            for (; i <= count - width; i += width) Accumulate(Map(x + i), ref low, ref high);
            total = Fold(TReduction.Combine(low, high));
        }

        for (; i < count; i++) total = TReduction.Combine(total, Widen(TReduction.Map(x[i])));
        return total;
    }

    /// <summary>Combines eight rows of a matrix, column by column, into accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(C** rows, long columns, P* accumulators)
    {
        int width = Vector<C>.Count;
        C* r0 = rows[0], r1 = rows[1], r2 = rows[2], r3 = rows[3], r4 = rows[4], r5 = rows[5], r6 = rows[6], r7 = rows[7];
        long i = 0;
        for (; i <= columns - width; i += width)
        {
            AccumulateTo(accumulators + i, Tree(
                Map(r0 + i), Map(r1 + i), Map(r2 + i), Map(r3 + i), Map(r4 + i), Map(r5 + i), Map(r6 + i), Map(r7 + i)));
        }

        for (; i < columns; i++)
        {
            C low = Combine(Combine(TReduction.Map(r0[i]), TReduction.Map(r1[i])), Combine(TReduction.Map(r2[i]), TReduction.Map(r3[i])));
            C high = Combine(Combine(TReduction.Map(r4[i]), TReduction.Map(r5[i])), Combine(TReduction.Map(r6[i]), TReduction.Map(r7[i])));
            accumulators[i] = TReduction.Combine(accumulators[i], Widen(Combine(low, high)));
        }
    }

    /// <summary>a ← a and b combined, element by element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(P* a, P* b, long count)
    {
        long i = 0;
        for (; i <= count - Vector<P>.Count; i += Vector<P>.Count) Vector.Store(TReduction.Combine(Vector.Load(a + i), Vector.Load(b + i)), a + i);
        for (; i < count; i++) a[i] = TReduction.Combine(a[i], b[i]);
    }

    /// <summary>Combines one row, column by column, into accumulators.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(C* row, long columns, P* accumulators)
    {
        int width = Vector<C>.Count;
        long i = 0;
        for (; i <= columns - width; i += width) AccumulateTo(accumulators + i, Map(row + i));
        for (; i < columns; i++) accumulators[i] = TReduction.Combine(accumulators[i], Widen(TReduction.Map(row[i])));
    }

    /// <summary>The lanes combined pair by pair.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static P Fold(Vector<P> lanes)
    {
        P* p = (P*)&lanes;
        for (int half = Vector<P>.Count / 2; half > 0; half /= 2)
            for (int i = 0; i < half; i++) p[i] = TReduction.Combine(p[i], p[i + half]);
        return p[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static C Combine(C a, C b) => TReduction.Combine(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<C> Map(C* x) => TReduction.Map(Vector.Load(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<C> Tree(
        Vector<C> a, Vector<C> b, Vector<C> c, Vector<C> d, Vector<C> e, Vector<C> f, Vector<C> g, Vector<C> h) =>
        TReduction.Combine(
            TReduction.Combine(TReduction.Combine(a, b), TReduction.Combine(c, d)),
            TReduction.Combine(TReduction.Combine(e, f), TReduction.Combine(g, h)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(Vector<C> x, ref Vector<P> low, ref Vector<P> high)
    {
        if (typeof(C) != typeof(P))
        {
            Vector.Widen(Vector.As<C, float>(x), out var first, out var second);
            low = TReduction.Combine(low, Vector.As<double, P>(first));
            high = TReduction.Combine(high, Vector.As<double, P>(second));
        }
        else
        {
            low = TReduction.Combine(low, Vector.As<C, P>(x));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AccumulateTo(P* accumulators, Vector<C> x)
    {
        Vector<P> low = Vector.Load(accumulators), high = default;
        if (typeof(C) != typeof(P)) high = Vector.Load(accumulators + Vector<P>.Count);
        Accumulate(x, ref low, ref high);
        Vector.Store(low, accumulators);
        if (typeof(C) != typeof(P)) Vector.Store(high, accumulators + Vector<P>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static P Widen(C x) =>
        typeof(C) == typeof(P) ? Unsafe.BitCast<C, P>(x) : Unsafe.BitCast<double, P>(Unsafe.BitCast<C, float>(x));
}
