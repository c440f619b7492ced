using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Numerics = System.Numerics.Tensors;

namespace Gradient.Core;

public sealed partial class Tensor
{
    /// <summary>A tensor [length] with a copy of the values.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(T[] values, Device device) where T : unmanaged => From<T>(values, [values.Length], device);

    /// <summary>A tensor [rows, columns] with a copy of the values.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(T[,] values, Device device) where T : unmanaged => FromArray<T>(values, device);

    /// <summary>A tensor of rank 3 with a copy of the values.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(T[,,] values, Device device) where T : unmanaged => FromArray<T>(values, device);

    /// <summary>A tensor of rank 4 with a copy of the values.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(T[,,,] values, Device device) where T : unmanaged => FromArray<T>(values, device);

    /// <summary>A contiguous tensor with a copy of the values, of the same lengths.</summary>
    /// <exception cref="ShapeMismatchException">The rank is above <see cref="Shape.MaxRank"/>.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(in ReadOnlyTensorSpan<T> values, Device device) where T : unmanaged
    {
        Span<long> lengths = stackalloc long[values.Rank];
        for (int i = 0; i < lengths.Length; i++) lengths[i] = values.Lengths[i];
        Shape shape = values.Rank == 0 ? [values.FlattenedLength] : new(lengths); // a default span has no axes and no elements
        if (values.IsEmpty) return Empty(shape, DTypes.Of<T>(), device);
        if (values.IsDense && values.FlattenedLength <= int.MaxValue)
        {
            var all = MemoryMarshal.CreateReadOnlySpan(in values.GetPinnableReference(), (int)values.FlattenedLength);
            return From(all, shape, device);
        }

        var flat = new T[values.FlattenedLength];
        values.FlattenTo(flat);
        return From<T>(flat, shape, device);
    }

    /// <summary>A contiguous tensor with a copy of the values, of the same lengths.</summary>
    /// <exception cref="ShapeMismatchException">The rank is above <see cref="Shape.MaxRank"/>.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static Tensor From<T>(Numerics.Tensor<T> values, Device device) where T : unmanaged =>
        From(values.AsReadOnlyTensorSpan(), device);

    /// <summary>
    /// A tensor over the memory of a <see cref="Numerics.Tensor{T}"/>, without a copy: shape and strides as there, and what one
    /// changes the other sees. The memory stays pinned while the tensor or a view of it lives. CPU only.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The rank is above <see cref="Shape.MaxRank"/>.</exception>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    /// <exception cref="UnsupportedOperationException">The device is not the CPU.</exception>
    public static unsafe Tensor Wrap<T>(Numerics.Tensor<T> values, Device device) where T : unmanaged
    {
        Span<long> lengths = stackalloc long[values.Rank], strides = stackalloc long[values.Rank];
        for (int i = 0; i < lengths.Length; i++) (lengths[i], strides[i]) = (values.Lengths[i], values.Strides[i]);
        Layout layout = new(new(lengths), strides, 0);
        var dtype = DTypes.Of<T>();
        var pin = new Pin(values.GetPinnedHandle());
        Storage storage;
        try
        {
            storage = new(device, pin.Address, (layout.Bounds.Last + 1) * sizeof(T), pin);
        }
        catch
        {
            pin.Dispose();
            throw;
        }

        return new(layout, dtype, storage);
    }

    /// <summary>
    /// The elements as a <see cref="Numerics.Tensor{T}"/> of the same lengths: a copy. A scalar becomes [1]: there is no rank 0 there.
    /// </summary>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>; convert with To first.</exception>
    public Numerics.Tensor<T> ToTensor<T>() where T : unmanaged
    {
        Span<nint> lengths = stackalloc nint[Rank];
        for (int i = 0; i < Rank; i++) lengths[i] = (nint)Shape[i];
        return Rank == 0 ? Numerics.Tensor.Create(ToArray<T>()) : Numerics.Tensor.Create(ToArray<T>(), lengths);
    }

    /// <summary>The elements of a tensor [rows, columns]: a copy.</summary>
    /// <exception cref="ShapeMismatchException">The tensor is not of rank 2.</exception>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>; convert with To first.</exception>
    public T[,] ToArray2D<T>() where T : unmanaged
    {
        ShapeChecks.Rank("ToArray2D", Shape, 2, "a matrix [rows, columns]");
        var array = new T[Shape[0], Shape[1]];
        CopyTo(Elements<T>(array));
        return array;
    }

    /// <summary>The elements of a tensor of rank 3: a copy.</summary>
    /// <exception cref="ShapeMismatchException">The tensor is not of rank 3.</exception>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>; convert with To first.</exception>
    public T[,,] ToArray3D<T>() where T : unmanaged
    {
        ShapeChecks.Rank("ToArray3D", Shape, 3, "rank 3");
        var array = new T[Shape[0], Shape[1], Shape[2]];
        CopyTo(Elements<T>(array));
        return array;
    }

    /// <summary>The elements of a tensor of rank 4: a copy.</summary>
    /// <exception cref="ShapeMismatchException">The tensor is not of rank 4.</exception>
    /// <exception cref="DTypeMismatchException">The elements are not of type <typeparamref name="T"/>; convert with To first.</exception>
    public T[,,,] ToArray4D<T>() where T : unmanaged
    {
        ShapeChecks.Rank("ToArray4D", Shape, 4, "rank 4");
        var array = new T[Shape[0], Shape[1], Shape[2], Shape[3]];
        CopyTo(Elements<T>(array));
        return array;
    }

    private static Tensor FromArray<T>(Array values, Device device) where T : unmanaged
    {
        Span<long> lengths = stackalloc long[values.Rank];
        for (int i = 0; i < lengths.Length; i++) lengths[i] = values.GetLongLength(i);
        return From<T>(Elements<T>(values), new Shape(lengths), device);
    }

    /// <summary>The elements of an array of any rank: .NET keeps them in row-major order.</summary>
    private static Span<T> Elements<T>(Array values) where T : unmanaged =>
        MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values)), values.Length);
}
