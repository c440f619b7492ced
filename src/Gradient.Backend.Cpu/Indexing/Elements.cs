using System.Numerics;
using System.Numerics.Tensors;
using Gradient.Core;
using Tensor = Gradient.Core.Tensor;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Between the type T in which elements are stored and the type C in which kernels compute: float for Float16 and BFloat16,
/// long for Int32 and Bool, the type itself otherwise. The type tests are constants for the compiler.
/// </summary>
internal static unsafe class Elements
{
    /// <summary>An element as a number to compute with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static C Load<T, C>(T value) where T : unmanaged where C : unmanaged
    {
        if (typeof(T) == typeof(C)) return Unsafe.BitCast<T, C>(value);
        if (typeof(C) == typeof(float))
        {
            if (typeof(T) == typeof(Half)) return Unsafe.BitCast<float, C>((float)Unsafe.BitCast<T, Half>(value));
            if (typeof(T) == typeof(BFloat16)) return Unsafe.BitCast<float, C>(Unsafe.BitCast<T, BFloat16>(value));
        }

        if (typeof(C) == typeof(long))
        {
            if (typeof(T) == typeof(int)) return Unsafe.BitCast<long, C>(Unsafe.BitCast<T, int>(value));
            if (typeof(T) == typeof(byte)) return Unsafe.BitCast<long, C>(Unsafe.BitCast<T, byte>(value));
        }

        throw Unrelated<T, C>();
    }

    /// <summary>A number as an element, rounded to nearest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Store<T, C>(C value) where T : unmanaged where C : unmanaged
    {
        if (typeof(T) == typeof(C)) return Unsafe.BitCast<C, T>(value);
        if (typeof(C) == typeof(float))
        {
            float x = Unsafe.BitCast<C, float>(value);
            if (typeof(T) == typeof(Half)) return Unsafe.BitCast<Half, T>((Half)x);
            if (typeof(T) == typeof(BFloat16)) return Unsafe.BitCast<BFloat16, T>((BFloat16)x);
        }

        if (typeof(C) == typeof(double))
        {
            double x = Unsafe.BitCast<C, double>(value);
            if (typeof(T) == typeof(float)) return Unsafe.BitCast<float, T>((float)x);
            if (typeof(T) == typeof(Half)) return Unsafe.BitCast<Half, T>((Half)(float)x);
            if (typeof(T) == typeof(BFloat16)) return Unsafe.BitCast<BFloat16, T>((BFloat16)(float)x);
        }

        if (typeof(C) == typeof(long))
        {
            long x = Unsafe.BitCast<C, long>(value);
            if (typeof(T) == typeof(int)) return Unsafe.BitCast<int, T>((int)x);
            if (typeof(T) == typeof(byte)) return Unsafe.BitCast<byte, T>((byte)(x != 0 ? 1 : 0));
        }

        throw Unrelated<T, C>();
    }

    /// <summary>Elements at a stride as contiguous numbers: where they are if that is what they are, else in scratch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static C* Line<T, C>(T* source, long stride, long count, C* scratch) where T : unmanaged where C : unmanaged
    {
        if (typeof(T) == typeof(C) && (stride == 1 || count <= 1)) return (C*)source;
        Read(source, stride, count, scratch);
        return scratch;
    }

    /// <summary>Where to compute a line that goes to a destination: there, if it is contiguous and of type C, else scratch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static C* Target<T, C>(T* destination, long stride, long count, C* scratch) where T : unmanaged where C : unmanaged =>
        typeof(T) == typeof(C) && (stride == 1 || count <= 1) ? (C*)destination : scratch;

    /// <summary>Writes what was computed in <see cref="Target"/>, if it is not there already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish<T, C>(C* target, T* destination, long stride, long count) where T : unmanaged where C : unmanaged
    {
        if ((void*)target != destination) Write(target, destination, stride, count);
    }

    /// <summary>Elements at a stride to contiguous numbers.</summary>
    public static void Read<T, C>(T* source, long stride, long count, C* destination) where T : unmanaged where C : unmanaged
    {
        if (stride == 1)
        {
            if (typeof(T) == typeof(C))
            {
                Buffer.MemoryCopy(source, destination, count * sizeof(C), count * sizeof(C));
                return;
            }

            if (typeof(T) == typeof(Half) && count <= int.MaxValue)
            {
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, (int)count), new Span<float>(destination, (int)count));
                return;
            }

            if (typeof(T) == typeof(BFloat16))
            {
                WidenBFloat16((ushort*)source, (uint*)destination, count);
                return;
            }
        }

        for (long i = 0; i < count; i++) destination[i] = Load<T, C>(source[i * stride]);
    }

    /// <summary>Contiguous numbers to elements at a stride.</summary>
    public static void Write<T, C>(C* source, T* destination, long stride, long count) where T : unmanaged where C : unmanaged
    {
        if (stride == 1)
        {
            if (typeof(T) == typeof(C))
            {
                Buffer.MemoryCopy(source, destination, count * sizeof(C), count * sizeof(C));
                return;
            }

            if (typeof(T) == typeof(Half) && typeof(C) == typeof(float) && count <= int.MaxValue)
            {
                TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(source, (int)count), new Span<Half>(destination, (int)count));
                return;
            }

            if (typeof(T) == typeof(BFloat16) && typeof(C) == typeof(float))
            {
                NarrowBFloat16((uint*)source, (ushort*)destination, count);
                return;
            }
        }

        for (long i = 0; i < count; i++) destination[i * stride] = Store<T, C>(source[i]);
    }

    /// <summary>The address of a tensor's first element, for a type of its size.</summary>
    public static T* Pointer<T>(Tensor tensor) where T : unmanaged =>
        (T*)tensor.Storage.Buffer.HostAddress + tensor.Layout.Offset;

    /// <summary>The same for a tensor that may be missing.</summary>
    public static T* PointerOrNull<T>(Tensor? tensor) where T : unmanaged => tensor is null ? null : Pointer<T>(tensor);

    private static void WidenBFloat16(ushort* source, uint* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(Vector.Load(source + i), out var low, out var high);
            Vector.Store(Vector.ShiftLeft(low, 16), destination + i);
            Vector.Store(Vector.ShiftLeft(high, 16), destination + i + Vector<uint>.Count);
        }

        for (; i < count; i++) destination[i] = (uint)source[i] << 16;
    }

    private static void NarrowBFloat16(uint* source, ushort* destination, long count)
    {
        long i = 0;
        for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
            Vector.Store(Vector.Narrow(RoundBFloat16(Vector.Load(source + i)), RoundBFloat16(Vector.Load(source + i + Vector<uint>.Count))), destination + i);
        for (; i < count; i++) destination[i] = BFloat16.ToBits((BFloat16)BitConverter.UInt32BitsToSingle(source[i]));
    }

    /// <summary>To nearest, ties to even, as the conversion of <see cref="BFloat16"/> does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<uint> RoundBFloat16(Vector<uint> raw)
    {
        var high = Vector.ShiftRightLogical(raw, 16);
        var rounded = Vector.ShiftRightLogical(raw + new Vector<uint>(0x7FFF) + (high & Vector<uint>.One), 16);
        var isNaN = Vector.GreaterThan(raw & new Vector<uint>(0x7FFFFFFF), new Vector<uint>(0x7F800000));
        return Vector.ConditionalSelect(isNaN, high | new Vector<uint>(0x40), rounded);
    }

    private static InvalidOperationException Unrelated<T, C>() =>
        new($"No kernel stores {typeof(T).Name} and computes in {typeof(C).Name}.");
}
