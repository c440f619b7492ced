using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Gradient.Core;

public sealed partial class Tensor
{
    /// <summary>A contiguous tensor with a copy of the values, in row-major order.</summary>
    /// <exception cref="ShapeMismatchException">The shape has another number of elements.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, in Shape shape, Device device) where T : unmanaged
    {
        if (values.Length != shape.ElementCount)
            throw new ShapeMismatchException($"{values.Length} values cannot fill shape {shape}, which has {shape.ElementCount} elements.");
        var tensor = Empty(shape, DTypes.Of<T>(), device);
        tensor.Backend.Upload(MemoryMarshal.AsBytes(values), tensor.Storage, 0);
        return tensor;
    }

    /// <summary>
    /// A tensor over the values themselves, without a copy: what one changes the other sees. The memory stays pinned while the
    /// tensor lives. CPU only.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The shape has another number of elements.</exception>
    /// <exception cref="UnsupportedOperationException">The device is not the CPU.</exception>
    public static unsafe Tensor Wrap<T>(Memory<T> values, in Shape shape, Device device) where T : unmanaged
    {
        if (values.Length != shape.ElementCount)
            throw new ShapeMismatchException($"{values.Length} values cannot be seen as shape {shape}, which has {shape.ElementCount} elements.");
        var dtype = DTypes.Of<T>();
        MemoryHandle pin = values.Pin();
        try
        {
            var storage = new Storage(device, (nint)pin.Pointer, (long)values.Length * dtype.Size(), new Pin(pin));
            return new(storage, Layout.Contiguous(shape), dtype, addReference: false);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The elements in the device's memory, after synchronization. Valid while the tensor is alive: keep it in a variable
    /// that is used afterwards (<see cref="GC.KeepAlive"/>). Who writes through it does so unseen by the tape.
    /// </summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>.</exception>
    /// <exception cref="UnsupportedOperationException">Not contiguous, too many for a span, or not visible to the host.</exception>
    public unsafe Span<T> AsSpan<T>() where T : unmanaged
    {
        if (!IsContiguous)
            throw new UnsupportedOperationException($"A span needs contiguous elements, but the layout is {layout}; call Contiguous first.");
        if (ElementCount > int.MaxValue)
            throw new UnsupportedOperationException($"A span holds at most {int.MaxValue:N0} elements, but shape {Shape} has more; slice it.");
        return new(HostPointer<T>(), (int)ElementCount);
    }

    /// <summary>
    /// The elements in the device's memory with shape and strides, after synchronization, for System.Numerics.Tensors. Valid
    /// while the tensor is alive, as with <see cref="AsSpan"/>.
    /// </summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>.</exception>
    /// <exception cref="UnsupportedOperationException">A stride is negative, or the host does not see the memory.</exception>
    public unsafe TensorSpan<T> AsTensorSpan<T>() where T : unmanaged
    {
        Span<nint> lengths = stackalloc nint[Rank], strides = stackalloc nint[Rank];
        for (int i = 0; i < Rank; i++)
        {
            lengths[i] = (nint)Shape[i];
            // TensorSpan wants stride 0 exactly where neighbours coincide.
            strides[i] = Shape[i] <= 1 ? 0 : (nint)layout.Stride(i);
            if (strides[i] < 0)
                throw new UnsupportedOperationException($"TensorSpan has no negative strides, but the layout is {layout}; call Copy first.");
        }

        if (Rank == 0) return new((T*)HostPointer<T>(), 1);
        var (_, last) = layout.Bounds;
        return new((T*)HostPointer<T>(), (nint)(last + 1 - layout.Offset), lengths, strides);
    }

    /// <summary>The elements in row-major order.</summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>; convert with To first.</exception>
    public T[] ToArray<T>() where T : unmanaged
    {
        CheckType<T>();
        var array = new T[ElementCount];
        var local = Contiguous();
        local.Backend.Download(local.Storage, local.layout.Offset * DType.Size(), MemoryMarshal.AsBytes(array.AsSpan()));
        return array;
    }

    /// <summary>The only element of a tensor that has one.</summary>
    /// <exception cref="ShapeMismatchException">There are none or several.</exception>
    /// <exception cref="DTypeMismatchException">The element is not of type <typeparamref name="T"/>.</exception>
    public T Item<T>() where T : unmanaged
    {
        CheckType<T>();
        if (ElementCount != 1) throw new ShapeMismatchException($"Item needs exactly one element, but shape {Shape} has {ElementCount}.");
        T value = default;
        Backend.Download(Storage, layout.Offset * DType.Size(), MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    private unsafe void* HostPointer<T>() where T : unmanaged
    {
        CheckType<T>();
        var buffer = Storage.Buffer;
        if (buffer.HostAddress == 0)
            throw new UnsupportedOperationException($"The host does not see the memory of device {Device}; use ToArray.");
        Backend.Synchronize();
        return (byte*)buffer.HostAddress + (layout.Offset * DType.Size());
    }

    private void CheckType<T>() where T : unmanaged
    {
        if (DTypes.Of<T>() != DType)
            throw new DTypeMismatchException($"The tensor holds {DType.Name()}, not {DTypes.Of<T>().Name()}; convert it first with To(DType.{DTypes.Of<T>()}).");
    }

    private sealed class Pin(MemoryHandle handle) : IDisposable
    {
        private MemoryHandle handle = handle;

        public void Dispose() => handle.Dispose();
    }
}
