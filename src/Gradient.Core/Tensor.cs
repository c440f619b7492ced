using System.Runtime.CompilerServices;

namespace Gradient.Core;

/// <summary>
/// Elements of one type in a device's storage, seen through a layout. It has no mathematics: it is made, moved, viewed, read
/// and written. Views share storage; disposing is never needed (see <see cref="Storage"/> and <see cref="TensorScope"/>).
/// </summary>
public sealed partial class Tensor : IDisposable
{
    private readonly Layout layout;
    private Storage? storage;

    /// <summary>A view of storage. Takes a reference of its own.</summary>
    /// <exception cref="ShapeMismatchException">The layout reaches outside the storage.</exception>
    /// <exception cref="ObjectDisposedException">Every tensor over the storage was disposed.</exception>
    public Tensor(Storage storage, in Layout layout, DType dtype)
    {
        var (first, last) = layout.Bounds;
        if (first < 0 || last >= storage.Bytes / dtype.Size())
            throw new ShapeMismatchException($"Layout {layout} of {dtype.Name()} reaches outside its storage of {storage.Bytes} bytes.");
        storage.AddReference();
        this.storage = storage;
        this.layout = layout;
        DType = dtype;
        TensorScope.Track(this);
    }

    /// <summary>A tensor that takes over the one reference of new storage, which the layout fits.</summary>
    private Tensor(in Layout layout, DType dtype, Storage storage)
    {
        this.storage = storage;
        this.layout = layout;
        DType = dtype;
        TensorScope.Track(this);
    }

    /// <summary>A contiguous tensor of undefined content.</summary>
    /// <param name="shape">The lengths of its axes.</param>
    /// <param name="dtype">The type of its elements.</param>
    /// <param name="device">Where it lies.</param>
    /// <param name="operation">What errors and <see cref="MemoryProfiler"/> call what needs it; the calling member by default.</param>
    /// <exception cref="ShapeMismatchException">A length is negative.</exception>
    /// <exception cref="OutOfDeviceMemoryException">There is no memory for it.</exception>
    public static Tensor Empty(in Shape shape, DType dtype, Device device, [CallerMemberName] string operation = "")
    {
        var layout = Layout.Contiguous(shape, 0, out long count);
        int size = dtype.Size();
        if (count > SizeClasses.MaxBytes / size)
            throw new OutOfDeviceMemoryException(
                $"{OperationName.Of(operation)}: no memory for shape {shape} of {dtype.Name()}: its {count:N0} elements exceed 2⁶² bytes.");
        return new(layout, dtype, new Storage(device, count * size, operation));
    }

    /// <summary>The element type.</summary>
    public DType DType { get; }

    /// <summary>The shape, strides and offset.</summary>
    public ref readonly Layout Layout => ref layout;

    /// <summary>The lengths of the axes.</summary>
    public Shape Shape => layout.Shape;

    /// <summary>The number of axes.</summary>
    public int Rank => layout.Rank;

    /// <summary>The number of elements.</summary>
    public long ElementCount => layout.ElementCount;

    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous => layout.IsContiguous;

    /// <summary>The storage, shared with all views.</summary>
    /// <exception cref="ObjectDisposedException">The tensor was disposed, or made in a <see cref="TensorScope"/> that has ended.</exception>
    public Storage Storage => storage ?? throw new ObjectDisposedException(
        nameof(Tensor), $"The tensor of shape {Shape} was disposed, or made in a TensorScope that has ended; keep it with scope.Keep.");

    /// <summary>Where the tensor lies.</summary>
    public Device Device => Storage.Device;

    /// <summary>The kernels of the tensor's device.</summary>
    public IBackend Backend => Storage.Device.Backend;

    /// <summary>Whether the end of a <see cref="TensorScope"/> leaves the tensor alone.</summary>
    public bool IsPersistent { get; private set; }

    /// <summary>Whether the tensor gave up its storage: by <see cref="Dispose"/>, or as its <see cref="TensorScope"/> ended.</summary>
    public bool IsDisposed => storage is null;

    /// <summary>Excepts the tensor from every <see cref="TensorScope"/>: parameters, gradients, optimizer state.</summary>
    /// <returns>The tensor itself.</returns>
    public Tensor Persist()
    {
        IsPersistent = true;
        return this;
    }

    /// <summary>Gives up the tensor now; its buffer returns to the pool when no view needs it any more. Never necessary.</summary>
    public void Dispose() => Interlocked.Exchange(ref storage, null)?.Release();

    /// <summary>The same storage under another layout.</summary>
    /// <exception cref="ShapeMismatchException">The layout reaches outside the storage.</exception>
    public Tensor View(in Layout view) => new(Storage, view, DType);

    /// <summary>The same elements in order under another shape: a view where possible, else a contiguous copy.</summary>
    /// <exception cref="ShapeMismatchException">The shape has another number of elements.</exception>
    public Tensor Reshape(in Shape shape)
    {
        if (layout.TryReshape(shape, out var view)) return View(view);
        using var copy = Copy();
        return copy.View(Layout.Contiguous(layout.Infer(shape)));
    }

    /// <summary>A contiguous copy in storage of its own.</summary>
    public Tensor Copy() => CopyTo(DType, Device);

    /// <summary>This tensor if it is contiguous, else a contiguous copy.</summary>
    public Tensor Contiguous() => IsContiguous ? this : Copy();

    /// <summary>This tensor if it has the type, else a converted copy.</summary>
    public Tensor To(DType dtype) => dtype == DType ? this : CopyTo(dtype, Device);

    /// <summary>This tensor if it lies on the device, else a copy there.</summary>
    public Tensor To(Device device) => device == Device ? this : CopyTo(DType, device);

    /// <summary>
    /// Overwrites the elements with those of another tensor, which broadcasts to this shape, of any type and device. The two may
    /// share memory: the source is read as it was before.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The source does not broadcast.</exception>
    /// <exception cref="UnsupportedOperationException">Several indices of this tensor lead to one element.</exception>
    public void CopyFrom(Tensor source)
    {
        CheckWritable("copy");
        if (!Shape.TryBroadcast(source.Shape, Shape, out var common) || common != Shape)
            throw new ShapeMismatchException($"copy: a tensor of shape {source.Shape} does not broadcast to the destination's shape {Shape}.");
        bool shared = ReferenceEquals(source.Storage, Storage) && source.layout != layout;
        var local = shared ? source.Copy() : source.To(Device);
        using (var broadcast = local.View(local.layout.Expand(Shape))) Backend.Copy(broadcast, this);
        if (!ReferenceEquals(local, source)) local.Dispose();
        Storage.BumpVersion();
    }

    /// <summary>Overwrites every element.</summary>
    /// <exception cref="UnsupportedOperationException">Several indices of this tensor lead to one element.</exception>
    public void Fill(double value)
    {
        CheckWritable("fill");
        Backend.Fill(this, value);
        Storage.BumpVersion();
    }

    /// <summary>
    /// Values as NumPy prints them, then shape and type: "[1. , 2.5]  shape [2], float32". Of a disposed tensor, shape and type.
    /// </summary>
    public override string ToString() => storage is null ? $"disposed  shape {Shape}, {DType.Name()}" : TensorPrinter.Print(this);

    private Tensor CopyTo(DType dtype, Device device, [CallerMemberName] string operation = "")
    {
        if (device != Device) return MoveTo(dtype, device, operation);
        var copy = Empty(Shape, dtype, device, operation);
        Backend.Copy(this, copy);
        return copy;
    }

    private void CheckWritable(string operation)
    {
        if (layout.HasOverlap)
            throw new UnsupportedOperationException(
                $"{operation}: several indices of the view {layout} lead to one element; write to a copy instead.");
    }
}
