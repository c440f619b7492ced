using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.LinearAlgebra;

/// <summary>Loops over contiguous numbers: what the unblocked parts of the decompositions are made of.</summary>
internal static unsafe class Line
{
    /// <summary>Σ xᵢ·yᵢ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Dot<T>(T* x, T* y, nint count) where T : unmanaged, INumber<T>
    {
        nint width = Vector<T>.Count, i = 0;
        T sum = T.Zero;
        if (count >= width)
        {
            Vector<T> a = Vector<T>.Zero, b = a, c = a, d = a;
            for (; i <= count - (4 * width); i += 4 * width)
            {
                a = MultiplyAdd(Load(x + i), Load(y + i), a);
                b = MultiplyAdd(Load(x + i + width), Load(y + i + width), b);
                c = MultiplyAdd(Load(x + i + (2 * width)), Load(y + i + (2 * width)), c);
                d = MultiplyAdd(Load(x + i + (3 * width)), Load(y + i + (3 * width)), d);
            }

            for (; i <= count - width; i += width) a = MultiplyAdd(Load(x + i), Load(y + i), a);
            sum = Vector.Sum(a + b + (c + d));
        }

        for (; i < count; i++) sum += x[i] * y[i];
        return sum;
    }

    /// <summary>y ← y + factor·x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled<T>(T* y, T factor, T* x, nint count) where T : unmanaged, INumber<T>
    {
        nint width = Vector<T>.Count, i = 0;
        if (count >= width)
        {
            var f = new Vector<T>(factor);
            for (; i <= count - (2 * width); i += 2 * width)
            {
                MultiplyAdd(f, Load(x + i), Load(y + i)).Store(y + i);
                MultiplyAdd(f, Load(x + i + width), Load(y + i + width)).Store(y + i + width);
            }

            if (i <= count - width)
            {
                MultiplyAdd(f, Load(x + i), Load(y + i)).Store(y + i);
                i += width;
            }
        }

        for (; i < count; i++) y[i] += factor * x[i];
    }

    /// <summary>y ← y + f·x + g·z.</summary>
    public static void AddTwoScaled<T>(T* y, T f, T* x, T g, T* z, nint count) where T : unmanaged, INumber<T>
    {
        nint width = Vector<T>.Count, i = 0;
        Vector<T> first = new(f), second = new(g);
        for (; i <= count - width; i += width)
            MultiplyAdd(first, Load(x + i), MultiplyAdd(second, Load(z + i), Load(y + i))).Store(y + i);
        for (; i < count; i++) y[i] += (f * x[i]) + (g * z[i]);
    }

    /// <summary>y ← y + f·x, and the sum of xᵢ·zᵢ: both halves of a symmetric product in one pass over x.</summary>
    public static T AddScaledAndDot<T>(T* y, T f, T* x, T* z, nint count) where T : unmanaged, INumber<T>
    {
        nint width = Vector<T>.Count, i = 0;
        Vector<T> factor = new(f), sums = Vector<T>.Zero;
        for (; i <= count - width; i += width)
        {
            var value = Load(x + i);
            MultiplyAdd(factor, value, Load(y + i)).Store(y + i);
            sums = MultiplyAdd(value, Load(z + i), sums);
        }

        T sum = Vector.Sum(sums);
        for (; i < count; i++)
        {
            y[i] += f * x[i];
            sum += x[i] * z[i];
        }

        return sum;
    }

    /// <summary>x ← factor·x.</summary>
    public static void Scale<T>(T* x, T factor, nint count) where T : unmanaged, INumber<T>
    {
        nint width = Vector<T>.Count, i = 0;
        var f = new Vector<T>(factor);
        for (; i <= count - width; i += width) (f * Load(x + i)).Store(x + i);
        for (; i < count; i++) x[i] *= factor;
    }

    /// <summary>A plane rotation: (x, y) ← (c·x + s·y, c·y − s·x).</summary>
    public static void Rotate<T>(T* x, T* y, T c, T s, nint count) where T : unmanaged, INumber<T>
    {
        nint width = Vector<T>.Count, i = 0;
        Vector<T> cosine = new(c), sine = new(s);
        for (; i <= count - width; i += width)
        {
            Vector<T> a = Load(x + i), b = Load(y + i);
            MultiplyAdd(cosine, a, sine * b).Store(x + i);
            MultiplyAdd(cosine, b, -(sine * a)).Store(y + i);
        }

        for (; i < count; i++)
        {
            T a = x[i], b = y[i];
            x[i] = (c * a) + (s * b);
            y[i] = (c * b) - (s * a);
        }
    }

    /// <summary>Exchanges x and y.</summary>
    public static void Swap<T>(T* x, T* y, nint count) where T : unmanaged
    {
        nint width = Vector<T>.Count, i = 0;
        for (; i <= count - width; i += width)
        {
            Vector<T> a = Load(x + i), b = Load(y + i);
            b.Store(x + i);
            a.Store(y + i);
        }

        for (; i < count; i++) (x[i], y[i]) = (y[i], x[i]);
    }

    /// <summary>y ← x.</summary>
    public static void Copy<T>(T* x, T* y, nint count) where T : unmanaged =>
        Buffer.MemoryCopy(x, y, count * sizeof(T), count * sizeof(T));

    /// <summary>x ← 0.</summary>
    public static void Clear<T>(T* x, nint count) where T : unmanaged => new Span<T>(x, checked((int)count)).Clear();

    /// <summary>y[columns, rows] ← the transpose of x[rows, columns], contiguous both, in tiles that stay in the cache.</summary>
    public static void Transpose<T>(T* x, nint rows, nint columns, T* y) where T : unmanaged
    {
        const int Tile = 16;
        for (nint row = 0; row < rows; row += Tile)
            for (nint column = 0; column < columns; column += Tile)
                for (nint i = row; i < Math.Min(row + Tile, rows); i++)
                    for (nint j = column; j < Math.Min(column + Tile, columns); j++)
                        y[(j * rows) + i] = x[(i * columns) + j];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Load<T>(T* x) where T : unmanaged => Vector.Load(x);

    /// <summary>a·b + c, fused where the processor can.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> MultiplyAdd<T>(Vector<T> a, Vector<T> b, Vector<T> c) where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            return Vector.MultiplyAddEstimate(a.As<T, double>(), b.As<T, double>(), c.As<T, double>()).As<double, T>();
        if (typeof(T) == typeof(float))
            return Vector.MultiplyAddEstimate(a.As<T, float>(), b.As<T, float>(), c.As<T, float>()).As<float, T>();
        return (a * b) + c;
    }
}
