using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
namespace Gradient.Backend.Cpu;

/// <summary>Vectors of 512 bits: AVX-512.</summary>
internal readonly unsafe struct Simd512<T> : ISimd<Simd512<T>> where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private readonly Vector512<T> v;

    [MethodImpl(Inline)]
    private Simd512(Vector512<T> v) => this.v = v;

    public static int Count
    {
        [MethodImpl(Inline)]
        get => Vector512<T>.Count;
    }

    public static bool IsDouble
    {
        [MethodImpl(Inline)]
        get => typeof(T) == typeof(double);
    }

    public static bool IsFloatingPoint
    {
        [MethodImpl(Inline)]
        get => typeof(T) == typeof(float) || typeof(T) == typeof(double);
    }

    [MethodImpl(Inline)]
    public static Simd512<T> Constant(double value)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Create((float)value).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector512.Create(value).As<double, T>());
        if (typeof(T) == typeof(int)) return new(Vector512.Create((int)value).As<int, T>());
        if (typeof(T) == typeof(long)) return new(Vector512.Create((long)value).As<long, T>());
        return new(Vector512.Create((byte)value).As<byte, T>());
    }

    [MethodImpl(Inline)]
    public static Simd512<T> Load(void* source) => new(Vector512.Load((T*)source));

    [MethodImpl(Inline)]
    public static void Store(Simd512<T> value, void* destination) => value.v.Store((T*)destination);

    [MethodImpl(Inline)]
    public static Simd512<T> operator +(Simd512<T> a, Simd512<T> b) => new(a.v + b.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator -(Simd512<T> a, Simd512<T> b) => new(a.v - b.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator *(Simd512<T> a, Simd512<T> b) => new(a.v * b.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator /(Simd512<T> a, Simd512<T> b) => new(a.v / b.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator &(Simd512<T> a, Simd512<T> b) => new(a.v & b.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator |(Simd512<T> a, Simd512<T> b) => new(a.v | b.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator ^(Simd512<T> a, Simd512<T> b) => new(a.v ^ b.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator -(Simd512<T> a) => new(-a.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator ~(Simd512<T> a) => new(~a.v);

    [MethodImpl(Inline)]
    public static Simd512<T> operator <(Simd512<T> a, Simd512<T> b) => new(Vector512.LessThan(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> operator >(Simd512<T> a, Simd512<T> b) => new(Vector512.GreaterThan(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> operator <=(Simd512<T> a, Simd512<T> b) => new(Vector512.LessThanOrEqual(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> operator >=(Simd512<T> a, Simd512<T> b) => new(Vector512.GreaterThanOrEqual(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> Same(Simd512<T> a, Simd512<T> b) => new(Vector512.Equals(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> Select(Simd512<T> mask, Simd512<T> a, Simd512<T> b) => new(Vector512.ConditionalSelect(mask.v, a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> MultiplyAdd(Simd512<T> a, Simd512<T> b, Simd512<T> c)
    {
        if (typeof(T) == typeof(float))
            return new(Vector512.FusedMultiplyAdd(a.v.As<T, float>(), b.v.As<T, float>(), c.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double))
            return new(Vector512.FusedMultiplyAdd(a.v.As<T, double>(), b.v.As<T, double>(), c.v.As<T, double>()).As<double, T>());
        return new((a.v * b.v) + c.v);
    }

    [MethodImpl(Inline)]
    public static Simd512<T> Min(Simd512<T> a, Simd512<T> b) => new(Vector512.Min(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> Max(Simd512<T> a, Simd512<T> b) => new(Vector512.Max(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd512<T> AtMost(Simd512<T> x, Simd512<T> bound) => new(Vector512.MinNative(bound.v, x.v)); // the second where either is NaN

    [MethodImpl(Inline)]
    public static Simd512<T> AtLeast(Simd512<T> x, Simd512<T> bound) => new(Vector512.MaxNative(bound.v, x.v));

    [MethodImpl(Inline)]
    public static Simd512<T> Abs(Simd512<T> a) => new(Vector512.Abs(a.v));

    [MethodImpl(Inline)]
    public static Simd512<T> Sqrt(Simd512<T> a) => new(Vector512.Sqrt(a.v));

    [MethodImpl(Inline)]
    public static Simd512<T> Floor(Simd512<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Floor(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector512.Floor(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd512<T> Ceiling(Simd512<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Ceiling(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector512.Ceiling(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd512<T> Round(Simd512<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Round(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector512.Round(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd512<T> Truncate(Simd512<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector512.Truncate(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector512.Truncate(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd512<T> ScaleOnePlus(Simd512<T> p, Simd512<T> n)
    {
        if (Avx512F.IsSupported)
        {
            if (typeof(T) == typeof(float)) return new(Avx512F.Scale((p.v + Vector512<T>.One).As<T, float>(), n.v.As<T, float>()).As<float, T>());
            if (typeof(T) == typeof(double)) return new(Avx512F.Scale((p.v + Vector512<T>.One).As<T, double>(), n.v.As<T, double>()).As<double, T>());
        }

        // Two factors, since one power of two does not reach from the largest number to the denormal ones: n, twice biased, is
        // halved as an integer. What the addition leaves above it falls out on the left.
        if (typeof(T) == typeof(float))
        {
            var bits = (n.v.As<T, float>() + Vector512.Create(12582912f + 254)).As<float, int>();
            var half = Vector512.ShiftRightLogical(bits, 1);
            Simd512<T> first = new(Vector512.ShiftLeft(half, 23).As<int, T>()), second = new(Vector512.ShiftLeft(bits - half, 23).As<int, T>());
            return MultiplyAdd(p, first, first) * second;
        }
        else
        {
            var bits = (n.v.As<T, double>() + Vector512.Create(6755399441055744.0 + 2046)).As<double, long>();
            var half = Vector512.ShiftRightLogical(bits, 1);
            Simd512<T> first = new(Vector512.ShiftLeft(half, 52).As<long, T>()), second = new(Vector512.ShiftLeft(bits - half, 52).As<long, T>());
            return MultiplyAdd(p, first, first) * second;
        }
    }

    [MethodImpl(Inline)]
    public static Simd512<T> PowerOfTwo(Simd512<T> n, int offset)
    {
        // From its bits: adding 2^(bits of the fraction)·1.5 puts n in the low ones.
        if (typeof(T) == typeof(float))
        {
            var bits = (n.v.As<T, float>() + Vector512.Create(12582912f + 127 + offset)).As<float, int>();
            return new(Vector512.ShiftLeft(bits, 23).As<int, T>());
        }
        else
        {
            var bits = (n.v.As<T, double>() + Vector512.Create(6755399441055744.0 + 1023 + offset)).As<double, long>();
            return new(Vector512.ShiftLeft(bits, 52).As<long, T>());
        }
    }

    [MethodImpl(Inline)]
    public static Simd512<T> Split(Simd512<T> x, out Simd512<T> exponent)
    {
        // Subtracting the bits of √½ makes the exponent field count from there.
        if (typeof(T) == typeof(float))
        {
            const int Root = 0x3F3504F3;
            var bits = x.v.As<T, int>() - Vector512.Create(Root);
            var power = Vector512.ShiftRightArithmetic(bits, 23);
            exponent = new(Vector512.ConvertToSingle(power).As<float, T>());
            return new(((bits & Vector512.Create(0x007FFFFF)) + Vector512.Create(Root)).As<int, T>());
        }
        else
        {
            const long Root = 0x3FE6A09E667F3BCD;
            var bits = x.v.As<T, long>() - Vector512.Create(Root);
            // The exponent, biased to be positive, in the low bits of 2⁵²: a conversion that every processor has.
            var power = Vector512.ShiftRightLogical((bits + Vector512.Create(0x4000000000000000)).As<long, ulong>(), 52);
            var number = (power | Vector512.Create(0x4330000000000000UL)).As<ulong, double>() - Vector512.Create(4503599627370496.0 + 1024);
            exponent = new(number.As<double, T>());
            return new(((bits & Vector512.Create(0x000FFFFFFFFFFFFF)) + Vector512.Create(Root)).As<long, T>());
        }
    }

    [MethodImpl(Inline)]
    public static bool Any(Simd512<T> mask) => !Vector512.EqualsAll(mask.v.AsByte(), Vector512<byte>.Zero);

    [MethodImpl(Inline)]
    public static Simd512<T> InDouble<F>(Simd512<T> a, Simd512<T> b) where F : struct, IBinaryOperator
    {
        if (typeof(T) != typeof(float)) return F.Apply(a, b, default, default);
        var (lowA, highA) = Vector512.Widen(a.v.As<T, float>());
        var (lowB, highB) = Vector512.Widen(b.v.As<T, float>());
        var low = F.Apply<Simd512<double>>(new(lowA), new(lowB), default, default);
        var high = F.Apply<Simd512<double>>(new(highA), new(highB), default, default);
        return new(Vector512.Narrow(low.v, high.v).As<float, T>());
    }

    public static Simd512<T> Map<F>(Simd512<T> a) where F : struct, IScalarFunction
    {
        if (typeof(T) == typeof(float))
        {
            float* lanes = (float*)&a;
            for (int i = 0; i < Vector512<T>.Count; i++) lanes[i] = (float)F.Apply(lanes[i]);
        }
        else
        {
            double* lanes = (double*)&a;
            for (int i = 0; i < Vector512<T>.Count; i++) lanes[i] = F.Apply(lanes[i]);
        }

        return a;
    }

    public static Simd512<T> Map2<F>(Simd512<T> a, Simd512<T> b) where F : struct, IScalarFunction2
    {
        if (typeof(T) == typeof(float))
        {
            float* lanes = (float*)&a, others = (float*)&b;
            for (int i = 0; i < Vector512<T>.Count; i++) lanes[i] = (float)F.Apply(lanes[i], others[i]);
        }
        else
        {
            double* lanes = (double*)&a, others = (double*)&b;
            for (int i = 0; i < Vector512<T>.Count; i++) lanes[i] = F.Apply(lanes[i], others[i]);
        }

        return a;
    }
}
