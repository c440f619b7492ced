using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>What attention does to single rows. Lengths are multiples of the vector's; lanes is room for one vector.</summary>
internal static unsafe class AttentionRows<T, V>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : struct, ISimd<V>
{
    /// <summary>The largest; NaN if any is.</summary>
    public static T Maximum(T* x, nint n, T* lanes)
    {
        V largest = V.Load(x);
        for (nint i = V.Count; i < n; i += V.Count)
            largest = V.Max(largest, V.Load(x + i));
        V.Store(largest, lanes);
        T maximum = lanes[0];
        for (int i = 1; i < V.Count; i++)
            maximum = T.Max(maximum, lanes[i]);
        return maximum;
    }

    /// <summary>x ← e^(x − shift); their sum.</summary>
    public static T Exponentials(T* x, nint n, T shift, T* lanes)
    {
        V minus = Of(shift), sum = V.Constant(0);
        for (nint i = 0; i < n; i += V.Count)
        {
            V power = VectorMath.Exp(V.Load(x + i) - minus);
            V.Store(power, x + i);
            sum += power;
        }

        return Sum(sum, lanes);
    }

    /// <summary>x ← x·factor.</summary>
    public static void Multiply(T* x, nint n, T factor)
    {
        V f = Of(factor);
        for (nint i = 0; i < n; i += V.Count)
            V.Store(V.Load(x + i) * f, x + i);
    }

    /// <summary>x ← x/divisor.</summary>
    public static void Divide(T* x, nint n, T divisor)
    {
        V d = Of(divisor);
        for (nint i = 0; i < n; i += V.Count)
            V.Store(V.Load(x + i) / d, x + i);
    }

    /// <summary>
    /// Σ a·b, one product after the other as the tiles add them: so where a query sees one key alone, its gradient is 0 to the last
    /// bit, and nearly so where one has almost all the weight.
    /// </summary>
    public static T Dot(T* a, T* b, nint n)
    {
        T sum = T.Zero;
        for (nint i = 0; i < n; i++)
            sum = T.FusedMultiplyAdd(a[i], b[i], sum);
        return sum;
    }

    /// <summary>Scores become weights, s ← e^(s − logSumExp); gradients of weights become those of scores, d ← s·(d − delta).</summary>
    public static void Gradients(T* s, T* d, nint n, T logSumExp, T delta)
    {
        V minus = Of(logSumExp), mean = Of(delta);
        for (nint i = 0; i < n; i += V.Count)
        {
            V weight = VectorMath.Exp(V.Load(s + i) - minus);
            V.Store(weight, s + i);
            V.Store(weight * (V.Load(d + i) - mean), d + i);
        }
    }

    /// <summary>Applies a line of a mask: adds it, or lets −∞ take the place of scores where it is 0.</summary>
    public static void Mask(T* s, T* mask, nint n, bool adds)
    {
        nint i = 0;
        V zero = V.Constant(0), never = V.Constant(double.NegativeInfinity);
        for (; i <= n - V.Count; i += V.Count)
        {
            V m = V.Load(mask + i), x = V.Load(s + i);
            V.Store(adds ? x + m : V.Select(V.Same(m, zero), never, x), s + i);
        }

        for (; i < n; i++)
        {
            if (adds)
                s[i] += mask[i];
            else if (mask[i] == T.Zero)
                s[i] = T.NegativeInfinity;
        }
    }

    private static V Of(T value) => V.Constant(double.CreateTruncating(value));

    private static T Sum(V sum, T* lanes)
    {
        V.Store(sum, lanes);
        for (int half = V.Count / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++)
                lanes[i] += lanes[i + half];
        }

        return lanes[0];
    }
}
