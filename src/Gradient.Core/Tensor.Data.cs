using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Gradient.Core;

public sealed partial class Tensor
{
    /// <summary>A contiguous tensor with a copy of the values, in row-major order.</summary>
    /// <exception cref="ShapeMismatchException">The shape has another number of elements.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, in Shape shape, Device device) where T : unmanaged
    {
        if (values.Length != shape.ElementCount)
            throw new ShapeMismatchException($"{values.Length} values cannot fill shape {shape}, which has {shape.ElementCount} elements.");
        var tensor = Empty(shape, DTypes.Of<T>(), device);
        Upload(values, tensor.Storage);
        return tensor;
    }

    /// <summary>
    /// A tensor over the values themselves, without a copy: what one changes the other sees. The memory stays pinned while the
    /// tensor or a view of it lives. CPU only.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The shape has another number of elements.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    /// <exception cref="UnsupportedOperationException">The device is not the CPU.</exception>
    public static unsafe Tensor Wrap<T>(Memory<T> values, in Shape shape, Device device) where T : unmanaged
    {
        if (values.Length != shape.ElementCount)
            throw new ShapeMismatchException($"{values.Length} values cannot be seen as shape {shape}, which has {shape.ElementCount} elements.");
        var layout = Layout.Contiguous(shape);
        var dtype = DTypes.Of<T>();
        var pin = new Pin(values.Pin());
        Storage storage;
        try
        {
            storage = new(device, pin.Address, (long)values.Length * sizeof(T), pin);
        }
        catch
        {
            pin.Dispose();
            throw;
        }

        return new(layout, dtype, storage);
    }

    /// <summary>
    /// The elements in the device's memory, after synchronization. Valid while the tensor is alive: keep it in a variable
    /// that is used afterwards (<see cref="GC.KeepAlive"/>). Who writes through it does so unseen by the tape.
    /// </summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>.</exception>
    /// <exception cref="UnsupportedOperationException">Not contiguous, too many for a span, or not visible to the host.</exception>
    public unsafe Span<T> AsSpan<T>() where T : unmanaged
    {
        CheckType<T>();
        if (!IsContiguous)
            throw new UnsupportedOperationException($"A span needs contiguous elements, but the layout is {layout}; call Contiguous first.");
        long count = ElementCount;
        if (count > int.MaxValue)
            throw new UnsupportedOperationException($"A span holds at most {int.MaxValue:N0} elements, but shape {Shape} has more; slice it.");
        return count == 0 ? default : new(HostPointer(), (int)count);
    }

    /// <summary>
    /// The elements in the device's memory with shape and strides, after synchronization, for System.Numerics.Tensors. Valid
    /// while the tensor is alive, as with <see cref="AsSpan"/>. A scalar has shape [1] there, which knows no rank 0.
    /// </summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>.</exception>
    /// <exception cref="UnsupportedOperationException">A stride is negative, or the host does not see the memory.</exception>
    public unsafe TensorSpan<T> AsTensorSpan<T>() where T : unmanaged
    {
        CheckType<T>();
        Span<nint> lengths = stackalloc nint[Rank], strides = stackalloc nint[Rank];
        for (int i = 0; i < Rank; i++)
        {
            lengths[i] = (nint)Shape[i];
            // TensorSpan wants stride 0 exactly where neighbours coincide.
            strides[i] = Shape[i] <= 1 ? 0 : (nint)layout.Stride(i);
            if (strides[i] < 0)
                throw new UnsupportedOperationException($"TensorSpan has no negative strides, but the layout is {layout}; call Copy first.");
        }

        if (Rank == 0) return new((T*)HostPointer(), 1);
        if (Shape.IsEmpty) return new(Array.Empty<T>(), lengths);
        return new((T*)HostPointer(), (nint)(layout.Bounds.Last + 1 - layout.Offset), lengths, strides);
    }

    /// <summary>The elements in row-major order.</summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>; convert with To first.</exception>
    /// <exception cref="UnsupportedOperationException">There are more elements than an array holds.</exception>
    public T[] ToArray<T>() where T : unmanaged
    {
        CheckType<T>();
        if (ElementCount > Array.MaxLength)
            throw new UnsupportedOperationException($"An array holds at most {Array.MaxLength:N0} elements, but shape {Shape} has more; slice it.");
        var array = new T[ElementCount];
        CopyTo<T>(array);
        return array;
    }

    /// <summary>Writes the elements in row-major order to the front of <paramref name="destination"/>.</summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>; convert with To first.</exception>
    /// <exception cref="ShapeMismatchException">The destination is shorter.</exception>
    public void CopyTo<T>(Span<T> destination) where T : unmanaged
    {
        CheckType<T>();
        long count = ElementCount;
        if (destination.Length < count)
            throw new ShapeMismatchException($"{count} elements of shape {Shape} do not fit into a span of {destination.Length}.");
        var local = Contiguous();
        Download(local.Storage, local.layout.Offset * DType.Size(), destination[..(int)count]);
        if (!ReferenceEquals(local, this)) local.Dispose();
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

    private unsafe void* HostPointer()
    {
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

    /// <summary>Holds memory in place until disposed, once.</summary>
    private sealed class Pin : IDisposable
    {
        private MemoryHandle handle;

        public unsafe Pin(MemoryHandle handle)
        {
            this.handle = handle;
            Address = (nint)handle.Pointer;
        }

        public nint Address { get; }

        public void Dispose() => handle.Dispose(); // a MemoryHandle forgets what it let go of
    }
}
