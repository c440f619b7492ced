using System.Buffers;
using System.Runtime.InteropServices;

namespace Gradient.Core;

public sealed partial class Tensor
{
    /// <summary>What passes between host and device at a time: a span cannot hold more than 2 GiB − 1, and this suits caches.</summary>
    private const int TransferBytes = 16 << 20;

    /// <summary>Copies values into contiguous storage from its start.</summary>
    private static void Upload<T>(ReadOnlySpan<T> values, Storage storage) where T : unmanaged
    {
        int step = TransferStep<T>(values.Length);
        long offset = 0;
        for (int at = 0; at < values.Length; at += step)
        {
            var bytes = MemoryMarshal.AsBytes(values.Slice(at, Math.Min(step, values.Length - at)));
            storage.Device.Backend.Upload(bytes, storage, offset);
            offset += bytes.Length;
            if (values.Length - at <= step) break;
        }
    }

    /// <summary>Copies contiguous elements of storage, from a byte offset on, to the host.</summary>
    private static void Download<T>(Storage storage, long offset, Span<T> values) where T : unmanaged
    {
        int step = TransferStep<T>(values.Length);
        for (int at = 0; at < values.Length; at += step)
        {
            var bytes = MemoryMarshal.AsBytes(values.Slice(at, Math.Min(step, values.Length - at)));
            storage.Device.Backend.Download(storage, offset, bytes);
            offset += bytes.Length;
            if (values.Length - at <= step) break;
        }
    }

    /// <summary>Elements per call: all of them where their bytes fit a span, so that the common case is one call.</summary>
    private static unsafe int TransferStep<T>(int length) where T : unmanaged =>
        (long)length * sizeof(T) <= int.MaxValue ? Math.Max(1, length) : (1 << 30) / sizeof(T);

    /// <summary>
    /// A contiguous copy on another device. Elements pass through the host once, in the type that has fewer bytes to move; where
    /// one side is the CPU its memory is read or written directly, else a bounded buffer lies between.
    /// </summary>
    private Tensor MoveTo(DType dtype, Device device, string operation)
    {
        if (dtype.Size() < DType.Size())
        {
            using var converted = CopyTo(dtype, Device, operation);
            return converted.MoveTo(dtype, device, operation);
        }

        var local = Contiguous();
        var moved = Empty(Shape, DType, device, operation);
        CopyBytes(local.Storage, local.layout.Offset * DType.Size(), moved.Storage, ElementCount * DType.Size());
        if (!ReferenceEquals(local, this)) local.Dispose();
        if (dtype == DType) return moved;
        using (moved) return moved.To(dtype);
    }

    private static unsafe void CopyBytes(Storage from, long fromOffset, Storage to, long bytes)
    {
        bool direct = from.Device.Kind == DeviceKind.Cpu || to.Device.Kind == DeviceKind.Cpu;
        byte[] between = direct ? [] : ArrayPool<byte>.Shared.Rent((int)Math.Min(bytes, TransferBytes));
        byte* source = from.Device.Kind == DeviceKind.Cpu ? (byte*)from.Buffer.HostAddress + fromOffset : null;
        byte* target = source is null && direct ? (byte*)to.Buffer.HostAddress : null;
        if (source is not null) from.Device.Synchronize();
        if (target is not null) to.Device.Synchronize();
        for (long at = 0; at < bytes; at += TransferBytes)
        {
            int part = (int)Math.Min(TransferBytes, bytes - at);
            if (source is not null)
            {
                to.Device.Backend.Upload(new ReadOnlySpan<byte>(source + at, part), to, at);
            }
            else
            {
                var span = target is not null ? new Span<byte>(target + at, part) : between.AsSpan(0, part);
                from.Device.Backend.Download(from, fromOffset + at, span);
                if (target is null) to.Device.Backend.Upload(span, to, at);
            }
        }

        if (!direct) ArrayPool<byte>.Shared.Return(between);
        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }
}
