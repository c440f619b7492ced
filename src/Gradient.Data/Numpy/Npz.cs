using System.IO.Compression;

namespace Gradient.Data;

/// <summary>Reads and writes NumPy's npz files: zip archives of npy files, compressed or not.</summary>
public static class Npz
{
    private const string Extension = ".npy";

    /// <summary>Reads all arrays of a file by name, in the order of the archive.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where to; <see cref="Autograd.Devices.Default"/> if null.</param>
    /// <exception cref="CorruptFileException">
    /// It is no zip archive, an entry is no npy file or damaged, or promises more than its bytes in the file can hold.
    /// </exception>
    /// <exception cref="UnsupportedOperationException">Elements that no tensor stores, or too many axes.</exception>
    /// <exception cref="IOException">It cannot be opened (<see cref="FileNotFoundException"/> if there is none).</exception>
    public static OrderedDictionary<string, Tensor> Load(string path, Device? device = null)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            using var archive = new ZipArchive(file, ZipArchiveMode.Read);
            CheckSizes(archive, path, file.Length);
            var tensors = new OrderedDictionary<string, Tensor>(archive.Entries.Count);
            foreach (var entry in archive.Entries)
            {
                string name = entry.FullName.EndsWith(Extension, StringComparison.Ordinal) ? entry.FullName[..^Extension.Length] : entry.FullName;
                if (!tensors.TryAdd(name, Read(entry, $"{path}, array '{name}'", device)))
                    throw new CorruptFileException($"{path} has two arrays named '{name}'.");
            }

            return tensors;
        }
        catch (InvalidDataException e)
        {
            throw new CorruptFileException($"{path} is no zip archive, or a damaged one: {e.Message}", e);
        }
    }

    /// <summary>Writes tensors of any layout and device; the file appears whole or not at all.</summary>
    /// <param name="path">The file, replaced if it exists.</param>
    /// <param name="tensors">Names and tensors.</param>
    /// <param name="compress">Whether to deflate them, as numpy.savez_compressed does.</param>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    /// <exception cref="UnsupportedOperationException">NumPy has no BFloat16.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, bool compress = false)
    {
        var named = new OrderedDictionary<string, (byte[] Header, Tensor Tensor)>();
        foreach (var (name, tensor) in tensors)
            if (!named.TryAdd(name, (Npy.Header(tensor), tensor))) throw new ArgumentException($"Two tensors are named '{name}'.", nameof(tensors));
        AtomicFile.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, (header, tensor)) in named)
            {
                var entry = archive.CreateEntry(name + Extension, compress ? CompressionLevel.Optimal : CompressionLevel.NoCompression);
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero); // as NumPy: equal arrays, equal files
                using var content = entry.Open();
                Npy.Write(content, header, tensor);
            }
        });
    }

    /// <summary>
    /// That no entry promises more than its bytes can inflate to, and that entries do not share bytes, by which a small file could promise
    /// the same terabyte many times over (Fifield: A better zip bomb, 2019).
    /// </summary>
    private static void CheckSizes(ZipArchive archive, string path, long fileBytes)
    {
        long sum = 0;
        foreach (var entry in archive.Entries)
        {
            sum += entry.CompressedLength;
            if (entry.CompressedLength < 0 || entry.CompressedLength > fileBytes || sum > fileBytes)
                throw new CorruptFileException($"{path} is damaged: its entries have more bytes than the file of {fileBytes:N0}.");
            if (entry.Length < 0 || entry.Length / Reading.MaxInflation > entry.CompressedLength)
                throw new CorruptFileException($"{path} is damaged: '{entry.FullName}' cannot inflate from {entry.CompressedLength:N0} to {entry.Length:N0} bytes.");
        }
    }

    private static Tensor Read(ZipArchiveEntry entry, string name, Device? device)
    {
        using var content = new CheckedStream(entry.Open());
        var tensor = Npy.Read(content, name, entry.Length, device);
        if (content.ReadByte() < 0 && content.Check == entry.Crc32) return tensor;
        tensor.Dispose();
        throw new CorruptFileException($"{name} is damaged: its bytes do not fit the archive's check.");
    }

    /// <summary>Computes the check of what is read; ZipArchive does not.</summary>
    private sealed class CheckedStream(Stream inner) : Stream
    {
        private Crc32 crc = new();

        public uint Check => crc.Value;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            int read = inner.Read(buffer);
            crc.Add(buffer[..read]);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
