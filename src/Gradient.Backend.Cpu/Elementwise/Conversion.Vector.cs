using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>
/// The conversions between contiguous elements that other kernels live on: masks, and the halves. Vectors of 128 bits are what
/// every processor has; memory is the limit.
/// </content>
internal static unsafe partial class Conversion
{
    /// <summary>Converts as many elements from the front as it can, and says how many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Vectorised<TFrom, TTo>(byte* source, byte* destination, long count)
    {
        if (typeof(TFrom) == typeof(Half) && typeof(TTo) == typeof(float)) return HalfToSingle((Half*)source, (float*)destination, count);
        if (typeof(TFrom) == typeof(float) && typeof(TTo) == typeof(Half)) return SingleToHalf((float*)source, (Half*)destination, count);
        if (typeof(TFrom) == typeof(BFloat16) && typeof(TTo) == typeof(float)) return BFloat16ToSingle((ushort*)source, (uint*)destination, count);
        if (typeof(TFrom) == typeof(float) && typeof(TTo) == typeof(BFloat16)) return SingleToBFloat16((uint*)source, (ushort*)destination, count);
        if (typeof(TFrom) == typeof(bool) && typeof(TTo) == typeof(float)) return BoolToSingle(source, (float*)destination, count);
        if (typeof(TFrom) == typeof(float) && typeof(TTo) == typeof(bool)) return SingleToBool((int*)source, destination, count);
        return 0;
    }

    private static long HalfToSingle(Half* source, float* destination, long count)
    {
        int n = (int)Math.Min(count, int.MaxValue);
        TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, n), new(destination, n));
        return n;
    }

    private static long SingleToHalf(float* source, Half* destination, long count)
    {
        int n = (int)Math.Min(count, int.MaxValue);
        TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(source, n), new(destination, n));
        return n;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long BFloat16ToSingle(ushort* source, uint* destination, long count)
    {
        long i = 0;
        for (; i <= count - 8; i += 8)
        {
            var (low, high) = Vector128.Widen(Vector128.Load(source + i));
            (low << 16).Store(destination + i);
            (high << 16).Store(destination + i + 4);
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long SingleToBFloat16(uint* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - 8; i += 8)
            Vector128.Narrow(RoundToUpperHalf(Vector128.Load(source + i)), RoundToUpperHalf(Vector128.Load(source + i + 4))).Store(destination + i);
        return i;
    }

    /// <summary>The upper halves of the bits, rounded to nearest even; NaN stays a quiet NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> RoundToUpperHalf(Vector128<uint> bits)
    {
        var upper = bits >>> 16;
        var rounded = (bits + Vector128.Create(0x7FFFu) + (upper & Vector128<uint>.One)) >>> 16;
        var number = Vector128.Equals(bits.AsSingle(), bits.AsSingle()).AsUInt32();
        return Vector128.ConditionalSelect(number, rounded, upper | Vector128.Create(0x0040u));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long BoolToSingle(byte* source, float* destination, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
        {
            var (low, high) = Vector128.Widen(Vector128.Min(Vector128.Load(source + i), Vector128<byte>.One));
            var (v0, v1) = Vector128.Widen(low);
            var (v2, v3) = Vector128.Widen(high);
            Vector128.ConvertToSingle(v0.AsInt32()).Store(destination + i);
            Vector128.ConvertToSingle(v1.AsInt32()).Store(destination + i + 4);
            Vector128.ConvertToSingle(v2.AsInt32()).Store(destination + i + 8);
            Vector128.ConvertToSingle(v3.AsInt32()).Store(destination + i + 12);
        }

        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long SingleToBool(int* source, byte* destination, long count)
    {
        long i = 0;
        for (; i <= count - 16; i += 16)
        {
            var low = Vector128.Narrow(IsZero(source + i), IsZero(source + i + 4));
            var high = Vector128.Narrow(IsZero(source + i + 8), IsZero(source + i + 12));
            Vector128.AndNot(Vector128<byte>.One, Vector128.Narrow(low, high).AsByte()).Store(destination + i);
        }

        return i;
    }

    /// <summary>Whether numbers are 0 of either sign: no bit but the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> IsZero(int* numbers) => Vector128.Equals(Vector128.Load(numbers) << 1, Vector128<int>.Zero);
}
