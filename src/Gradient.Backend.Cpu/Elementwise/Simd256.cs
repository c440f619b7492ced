using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
namespace Gradient.Backend.Cpu;

/// <summary>Vectors of 256 bits: AVX2.</summary>
internal readonly unsafe struct Simd256<T> : ISimd<Simd256<T>> where T : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private readonly Vector256<T> v;

    [MethodImpl(Inline)]
    private Simd256(Vector256<T> v) => this.v = v;

    public static int Count
    {
        [MethodImpl(Inline)]
        get => Vector256<T>.Count;
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
    public static Simd256<T> Constant(double value)
    {
        if (typeof(T) == typeof(float)) return new(Vector256.Create((float)value).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector256.Create(value).As<double, T>());
        if (typeof(T) == typeof(int)) return new(Vector256.Create((int)value).As<int, T>());
        if (typeof(T) == typeof(long)) return new(Vector256.Create((long)value).As<long, T>());
        return new(Vector256.Create((byte)value).As<byte, T>());
    }

    [MethodImpl(Inline)]
    public static Simd256<T> Load(void* source) => new(Vector256.Load((T*)source));

    [MethodImpl(Inline)]
    public static void Store(Simd256<T> value, void* destination) => value.v.Store((T*)destination);

    [MethodImpl(Inline)]
    public static Simd256<T> operator +(Simd256<T> a, Simd256<T> b) => new(a.v + b.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator -(Simd256<T> a, Simd256<T> b) => new(a.v - b.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator *(Simd256<T> a, Simd256<T> b) => new(a.v * b.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator /(Simd256<T> a, Simd256<T> b) => new(a.v / b.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator &(Simd256<T> a, Simd256<T> b) => new(a.v & b.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator |(Simd256<T> a, Simd256<T> b) => new(a.v | b.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator ^(Simd256<T> a, Simd256<T> b) => new(a.v ^ b.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator -(Simd256<T> a) => new(-a.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator ~(Simd256<T> a) => new(~a.v);

    [MethodImpl(Inline)]
    public static Simd256<T> operator <(Simd256<T> a, Simd256<T> b) => new(Vector256.LessThan(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> operator >(Simd256<T> a, Simd256<T> b) => new(Vector256.GreaterThan(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> operator <=(Simd256<T> a, Simd256<T> b) => new(Vector256.LessThanOrEqual(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> operator >=(Simd256<T> a, Simd256<T> b) => new(Vector256.GreaterThanOrEqual(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> Same(Simd256<T> a, Simd256<T> b) => new(Vector256.Equals(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> Select(Simd256<T> mask, Simd256<T> a, Simd256<T> b) => new(Vector256.ConditionalSelect(mask.v, a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> MultiplyAdd(Simd256<T> a, Simd256<T> b, Simd256<T> c)
    {
        if (typeof(T) == typeof(float))
            return new(Vector256.FusedMultiplyAdd(a.v.As<T, float>(), b.v.As<T, float>(), c.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double))
            return new(Vector256.FusedMultiplyAdd(a.v.As<T, double>(), b.v.As<T, double>(), c.v.As<T, double>()).As<double, T>());
        return new((a.v * b.v) + c.v);
    }

    [MethodImpl(Inline)]
    public static Simd256<T> Min(Simd256<T> a, Simd256<T> b) => new(Vector256.Min(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> Max(Simd256<T> a, Simd256<T> b) => new(Vector256.Max(a.v, b.v));

    [MethodImpl(Inline)]
    public static Simd256<T> AtMost(Simd256<T> x, Simd256<T> bound) => new(Vector256.MinNative(bound.v, x.v)); // the second where either is NaN

    [MethodImpl(Inline)]
    public static Simd256<T> AtLeast(Simd256<T> x, Simd256<T> bound) => new(Vector256.MaxNative(bound.v, x.v));

    [MethodImpl(Inline)]
    public static Simd256<T> Abs(Simd256<T> a) => new(Vector256.Abs(a.v));

    [MethodImpl(Inline)]
    public static Simd256<T> Sqrt(Simd256<T> a) => new(Vector256.Sqrt(a.v));

    [MethodImpl(Inline)]
    public static Simd256<T> Floor(Simd256<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector256.Floor(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector256.Floor(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd256<T> Ceiling(Simd256<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector256.Ceiling(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector256.Ceiling(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd256<T> Round(Simd256<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector256.Round(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector256.Round(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd256<T> Truncate(Simd256<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector256.Truncate(a.v.As<T, float>()).As<float, T>());
        if (typeof(T) == typeof(double)) return new(Vector256.Truncate(a.v.As<T, double>()).As<double, T>());
        return a;
    }

    [MethodImpl(Inline)]
    public static Simd256<T> ScaleOnePlus(Simd256<T> p, Simd256<T> n)
    {
        // Two factors, since one power of two does not reach from the largest number to the denormal ones: n, twice biased, is
        // halved as an integer. What the addition leaves above it falls out on the left.
        if (typeof(T) == typeof(float))
        {
            var bits = (n.v.As<T, float>() + Vector256.Create(12582912f + 254)).As<float, int>();
            var half = Vector256.ShiftRightLogical(bits, 1);
            Simd256<T> first = new(Vector256.ShiftLeft(half, 23).As<int, T>()), second = new(Vector256.ShiftLeft(bits - half, 23).As<int, T>());
            return MultiplyAdd(p, first, first) * second;
        }
        else
        {
            var bits = (n.v.As<T, double>() + Vector256.Create(6755399441055744.0 + 2046)).As<double, long>();
            var half = Vector256.ShiftRightLogical(bits, 1);
            Simd256<T> first = new(Vector256.ShiftLeft(half, 52).As<long, T>()), second = new(Vector256.ShiftLeft(bits - half, 52).As<long, T>());
            return MultiplyAdd(p, first, first) * second;
        }
    }

    [MethodImpl(Inline)]
    public static Simd256<T> PowerOfTwo(Simd256<T> n, int offset)
    {
        // From its bits: adding 2^(bits of the fraction)·1.5 puts n in the low ones.
        if (typeof(T) == typeof(float))
        {
            var bits = (n.v.As<T, float>() + Vector256.Create(12582912f + 127 + offset)).As<float, int>();
            return new(Vector256.ShiftLeft(bits, 23).As<int, T>());
        }
        else
        {
            var bits = (n.v.As<T, double>() + Vector256.Create(6755399441055744.0 + 1023 + offset)).As<double, long>();
            return new(Vector256.ShiftLeft(bits, 52).As<long, T>());
        }
    }

    [MethodImpl(Inline)]
    public static Simd256<T> Split(Simd256<T> x, out Simd256<T> exponent)
    {
        // Subtracting the bits of √½ makes the exponent field count from there.
        if (typeof(T) == typeof(float))
        {
            const int Root = 0x3F3504F3;
            var bits = x.v.As<T, int>() - Vector256.Create(Root);
            var power = Vector256.ShiftRightArithmetic(bits, 23);
            exponent = new(Vector256.ConvertToSingle(power).As<float, T>());
            return new(((bits & Vector256.Create(0x007FFFFF)) + Vector256.Create(Root)).As<int, T>());
        }
        else
        {
            const long Root = 0x3FE6A09E667F3BCD;
            var bits = x.v.As<T, long>() - Vector256.Create(Root);
            // The exponent, biased to be positive, in the low bits of 2⁵²: a conversion that every processor has.
            var power = Vector256.ShiftRightLogical((bits + Vector256.Create(0x4000000000000000)).As<long, ulong>(), 52);
            var number = (power | Vector256.Create(0x4330000000000000UL)).As<ulong, double>() - Vector256.Create(4503599627370496.0 + 1024);
            exponent = new(number.As<double, T>());
            return new(((bits & Vector256.Create(0x000FFFFFFFFFFFFF)) + Vector256.Create(Root)).As<long, T>());
        }
    }

    [MethodImpl(Inline)]
    public static bool Any(Simd256<T> mask) => !Vector256.EqualsAll(mask.v.AsByte(), Vector256<byte>.Zero);

    [MethodImpl(Inline)]
    public static Simd256<T> InDouble<F>(Simd256<T> a, Simd256<T> b) where F : struct, IBinaryOperator
    {
        if (typeof(T) != typeof(float)) return F.Apply(a, b, default, default);
        var (lowA, highA) = Vector256.Widen(a.v.As<T, float>());
        var (lowB, highB) = Vector256.Widen(b.v.As<T, float>());
        var low = F.Apply<Simd256<double>>(new(lowA), new(lowB), default, default);
        var high = F.Apply<Simd256<double>>(new(highA), new(highB), default, default);
        return new(Vector256.Narrow(low.v, high.v).As<float, T>());
    }

    public static Simd256<T> Map<F>(Simd256<T> a) where F : struct, IScalarFunction
    {
        if (typeof(T) == typeof(float))
        {
            float* lanes = (float*)&a;
            for (int i = 0; i < Vector256<T>.Count; i++) lanes[i] = (float)F.Apply(lanes[i]);
        }
        else
        {
            double* lanes = (double*)&a;
            for (int i = 0; i < Vector256<T>.Count; i++) lanes[i] = F.Apply(lanes[i]);
        }

        return a;
    }

    public static Simd256<T> Map2<F>(Simd256<T> a, Simd256<T> b) where F : struct, IScalarFunction2
    {
        if (typeof(T) == typeof(float))
        {
            float* lanes = (float*)&a, others = (float*)&b;
            for (int i = 0; i < Vector256<T>.Count; i++) lanes[i] = (float)F.Apply(lanes[i], others[i]);
        }
        else
        {
            double* lanes = (double*)&a, others = (double*)&b;
            for (int i = 0; i < Vector256<T>.Count; i++) lanes[i] = F.Apply(lanes[i], others[i]);
        }

        return a;
    }
}
