using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
namespace Gradient.Backend.Cpu;

/// <summary>Vectors of 128 bits: NEON, SSE; also what runs where there is no vector hardware.</summary>
internal readonly unsafe struct Simd128<T> : ISimd<Simd128<T>> where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private readonly Vector128<T> v;

    [MethodImpl(Inline)]
    private Simd128(Vector128<T> v) => this.v = v;

    public static int Count
    {
        [MethodImpl(Inline)]
        get => Vector128<T>.Count;
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
    public static Simd128<T> Constant(double value)
    {
        if (typeof(T) == typeof(float)) return new(Vector128.Create((float)value).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector128.Create(value).As<double, T>());
        if (typeof(T) == typeof(int)) return new(Vector128.Create((int)value).As<int, T>());
        if (typeof(T) == typeof(long)) return new(Vector128.Create((long)value).As<long, T>());
        return new(Vector128.Create((byte)value).As<byte, T>());
    }

    [MethodImpl(Inline)]
    public static Simd128<T> Load(void* source) => new(Vector128.Load((T*)source));

    [MethodImpl(Inline)]
    public static void Store(Simd128<T> value, void* destination) => value.v.Store((T*)destination);

    [MethodImpl(Inline)]
    public static Simd128<T> operator +(Simd128<T> a, Simd128<T> b) => new(a.v + b.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator -(Simd128<T> a, Simd128<T> b) => new(a.v - b.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator *(Simd128<T> a, Simd128<T> b) => new(a.v * b.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator /(Simd128<T> a, Simd128<T> b) => new(a.v / b.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator &(Simd128<T> a, Simd128<T> b) => new(a.v & b.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator |(Simd128<T> a, Simd128<T> b) => new(a.v | b.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator ^(Simd128<T> a, Simd128<T> b) => new(a.v ^ b.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator -(Simd128<T> a) => new(-a.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator ~(Simd128<T> a) => new(~a.v);

    [MethodImpl(Inline)]
    public static Simd128<T> operator <(Simd128<T> a, Simd128<T> b) => new(Vector128.LessThan(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> operator >(Simd128<T> a, Simd128<T> b) => new(Vector128.GreaterThan(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> operator <=(Simd128<T> a, Simd128<T> b) => new(Vector128.LessThanOrEqual(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> operator >=(Simd128<T> a, Simd128<T> b) => new(Vector128.GreaterThanOrEqual(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> Same(Simd128<T> a, Simd128<T> b) => new(Vector128.Equals(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> Select(Simd128<T> mask, Simd128<T> a, Simd128<T> b) => new(Vector128.ConditionalSelect(mask.v, a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> MultiplyAdd(Simd128<T> a, Simd128<T> b, Simd128<T> c)
    {
        if (typeof(T) == typeof(float))
            return new(Vector128.FusedMultiplyAdd(a.v.As<T, float>(), b.v.As<T, float>(), c.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double))
            return new(Vector128.FusedMultiplyAdd(a.v.As<T, double>(), b.v.As<T, double>(), c.v.As<T, double>()).As<double, T>());
        return new((a.v * b.v) + c.v);
    }

    [MethodImpl(Inline)]
    public static Simd128<T> Min(Simd128<T> a, Simd128<T> b) => new(Vector128.Min(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> Max(Simd128<T> a, Simd128<T> b) => new(Vector128.Max(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd128<T> AtMost(Simd128<T> x, Simd128<T> bound) => new(Vector128.MinNative(bound.v, x.v)); // the second where either is NaN

    [MethodImpl(Inline)]
    public static Simd128<T> AtLeast(Simd128<T> x, Simd128<T> bound) => new(Vector128.MaxNative(bound.v, x.v));

    [MethodImpl(Inline)]
    public static Simd128<T> Abs(Simd128<T> a) => new(Vector128.Abs(a.v));

    [MethodImpl(Inline)]
    public static Simd128<T> Sqrt(Simd128<T> a) => new(Vector128.Sqrt(a.v));

    [MethodImpl(Inline)]
    public static Simd128<T> Floor(Simd128<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector128.Floor(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector128.Floor(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd128<T> Ceiling(Simd128<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector128.Ceiling(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector128.Ceiling(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd128<T> Round(Simd128<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector128.Round(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector128.Round(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd128<T> Truncate(Simd128<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector128.Truncate(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector128.Truncate(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd128<T> ScaleOnePlus(Simd128<T> p, Simd128<T> n)
    {
        // Two factors, since one power of two does not reach from the largest number to the denormal ones: n, twice biased, is
        // halved as an integer. What the addition leaves above it falls out on the left.
        if (typeof(T) == typeof(float))
        {
            var bits = (n.v.As<T, float>() + Vector128.Create(12582912f + 254)).As<float, int>();
            var half = Vector128.ShiftRightLogical(bits, 1);
            Simd128<T> first = new(Vector128.ShiftLeft(half, 23).As<int, T>()), second = new(Vector128.ShiftLeft(bits - half, 23).As<int, T>());
            return MultiplyAdd(p, first, first) * second;
        }
        else
        {
            var bits = (n.v.As<T, double>() + Vector128.Create(6755399441055744.0 + 2046)).As<double, long>();
            var half = Vector128.ShiftRightLogical(bits, 1);
            Simd128<T> first = new(Vector128.ShiftLeft(half, 52).As<long, T>()), second = new(Vector128.ShiftLeft(bits - half, 52).As<long, T>());
            return MultiplyAdd(p, first, first) * second;
        }
    }

    [MethodImpl(Inline)]
    public static Simd128<T> PowerOfTwo(Simd128<T> n, int offset)
    {
        // From its bits: adding 2^(bits of the fraction)·1.5 puts n in the low ones.
        if (typeof(T) == typeof(float))
        {
            var bits = (n.v.As<T, float>() + Vector128.Create(12582912f + 127 + offset)).As<float, int>();
            return new(Vector128.ShiftLeft(bits, 23).As<int, T>());
        }
        else
        {
            var bits = (n.v.As<T, double>() + Vector128.Create(6755399441055744.0 + 1023 + offset)).As<double, long>();
            return new(Vector128.ShiftLeft(bits, 52).As<long, T>());
        }
    }

    [MethodImpl(Inline)]
    public static Simd128<T> Split(Simd128<T> x, out Simd128<T> exponent)
    {
        // Subtracting the bits of √½ makes the exponent field count from there.
        if (typeof(T) == typeof(float))
        {
            const int Root = 0x3F3504F3;
            var bits = x.v.As<T, int>() - Vector128.Create(Root);
            var power = Vector128.ShiftRightArithmetic(bits, 23);
            exponent = new(Vector128.ConvertToSingle(power).As<float, T>());
            return new(((bits & Vector128.Create(0x007FFFFF)) + Vector128.Create(Root)).As<int, T>());
        }
        else
        {
            const long Root = 0x3FE6A09E667F3BCD;
            var bits = x.v.As<T, long>() - Vector128.Create(Root);
            // The exponent, biased to be positive, in the low bits of 2⁵²: a conversion that every processor has.
            var power = Vector128.ShiftRightLogical((bits + Vector128.Create(0x4000000000000000)).As<long, ulong>(), 52);
            var number = (power | Vector128.Create(0x4330000000000000UL)).As<ulong, double>() - Vector128.Create(4503599627370496.0 + 1024);
            exponent = new(number.As<double, T>());
            return new(((bits & Vector128.Create(0x000FFFFFFFFFFFFF)) + Vector128.Create(Root)).As<long, T>());
        }
    }

    [MethodImpl(Inline)]
    public static bool Any(Simd128<T> mask) => !Vector128.EqualsAll(mask.v.AsByte(), Vector128<byte>.Zero);

    [MethodImpl(Inline)]
    public static Simd128<T> InDouble<F>(Simd128<T> a, Simd128<T> b) where F : struct, IBinaryOperator
    {
        if (typeof(T) != typeof(float)) return F.Apply(a, b, default, default);
        var (lowA, highA) = Vector128.Widen(a.v.As<T, float>());
        var (lowB, highB) = Vector128.Widen(b.v.As<T, float>());
        var low = F.Apply<Simd128<double>>(new(lowA), new(lowB), default, default);
        var high = F.Apply<Simd128<double>>(new(highA), new(highB), default, default);
        return new(Vector128.Narrow(low.v, high.v).As<float, T>());
    }

    public static Simd128<T> Map<F>(Simd128<T> a) where F : struct, IScalarFunction
    {
        if (typeof(T) == typeof(float))
        {
            float* lanes = (float*)&a;
            for (int i = 0; i < Vector128<T>.Count; i++) lanes[i] = (float)F.Apply(lanes[i]);
        }
        else
        {
            double* lanes = (double*)&a;
            for (int i = 0; i < Vector128<T>.Count; i++) lanes[i] = F.Apply(lanes[i]);
        }

        return a;
    }

    public static Simd128<T> Map2<F>(Simd128<T> a, Simd128<T> b) where F : struct, IScalarFunction2
    {
        if (typeof(T) == typeof(float))
        {
            float* lanes = (float*)&a, others = (float*)&b;
            for (int i = 0; i < Vector128<T>.Count; i++) lanes[i] = (float)F.Apply(lanes[i], others[i]);
        }
        else
        {
            double* lanes = (double*)&a, others = (double*)&b;
            for (int i = 0; i < Vector128<T>.Count; i++) lanes[i] = F.Apply(lanes[i], others[i]);
        }

        return a;
    }
}
