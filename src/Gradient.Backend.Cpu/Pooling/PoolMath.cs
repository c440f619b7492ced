using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>The inner loops of pooling, over the contiguous channels of one place.</summary>
internal static unsafe class PoolMath<C> where C : unmanaged, IFloatingPointIeee754<C>
{
    /// <summary>Whether places of elements fit the lanes of a vector, so that they are chosen together with the elements.</summary>
    private static bool PlacesFit => typeof(C) == typeof(float);

    /// <summary>Where x is larger than the best so far, or is the first NaN, it becomes the best and place its place.</summary>
    public static void Larger(C* x, int place, C* best, int* places, long n)
    {
        long i = 0;
        if (PlacesFit)
        {
            var at = new Vector<int>(place);
            for (; i <= n - Vector<C>.Count; i += Vector<C>.Count)
            {
                Vector<C> value = Vector.Load(x + i), old = Vector.Load(best + i);
                // Not (value ≤ old) is larger or unordered; of the unordered a NaN that is there already stays.
                var wins = Vector.AndNot(Vector.Equals(old, old), Vector.LessThanOrEqual(value, old));
                Vector.Store(Vector.ConditionalSelect(wins, value, old), best + i);
                Vector.Store(Vector.ConditionalSelect(Vector.As<C, int>(wins), at, Vector.Load(places + i)), places + i);
            }
        }

        for (; i < n; i++)
        {
            if (x[i] <= best[i] || C.IsNaN(best[i])) continue;
            best[i] = x[i];
            places[i] = place;
        }
    }

    /// <summary>sum += x.</summary>
    public static void Add(C* x, C* sum, long n)
    {
        long i = 0;
        for (; i <= n - Vector<C>.Count; i += Vector<C>.Count) Vector.Store(Vector.Load(sum + i) + Vector.Load(x + i), sum + i);
        for (; i < n; i++) sum[i] += x[i];
    }

    /// <summary>y = x / divisor.</summary>
    public static void Divide(C* x, C divisor, C* y, long n)
    {
        var d = new Vector<C>(divisor);
        long i = 0;
        for (; i <= n - Vector<C>.Count; i += Vector<C>.Count) Vector.Store(Vector.Load(x + i) / d, y + i);
        for (; i < n; i++) y[i] = x[i] / divisor;
    }

    /// <summary>sum += x where the place is the one given.</summary>
    public static void AddAt(C* x, int* places, int place, C* sum, long n)
    {
        long i = 0;
        if (PlacesFit)
        {
            var at = new Vector<int>(place);
            for (; i <= n - Vector<C>.Count; i += Vector<C>.Count)
            {
                var here = Vector.As<int, C>(Vector.Equals(Vector.Load(places + i), at));
                // Only what is chosen is added, so that a NaN elsewhere stays there.
                Vector.Store(Vector.Load(sum + i) + (Vector.Load(x + i) & here), sum + i);
            }
        }

        for (; i < n; i++)
            if (places[i] == place) sum[i] += x[i];
    }
}
