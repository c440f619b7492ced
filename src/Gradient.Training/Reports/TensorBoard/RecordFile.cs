using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Gradient.Training;

/// <summary>
/// A file of records as TensorFlow frames them (tensorflow/core/lib/io/record_writer): length, its check, the bytes, their check. Records are
/// gathered in memory and appended whole, so that others may read while it grows. Not safe for several threads.
/// </summary>
/// <param name="stream">The file, without a buffer of its own; it is closed with this.</param>
internal sealed class RecordFile(Stream stream) : IDisposable
{
    private readonly ArrayBufferWriter<byte> pending = new();

    /// <summary>Makes the file.</summary>
    /// <exception cref="IOException">It is there already, or cannot be made.</exception>
    public static RecordFile Create(string path) =>
        new(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0));

    /// <summary>The bytes that wait for <see cref="Flush"/>.</summary>
    public int PendingBytes => pending.WrittenCount;

    public void Append(ReadOnlySpan<byte> record)
    {
        var head = pending.GetSpan(12)[..12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], MaskedCrc32C(head[..8]));
        pending.Advance(12);
        pending.Write(record);
        BinaryPrimitives.WriteUInt32LittleEndian(pending.GetSpan(4), MaskedCrc32C(record));
        pending.Advance(4);
    }

    /// <summary>Appends to the file what waits. If that fails (a full disk), the file ends as before, with a whole record, and all still waits.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Flush()
    {
        if (pending.WrittenCount == 0) return;
        long end = stream.Position;
        try
        {
            stream.Write(pending.WrittenSpan);
        }
        catch (IOException)
        {
            stream.SetLength(end);
            stream.Position = end;
            throw;
        }

        pending.ResetWrittenCount();
    }

    public void Dispose()
    {
        try
        {
            Flush();
        }
        finally
        {
            stream.Dispose();
        }
    }

    /// <summary>CRC-32C (Castagnoli), rotated and offset, so that a check over data that hold checks stays a good one.</summary>
    internal static uint MaskedCrc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte b in bytes) crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }
}
