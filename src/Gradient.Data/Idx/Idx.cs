using System.Buffers.Binary;
using System.IO.Compression;

namespace Gradient.Data;

/// <summary>
/// Reads the IDX format (yann.lecun.com/exdb/mnist): two zero bytes, the element type, the number of axes, each axis's length as
/// four bytes, then the elements; all big-endian. Compressed files are recognised by their first bytes, whatever their name.
/// </summary>
public static class Idx
{
    /// <summary>Reads a file, compressed with gzip or not.</summary>
    /// <exception cref="CorruptFileException">
    /// It is no IDX file, or has fewer or more bytes than its header promises, or its compressed data is damaged.
    /// </exception>
    /// <exception cref="UnsupportedOperationException">More than 2 GB of elements, or more axes than a <see cref="Shape"/> has.</exception>
    /// <exception cref="IOException">It cannot be opened (<see cref="FileNotFoundException"/> if there is none).</exception>
    public static IdxArray Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> magic = stackalloc byte[2];
        int read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        if (read < 2 || magic[0] != 0x1F || magic[1] != 0x8B) return Read(file, path, file.Length);
        try
        {
            using var inflated = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
            var array = Read(inflated, path, file.Length * Reading.MaxInflation);
            CheckTrailer(file, path, HeaderBytes(array.Shape.Rank) + array.Bytes.Length);
            return array;
        }
        catch (InvalidDataException e)
        {
            throw new CorruptFileException($"{path} has damaged gzip data: {e.Message}", e);
        }
    }

    /// <summary>The bytes of one element.</summary>
    internal static int Size(IdxElementType type) => type switch
    {
        IdxElementType.UInt8 or IdxElementType.Int8 => 1,
        IdxElementType.Int16 => 2,
        IdxElementType.Int32 or IdxElementType.Float32 => 4,
        IdxElementType.Float64 => 8,
        _ => 0,
    };

    /// <param name="data">The uncompressed file from its beginning.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="atMost">How many bytes the file can possibly have: no more memory is asked for on the header's word alone.</param>
    private static IdxArray Read(Stream data, string path, long atMost)
    {
        Span<byte> start = stackalloc byte[4];
        Reading.Fully(data, start, path);
        var type = (IdxElementType)start[2];
        if (start[0] != 0 || start[1] != 0 || Size(type) == 0)
            throw new CorruptFileException($"{path} is no IDX file: it begins with {Convert.ToHexString(start)}, not 0000, a type (08 to 0E) and a rank.");
        int rank = start[3];
        if (rank > Shape.MaxRank)
            throw new UnsupportedOperationException($"{path} has {rank} axes; tensors have at most {Shape.MaxRank}.");
        Span<long> lengths = stackalloc long[rank];
        Span<byte> number = stackalloc byte[4];
        for (int i = 0; i < rank; i++)
        {
            Reading.Fully(data, number, path);
            lengths[i] = BinaryPrimitives.ReadUInt32BigEndian(number);
        }

        var shape = new Shape(lengths);
        long bytes = CountBytes(shape, type, path);
        if (bytes > atMost - HeaderBytes(rank))
            throw new CorruptFileException($"{path} is truncated: its header promises {bytes:N0} bytes of {type} elements of shape {shape}, more than the file can hold.");
        if (bytes > Array.MaxLength)
            throw new UnsupportedOperationException($"{path} has {bytes:N0} bytes of elements of shape {shape}; Idx.Read takes up to {Array.MaxLength:N0}.");
        var elements = new byte[bytes];
        Reading.Fully(data, elements, path);
        if (data.ReadByte() >= 0) // this also has gzip check its own sum
            throw new CorruptFileException($"{path} goes on after the {bytes:N0} bytes of elements that its header promises, of shape {shape}.");
        return new(type, shape, elements);
    }

    private static long HeaderBytes(int rank) => 4 + (4 * rank);

    /// <summary>
    /// GZipStream checks the sum at the end of its data, but not that there is one. The last four bytes are the uncompressed length
    /// (RFC 1952, 2.3.1).
    /// </summary>
    private static void CheckTrailer(FileStream file, string path, long bytes)
    {
        Span<byte> trailer = stackalloc byte[4];
        file.Seek(-4, SeekOrigin.End);
        file.ReadExactly(trailer);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != (uint)bytes)
            throw new CorruptFileException($"{path} is truncated, or followed by something else: its gzip data does not end with the length of its content, {bytes:N0}.");
    }

    private static long CountBytes(in Shape shape, IdxElementType type, string path)
    {
        try
        {
            return checked(shape.ElementCount * Size(type));
        }
        catch (Exception e) when (e is OverflowException or ShapeMismatchException) // the latter from ElementCount
        {
            throw new CorruptFileException($"{path} has a header that promises elements of shape {shape}, more than 2^63 bytes.", e);
        }
    }
}
