using System.Runtime.CompilerServices;
using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <content>What moves elements or makes them from nothing.</content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Synchronize()
    {
        // Every method returns with its work done.
    }

    /// <inheritdoc/>
    public unsafe void Upload(ReadOnlySpan<byte> source, Storage destination, long byteOffset)
    {
        CheckRange("upload", destination, byteOffset, source.Length);
        source.CopyTo(new((byte*)destination.Buffer.Handle + byteOffset, source.Length));
        GC.KeepAlive(destination);
    }

    /// <inheritdoc/>
    public unsafe void Download(Storage source, long byteOffset, Span<byte> destination)
    {
        CheckRange("download", source, byteOffset, destination.Length);
        new ReadOnlySpan<byte>((byte*)source.Buffer.Handle + byteOffset, destination.Length).CopyTo(destination);
        GC.KeepAlive(source);
    }

    /// <inheritdoc/>
    public unsafe void Copy(Tensor x, Tensor y)
    {
        CopyLoop.Run(x, y);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public unsafe void Fill(Tensor y, double value)
    {
        var plan = StridedPlan.Of(y);
        if (plan.Count != 0)
        {
            long bits = 0;
            Conversion.Of(DType.Float64, y.DType)((byte*)&value, sizeof(double), (byte*)&bits, sizeof(double), 1);
            WorkerPool.Shared.For(plan.Count, ElementwiseLoop.Grain, new FillLoop(plan, bits, y.DType.Size()));
        }

        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void Range(Tensor y, double start, double step)
    {
        var plan = StridedPlan.InRowMajorOrder(y);
        if (plan.Count != 0) WorkerPool.Shared.For(plan.Count, ElementwiseLoop.Grain, new RangeLoop(plan, y.DType, start, step));
        GC.KeepAlive(y);
    }

    private static void CheckRange(string operation, Storage storage, long byteOffset, long bytes)
    {
        if (byteOffset < 0 || bytes > storage.Bytes - byteOffset)
            throw new ShapeMismatchException(
                $"{operation}: {bytes} bytes from {byteOffset} on do not lie within a storage of {storage.Bytes} bytes.");
    }
}
