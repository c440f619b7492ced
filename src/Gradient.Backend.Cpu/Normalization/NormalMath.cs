using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>The inner loops of normalization over contiguous columns. Sums go to double after at most four additions.</summary>
internal static unsafe class NormalMath<C> where C : unmanaged, IFloatingPointIeee754<C>
{
    private static int Width => Vector<C>.Count;

    /// <summary>Σ d and Σ d² of a line, with d = x − center.</summary>
    public static (double Sum, double Squares) Deviations(C* x, C center, long n)
    {
        long i = 0;
        Vector<double> low = default, high = default, lowSquare = default, highSquare = default;
        var c = new Vector<C>(center);
        for (; i <= n - (4 * Width); i += 4 * Width)
        {
            Vector<C> d0 = Vector.Load(x + i) - c, d1 = Vector.Load(x + i + Width) - c;
            Vector<C> d2 = Vector.Load(x + i + (2 * Width)) - c, d3 = Vector.Load(x + i + (3 * Width)) - c;
            Accumulate((d0 + d1) + (d2 + d3), ref low, ref high);
            Accumulate(((d0 * d0) + (d1 * d1)) + ((d2 * d2) + (d3 * d3)), ref lowSquare, ref highSquare);
        }

        double sum = Vector.Sum(low + high), squares = Vector.Sum(lowSquare + highSquare);
        for (; i < n; i++)
        {
            double d = Number(x[i] - center);
            sum += d;
            squares += d * d;
        }

        return (sum, squares);
    }

    /// <summary>sums[j] += Σ d and squares[j] += Σ d² over one to four rows, with d = x − center[j].</summary>
    public static void Deviations(C** rows, int count, C* center, long n, double* sums, double* squares)
    {
        long i = 0;
        if (count == 4)
        {
            C* a = rows[0], b = rows[1], c = rows[2], d = rows[3];
            for (; i <= n - Width; i += Width)
            {
                Vector<C> m = Vector.Load(center + i);
                Vector<C> da = Vector.Load(a + i) - m, db = Vector.Load(b + i) - m, dc = Vector.Load(c + i) - m, dd = Vector.Load(d + i) - m;
                AccumulateTo(sums + i, (da + db) + (dc + dd));
                AccumulateTo(squares + i, ((da * da) + (db * db)) + ((dc * dc) + (dd * dd)));
            }
        }

        for (; i < n; i++)
        {
            for (int r = 0; r < count; r++)
            {
                double d = Number(rows[r][i] - center[i]);
                sums[i] += d;
                squares[i] += d * d;
            }
        }
    }

    /// <summary>y = (x − center)·scale·weight + bias; weight and bias may be null.</summary>
    public static void Apply(C* x, C center, C scale, C* weight, C* bias, C* y, long n)
    {
        long i = 0;
        Vector<C> c = new(center), s = new(scale);
        for (; i <= n - Width; i += Width)
        {
            Vector<C> v = (Vector.Load(x + i) - c) * s;
            if (weight != null) v *= Vector.Load(weight + i);
            if (bias != null) v += Vector.Load(bias + i);
            Vector.Store(v, y + i);
        }

        for (; i < n; i++)
        {
            C v = (x[i] - center) * scale;
            if (weight != null) v *= weight[i];
            if (bias != null) v += bias[i];
            y[i] = v;
        }
    }

    /// <summary>y = (x − center)·scale + bias, column by column.</summary>
    public static void Apply(C* x, C* center, C* scale, C* bias, C* y, long n)
    {
        long i = 0;
        for (; i <= n - Width; i += Width)
            Vector.Store(((Vector.Load(x + i) - Vector.Load(center + i)) * Vector.Load(scale + i)) + Vector.Load(bias + i), y + i);
        for (; i < n; i++) y[i] = ((x[i] - center[i]) * scale[i]) + bias[i];
    }

    /// <summary>Σ g and Σ g·(x − center) of a line, with g = dy·weight.</summary>
    public static (double Sum, double Product) Sums(C* dy, C* x, C center, C* weight, long n)
    {
        long i = 0;
        Vector<double> low = default, high = default, lowProduct = default, highProduct = default;
        var c = new Vector<C>(center);
        for (; i <= n - (2 * Width); i += 2 * Width)
        {
            Vector<C> g0 = Vector.Load(dy + i), g1 = Vector.Load(dy + i + Width);
            if (weight != null)
            {
                g0 *= Vector.Load(weight + i);
                g1 *= Vector.Load(weight + i + Width);
            }

            Accumulate(g0 + g1, ref low, ref high);
            Accumulate((g0 * (Vector.Load(x + i) - c)) + (g1 * (Vector.Load(x + i + Width) - c)), ref lowProduct, ref highProduct);
        }

        double sum = Vector.Sum(low + high), product = Vector.Sum(lowProduct + highProduct);
        for (; i < n; i++)
        {
            double g = Number(weight == null ? dy[i] : dy[i] * weight[i]);
            sum += g;
            product += g * Number(x[i] - center);
        }

        return (sum, product);
    }

    /// <summary>sums[j] += Σ dy and products[j] += Σ dy·(x − center[j]) over one to four rows.</summary>
    public static void Sums(C** dy, C** x, int count, C* center, long n, double* sums, double* products)
    {
        long i = 0;
        if (count == 4)
        {
            C* g0 = dy[0], g1 = dy[1], g2 = dy[2], g3 = dy[3], x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
            for (; i <= n - Width; i += Width)
            {
                Vector<C> a = Vector.Load(g0 + i), b = Vector.Load(g1 + i), c = Vector.Load(g2 + i), d = Vector.Load(g3 + i);
                Vector<C> m = Vector.Load(center + i);
                AccumulateTo(sums + i, (a + b) + (c + d));
                AccumulateTo(products + i,
                    ((a * (Vector.Load(x0 + i) - m)) + (b * (Vector.Load(x1 + i) - m))) + ((c * (Vector.Load(x2 + i) - m)) + (d * (Vector.Load(x3 + i) - m))));
            }
        }

        for (; i < n; i++)
        {
            for (int r = 0; r < count; r++)
            {
                sums[i] += Number(dy[r][i]);
                products[i] += Number(dy[r][i]) * Number(x[r][i] - center[i]);
            }
        }
    }

    /// <summary>dx = scale·(dy·weight − a) − (x − center)·b of a line.</summary>
    public static void Gradient(C* dy, C* x, C center, C scale, C a, C b, C* weight, C* dx, long n)
    {
        long i = 0;
        Vector<C> c = new(center), s = new(scale), va = new(a), vb = new(b);
        for (; i <= n - Width; i += Width)
        {
            Vector<C> g = Vector.Load(dy + i);
            if (weight != null) g *= Vector.Load(weight + i);
            Vector.Store((s * (g - va)) - ((Vector.Load(x + i) - c) * vb), dx + i);
        }

        for (; i < n; i++)
        {
            C g = weight == null ? dy[i] : dy[i] * weight[i];
            dx[i] = (scale * (g - a)) - ((x[i] - center) * b);
        }
    }

    /// <summary>dx = dy·scale − a − (x − center)·b, column by column.</summary>
    public static void Gradient(C* dy, C* x, C* center, C* scale, C* a, C* b, C* dx, long n)
    {
        long i = 0;
        for (; i <= n - Width; i += Width)
        {
            Vector.Store(
                (Vector.Load(dy + i) * Vector.Load(scale + i)) - Vector.Load(a + i) - ((Vector.Load(x + i) - Vector.Load(center + i)) * Vector.Load(b + i)),
                dx + i);
        }

        for (; i < n; i++) dx[i] = (dy[i] * scale[i]) - a[i] - ((x[i] - center[i]) * b[i]);
    }

    /// <summary>sums[j] += dy and products[j] += dy·(x − center)·scale: what a line adds to the gradients of bias and weight.</summary>
    public static void AddTo(C* sums, C* products, C* dy, C* x, C center, C scale, long n)
    {
        long i = 0;
        Vector<C> c = new(center), s = new(scale);
        for (; i <= n - Width; i += Width)
        {
            Vector<C> g = Vector.Load(dy + i);
            Vector.Store(Vector.Load(sums + i) + g, sums + i);
            Vector.Store(Vector.Load(products + i) + (g * ((Vector.Load(x + i) - c) * s)), products + i);
        }

        for (; i < n; i++)
        {
            sums[i] += dy[i];
            products[i] += dy[i] * ((x[i] - center) * scale);
        }
    }

    /// <summary>Adds a line to sums in double and clears it.</summary>
    public static void Flush(C* line, double* sums, long n)
    {
        LineReduction<C, double, SumReduction>.Row(line, n, sums);
        new Span<C>(line, checked((int)n)).Clear();
    }

    private static double Number(C x) => double.CreateTruncating(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(Vector<C> x, ref Vector<double> low, ref Vector<double> high)
    {
        if (typeof(C) == typeof(float))
        {
            Vector.Widen(Vector.As<C, float>(x), out var first, out var second);
            low += first;
            high += second;
        }
        else
        {
            low += Vector.As<C, double>(x);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AccumulateTo(double* sums, Vector<C> x)
    {
        Vector<double> low = Vector.Load(sums), high = default;
        if (typeof(C) == typeof(float)) high = Vector.Load(sums + Vector<double>.Count);
        Accumulate(x, ref low, ref high);
        Vector.Store(low, sums);
        if (typeof(C) == typeof(float)) Vector.Store(high, sums + Vector<double>.Count);
    }
}
