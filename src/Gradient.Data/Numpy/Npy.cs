using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// Reads and writes NumPy's npy files (numpy.lib.format, versions 1 to 3): bool, integers and floating point of any byte order, rows or
/// columns first. Integers that tensors do not have are widened: int8, int16, uint8 and uint16 to Int32, uint32 and uint64 to Int64.
/// </summary>
public static class Npy
{
    /// <summary>Reads a file that holds one array.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where to; <see cref="Devices.Default"/> if null.</param>
    /// <exception cref="CorruptFileException">It is no npy file, or has fewer or more bytes than its header promises.</exception>
    /// <exception cref="UnsupportedOperationException">Elements that no tensor stores (complex, text, objects), or too many axes.</exception>
    /// <exception cref="IOException">It cannot be opened (<see cref="FileNotFoundException"/> if there is none).</exception>
    public static Tensor Load(string path, Device? device = null)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Read(file, path, file.Length, device);
    }

    /// <summary>Writes a tensor of any layout and device as NumPy does, byte for byte; the file appears whole or not at all.</summary>
    /// <exception cref="UnsupportedOperationException">NumPy has no BFloat16.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Save(string path, Tensor tensor)
    {
        var header = Header(tensor);
        AtomicFile.Write(path, stream => Write(stream, header, tensor));
    }

    /// <summary>What <see cref="Write"/> writes in front of a tensor's elements.</summary>
    internal static byte[] Header(Tensor tensor) => new NpyHeader(NpyType.Of(tensor.DType), BigEndian: false, FortranOrder: false, tensor.Shape).Write();

    internal static void Write(Stream stream, byte[] header, Tensor tensor)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("npy files are written on little-endian machines only.");
        stream.Write(header);
        HostBytes.Read(tensor, chunk => stream.Write(chunk));
    }

    /// <summary>Reads the array that is all of a stream of so many bytes.</summary>
    internal static Tensor Read(Stream stream, string name, long length, Device? device)
    {
        var header = NpyHeader.Read(stream, name, out int headerBytes);
        if (header.Bytes != length - headerBytes)
            throw new CorruptFileException(
                $"{name} {(header.Bytes > length - headerBytes ? "is truncated" : "goes on after its elements")}: its header promises {header.Bytes:N0} bytes " +
                $"of elements of shape {header.Shape}, and {length - headerBytes:N0} are there.");
        using var inOrder = ReadElements(stream, header, name);
        var target = device ?? Devices.Default;
        if (!header.FortranOrder || header.Shape.Rank < 2) return Move(inOrder, target);
        Span<int> reversed = stackalloc int[header.Shape.Rank];
        for (int i = 0; i < reversed.Length; i++) reversed[i] = reversed.Length - 1 - i;
        using var turned = inOrder.View(inOrder.Layout.Permute(reversed));
        using var rows = turned.Copy();
        return Move(rows, target);
    }

    private static Tensor Move(Tensor tensor, Device device) => tensor.Device == device ? tensor.View(tensor.Layout) : tensor.To(device);

    /// <summary>The elements as they lie in the file: with columns first, the axes are in reverse.</summary>
    private static Tensor ReadElements(Stream stream, NpyHeader header, string name)
    {
        long[] lengths = header.Shape.ToArray();
        if (header.FortranOrder) Array.Reverse(lengths);
        var type = header.Type;
        var tensor = Tensor.Empty(new Shape(lengths), type.DType, Devices.Cpu);
        byte[] narrow = [];
        HostBytes.Write(tensor, (chunk, _) =>
        {
            if (type.IsOurs)
            {
                Reading.Fully(stream, chunk, name);
                type.ToHostOrder(chunk, header.BigEndian);
                type.Check(chunk, name);
                return;
            }

            int bytes = chunk.Length / type.DType.Size() * type.Size;
            if (narrow.Length < bytes) narrow = new byte[bytes];
            var elements = narrow.AsSpan(0, bytes);
            Reading.Fully(stream, elements, name);
            type.ToHostOrder(elements, header.BigEndian);
            type.Widen(elements, chunk, name);
        });
        return tensor;
    }
}
