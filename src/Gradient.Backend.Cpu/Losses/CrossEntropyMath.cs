using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>The inner loops of cross-entropy over a contiguous line.</summary>
internal static unsafe class CrossEntropyMath<C> where C : unmanaged, IFloatingPointIeee754<C>
{
    /// <summary>What is read once stays in the first-level cache for the passes over it.</summary>
    private const int Chunk = 1024;

    /// <summary>m = max x, Σe^(x − m), and if <paramref name="weighs"/> Σw and Σw·(x − m); w is 1 where there are no weights.</summary>
    /// <remarks>
    /// In one pass over memory: where a chunk has a larger maximum, what was summed is scaled to it (Milakov, Gimelshein: Online
    /// normalizer calculation for softmax, 2018).
    /// </remarks>
    [SkipLocalsInit]
    public static LineSums Sums<V>(C* x, C* weights, long n, bool weighs) where V : struct, ISimd<V>
    {
        C* buffer = stackalloc C[Chunk];
        C maximum = C.NegativeInfinity, shift = C.Zero;
        double exponentials = 0, sum = 0, weighted = 0;
        for (long from = 0; from < n; from += Chunk)
        {
            long count = Math.Min(Chunk, n - from);
            maximum = C.Max(maximum, LineReduction<C, C, MaximumReduction>.Line(x + from, count));
            // While there is nothing but −∞, x − m would be NaN: the terms are 0 if a number follows. If none does, m itself gives
            // the NaNs that PyTorch has.
            C next = C.IsNegativeInfinity(maximum) ? C.Zero : maximum;
            double moved = double.CreateTruncating(next) - double.CreateTruncating(shift);
            if (exponentials != 0) exponentials *= Math.Exp(-moved);
            if (sum != 0) weighted -= sum * moved;
            shift = next;
            double some = SoftmaxMath.Exp<C, V>(x + from, shift, buffer, count) * VectorMath.Lowering<V>();
            if (!C.IsNegativeInfinity(maximum)) exponentials += some;
            if (!weighs) continue;
            for (int i = 0; i < count; i++) buffer[i] = x[from + i] - shift;
            weighted += weights == null
                ? LineReduction<C, double, SumReduction>.Line(buffer, count) : NormalMath<C>.Sums(buffer, weights + from, C.Zero, null, count).Product;
            sum += weights == null ? count : LineReduction<C, double, SumReduction>.Line(weights + from, count);
        }

        return new(maximum, exponentials, sum, weighted);
    }

    /// <summary>dx = scale·e^(x − m) − even·w; w is 1 where there are no weights.</summary>
    public static void Gradient<V>(C* x, C maximum, C scale, C even, C* weights, C* dx, long n) where V : struct, ISimd<V>
    {
        C lower = C.CreateTruncating(VectorMath.Lowering<V>());
        for (long from = 0; from < n; from += Chunk)
        {
            long count = Math.Min(Chunk, n - from), i = 0;
            C* y = dx + from, w = weights + from;
            SoftmaxMath.Exp<C, V>(x + from, maximum, y, count);
            if (weights == null)
            {
                for (; i <= count - Vector<C>.Count; i += Vector<C>.Count) Vector.Store((Vector.Load(y + i) * lower * scale) - new Vector<C>(even), y + i);
                for (; i < count; i++) y[i] = (y[i] * lower * scale) - even;
                continue;
            }

            for (; i <= count - Vector<C>.Count; i += Vector<C>.Count) Vector.Store((Vector.Load(y + i) * lower * scale) - (Vector.Load(w + i) * even), y + i);
            for (; i < count; i++) y[i] = (y[i] * lower * scale) - (w[i] * even);
        }
    }

    /// <summary>What <see cref="Sums"/> gives.</summary>
    internal readonly record struct LineSums(C Maximum, double Exponentials, double Weights, double Weighted);
}
