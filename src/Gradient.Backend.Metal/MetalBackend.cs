using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <summary>
/// Maps the operations of <see cref="IBackend"/> to launches of the kernels in shaders/. One partial file per kernel family,
/// named like its source. Float64 is not supported: the hardware has none.
/// </summary>
public sealed partial class MetalBackend : IBackend
{
    private const int GroupThreads = 256;
    private const int ElementsPerThread = 4;
    private const int MaximumGroups = 1 << 16;

    /// <summary>Below so many threads a GPU has cores without work, so they take one element each.</summary>
    private const int MinimumThreads = 1 << 16;

    private readonly MetalDevice device;
    private readonly IKernelDevice kernels;
    private readonly KernelCache cache;
    private readonly Faults faults;

    internal MetalBackend(MetalDevice device, IKernelDevice kernels)
    {
        this.device = device;
        this.kernels = kernels;
        cache = new(kernels);
        faults = new(kernels);
    }

    /// <inheritdoc/>
    public void Synchronize()
    {
        kernels.Synchronize();
        faults.Check();
    }

    /// <inheritdoc/>
    public unsafe void Upload(ReadOnlySpan<byte> source, Storage destination, long byteOffset)
    {
        CheckRange("upload", destination, byteOffset, source.Length);
        kernels.WaitFor(destination.Buffer);
        source.CopyTo(new((byte*)destination.Buffer.HostAddress + byteOffset, source.Length));
        GC.KeepAlive(destination);
    }

    /// <inheritdoc/>
    public unsafe void Download(Storage source, long byteOffset, Span<byte> destination)
    {
        CheckRange("download", source, byteOffset, destination.Length);
        // Not only the work on this buffer: what failed before must surface at a read-back.
        Synchronize();
        new ReadOnlySpan<byte>((byte*)source.Buffer.HostAddress + byteOffset, destination.Length).CopyTo(destination);
        GC.KeepAlive(source);
    }

    /// <summary>The name that a type has in the shaders and in the host_name of their kernels.</summary>
    /// <exception cref="UnsupportedOperationException">The hardware has no such type.</exception>
    private static string TypeName(string operation, DType dtype) => dtype switch
    {
        DType.Float32 => "float",
        DType.Float16 => "half",
        DType.BFloat16 => "bfloat",
        DType.Int32 => "int",
        DType.Int64 => "long",
        DType.Bool => "bool",
        _ => throw Unsupported(operation, dtype),
    };

    /// <summary>The same, of what is for floating-point types alone.</summary>
    /// <exception cref="UnsupportedOperationException">It is none, or the hardware has no such type.</exception>
    private static string FloatingName(string operation, DType dtype) => dtype.IsFloatingPoint() ? TypeName(operation, dtype) : throw Unsupported(operation, dtype);

    private static UnsupportedOperationException Unsupported(string operation, DType dtype) =>
        new($"{operation} of {dtype.Name()} is not supported on device metal"
            + (dtype == DType.Float64 ? ": Apple GPUs have no 64-bit floating point. Convert with To(DType.Float32)." : "."));

    private static KernelBuffer In(Tensor tensor) => new(tensor.Storage.Buffer, tensor.Layout.Offset * tensor.DType.Size(), IsWritten: false);

    private static KernelBuffer Out(Tensor tensor) => new(tensor.Storage.Buffer, tensor.Layout.Offset * tensor.DType.Size(), IsWritten: true);

    /// <summary>Where there is no buffer that a kernel would read: bound, aligned for any type, and left alone.</summary>
    private static KernelBuffer Unused(Tensor tensor) => new(tensor.Storage.Buffer, 0, IsWritten: false);

    private static void CheckRange(string operation, Storage storage, long byteOffset, long bytes)
    {
        if (byteOffset < 0 || bytes > storage.Bytes - byteOffset)
            throw new ShapeMismatchException(
                $"{operation}: {bytes} bytes from {byteOffset} on do not lie within a storage of {storage.Bytes} bytes.");
    }

    /// <summary>The tensor itself if it is contiguous, else a copy that is: for kernels that say they need it.</summary>
    private static Tensor Contiguous(Tensor tensor) => tensor.Contiguous();

    /// <summary>
    /// Launches a kernel over a one-dimensional range, in groups of up to 256 threads; the kernel checks its bounds. each: how many elements
    /// a thread reads and writes, of work as <see cref="IKernelDevice.Launch"/> counts it; one of each buffer if 0.
    /// </summary>
    private void Launch<TParameters>(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, in TParameters parameters, long threads, long each = 0)
        where TParameters : unmanaged
    {
        if (threads == 0) return;
        int size = Math.Min(GroupThreads, kernel.MaximumThreads);
        LaunchGroups(kernel, buffers, parameters, new(checked((int)((threads + size - 1) / size))), new(size), threads * (each == 0 ? buffers.Length : each));
    }

    /// <summary>
    /// Launches a kernel over the innermost rows of a plan: x of the grid walks along a row, y from row to row. The grid is capped:
    /// the kernel steps by its size until all is done.
    /// </summary>
    private void LaunchRows<TParameters>(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, in TParameters parameters, long columns, long rows)
        where TParameters : unmanaged
    {
        if (columns == 0 || rows == 0) return;
        int size = Math.Min(GroupThreads, kernel.MaximumThreads);
        int width = (int)Math.Min(size, (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Min(columns, size)));
        int height = (int)Math.Min(size / width, rows);
        // A thread takes several elements of a long row: positions and parameters are then read once for all.
        long perThread = Math.Clamp(columns * rows / MinimumThreads, 1, ElementsPerThread);
        long across = Math.Clamp((columns + (width * perThread) - 1) / (width * perThread), 1, MaximumGroups);
        long down = Math.Clamp((rows + height - 1) / height, 1, MaximumGroups);
        LaunchGroups(kernel, buffers, parameters, new((int)across, (int)down), new(width, height), columns * rows * buffers.Length);
    }

    private void LaunchGroups<TParameters>(
        IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, in TParameters parameters, KernelSize groups, KernelSize threads, long work)
        where TParameters : unmanaged =>
        kernels.Launch(kernel, buffers, MemoryMarshal.AsBytes(new ReadOnlySpan<TParameters>(in parameters)), groups, threads, work);
}
