using System.Runtime.CompilerServices;
using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Rows of elements copied from one type and stride to another: as C# casts do, but to Bool x ≠ 0, and from floating point to
/// integers saturating, NaN to 0.
/// </summary>
internal static unsafe partial class Conversion
{
    /// <summary>The function (source, source stride, destination, destination stride, count), strides in bytes.</summary>
    public static RowConverter Of(DType from, DType to)
    {
        if (from == to)
        {
            return from.Size() switch
            {
                1 => &Move<byte>,
                2 => &Move<ushort>,
                4 => &Move<uint>,
                _ => &Move<ulong>,
            };
        }

        return from switch
        {
            DType.Float32 => To<float>(to),
            DType.Float64 => To<double>(to),
            DType.Float16 => To<Half>(to),
            DType.BFloat16 => To<BFloat16>(to),
            DType.Int32 => To<int>(to),
            DType.Int64 => To<long>(to),
            DType.Bool => To<bool>(to),
            _ => throw new ArgumentOutOfRangeException(nameof(from), from, "not a DType"),
        };
    }

    /// <summary>One element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TTo Convert<TFrom, TTo>(TFrom x) where TFrom : unmanaged where TTo : unmanaged
    {
        if (typeof(TFrom) == typeof(bool)) return FromInteger<TTo>(Unsafe.BitCast<TFrom, byte>(x) == 0 ? 0 : 1);
        if (typeof(TFrom) == typeof(int)) return FromInteger<TTo>(Unsafe.BitCast<TFrom, int>(x));
        if (typeof(TFrom) == typeof(long)) return FromInteger<TTo>(Unsafe.BitCast<TFrom, long>(x));
        if (typeof(TFrom) == typeof(double)) return FromDouble<TTo>(Unsafe.BitCast<TFrom, double>(x));
        if (typeof(TFrom) == typeof(Half)) return FromSingle<TTo>((float)Unsafe.BitCast<TFrom, Half>(x));
        if (typeof(TFrom) == typeof(BFloat16)) return FromSingle<TTo>(Unsafe.BitCast<TFrom, BFloat16>(x));
        return FromSingle<TTo>(Unsafe.BitCast<TFrom, float>(x));
    }

    private static RowConverter To<TFrom>(DType to) where TFrom : unmanaged => to switch
    {
        DType.Float32 => &Row<TFrom, float>,
        DType.Float64 => &Row<TFrom, double>,
        DType.Float16 => &Row<TFrom, Half>,
        DType.BFloat16 => &Row<TFrom, BFloat16>,
        DType.Int32 => &Row<TFrom, int>,
        DType.Int64 => &Row<TFrom, long>,
        DType.Bool => &Row<TFrom, bool>,
        _ => throw new ArgumentOutOfRangeException(nameof(to), to, "not a DType"),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Move<T>(byte* source, long sourceStride, byte* destination, long destinationStride, long count) where T : unmanaged
    {
        if (sourceStride == sizeof(T) && destinationStride == sizeof(T))
        {
            Buffer.MemoryCopy(source, destination, count * sizeof(T), count * sizeof(T));
            return;
        }

        for (long i = 0; i < count; i++)
        {
            *(T*)destination = *(T*)source;
            source += sourceStride;
            destination += destinationStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<TFrom, TTo>(byte* source, long sourceStride, byte* destination, long destinationStride, long count)
        where TFrom : unmanaged where TTo : unmanaged
    {
        long done = sourceStride == sizeof(TFrom) && destinationStride == sizeof(TTo) ? Vectorised<TFrom, TTo>(source, destination, count) : 0;
        source += done * sourceStride;
        destination += done * destinationStride;
        for (long i = done; i < count; i++)
        {
            *(TTo*)destination = Convert<TFrom, TTo>(*(TFrom*)source);
            source += sourceStride;
            destination += destinationStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TTo FromInteger<TTo>(long x) where TTo : unmanaged
    {
        if (typeof(TTo) == typeof(bool)) return Unsafe.BitCast<bool, TTo>(x != 0);
        if (typeof(TTo) == typeof(int)) return Unsafe.BitCast<int, TTo>(unchecked((int)x));
        if (typeof(TTo) == typeof(long)) return Unsafe.BitCast<long, TTo>(x);
        if (typeof(TTo) == typeof(double)) return Unsafe.BitCast<double, TTo>(x);
        return FromSingle<TTo>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TTo FromDouble<TTo>(double x) where TTo : unmanaged
    {
        if (typeof(TTo) == typeof(bool)) return Unsafe.BitCast<bool, TTo>(x != 0);
        if (typeof(TTo) == typeof(int)) return Unsafe.BitCast<int, TTo>((int)x);
        if (typeof(TTo) == typeof(long)) return Unsafe.BitCast<long, TTo>((long)x);
        if (typeof(TTo) == typeof(double)) return Unsafe.BitCast<double, TTo>(x);
        if (typeof(TTo) == typeof(Half)) return Unsafe.BitCast<Half, TTo>((Half)x);
        return FromSingle<TTo>((float)x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TTo FromSingle<TTo>(float x) where TTo : unmanaged
    {
        if (typeof(TTo) == typeof(bool)) return Unsafe.BitCast<bool, TTo>(x != 0);
        if (typeof(TTo) == typeof(int)) return Unsafe.BitCast<int, TTo>((int)x);
        if (typeof(TTo) == typeof(long)) return Unsafe.BitCast<long, TTo>((long)x);
        if (typeof(TTo) == typeof(double)) return Unsafe.BitCast<double, TTo>(x);
        if (typeof(TTo) == typeof(Half)) return Unsafe.BitCast<Half, TTo>((Half)x);
        if (typeof(TTo) == typeof(BFloat16)) return Unsafe.BitCast<BFloat16, TTo>((BFloat16)x);
        return Unsafe.BitCast<float, TTo>(x);
    }
}
