namespace Gradient.Data;

/// <summary>The elements of tensors as bytes of the host, in pieces, for tensors of any size and device.</summary>
internal static class HostBytes
{
    private const int ChunkBytes = 1 << 22;

    /// <summary>Fills a piece of a tensor's bytes, which begins at <paramref name="position"/>.</summary>
    public delegate void Filler(Span<byte> chunk, long position);

    /// <summary>Takes the next piece of a tensor's bytes.</summary>
    public delegate void Taker(ReadOnlySpan<byte> chunk);

    /// <summary>The address of a contiguous tensor of the CPU.</summary>
    public static unsafe byte* Address(Tensor tensor) =>
        (byte*)tensor.Storage.Buffer.HostAddress + (tensor.Layout.Offset * tensor.DType.Size());

    /// <summary>Has the bytes of a contiguous tensor filled: in place on the CPU, else through a buffer.</summary>
    public static unsafe void Write(Tensor tensor, Filler fill)
    {
        long bytes = tensor.ElementCount * tensor.DType.Size();
        bool inPlace = tensor.Device.Kind == DeviceKind.Cpu;
        byte[] buffer = inPlace ? [] : new byte[Math.Min(bytes, ChunkBytes)];
        for (long at = 0; at < bytes; at += ChunkBytes)
        {
            int length = (int)Math.Min(ChunkBytes, bytes - at);
            if (inPlace)
            {
                fill(new Span<byte>(Address(tensor) + at, length), at);
                continue;
            }

            fill(buffer.AsSpan(0, length), at);
            tensor.Backend.Upload(buffer.AsSpan(0, length), tensor.Storage, (tensor.Layout.Offset * tensor.DType.Size()) + at);
        }

        GC.KeepAlive(tensor);
    }

    /// <summary>Hands over the bytes of a tensor, in row-major order of its elements.</summary>
    public static unsafe void Read(Tensor tensor, Taker take)
    {
        var local = tensor.Contiguous();
        long bytes = local.ElementCount * local.DType.Size();
        bool inPlace = local.Device.Kind == DeviceKind.Cpu;
        byte[] buffer = inPlace ? [] : new byte[Math.Min(bytes, ChunkBytes)];
        for (long at = 0; at < bytes; at += ChunkBytes)
        {
            int length = (int)Math.Min(ChunkBytes, bytes - at);
            if (inPlace)
            {
                take(new ReadOnlySpan<byte>(Address(local) + at, length));
                continue;
            }

            local.Backend.Download(local.Storage, (local.Layout.Offset * local.DType.Size()) + at, buffer.AsSpan(0, length));
            take(buffer.AsSpan(0, length));
        }

        GC.KeepAlive(local);
        if (!ReferenceEquals(local, tensor)) local.Dispose();
    }
}
