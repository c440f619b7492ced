using System.IO.Compression;

namespace Gradient.Training;

/// <summary>Files of a checkpoint that may be compressed, each by itself, as gzip.</summary>
internal static class CheckpointCompression
{
    private const string Extension = ".gz";

    /// <summary>
    /// A file is compressed to no less than a hundredth, or stays as it is. So a reader knows from the bytes that are there, not from what they
    /// promise, how much they can become; gzip would allow a thousandfold.
    /// </summary>
    private const long MaxInflation = 100;

    /// <summary>The name without the mark of compression.</summary>
    public static string PlainName(string name) => name.EndsWith(Extension, StringComparison.Ordinal) ? name[..^Extension.Length] : name;

    /// <summary>Compresses a file if it gets smaller, and returns which of both is left.</summary>
    public static string Compress(string path)
    {
        string compressed = path + Extension;
        AtomicFile.Write(compressed, stream =>
        {
            using var plain = File.OpenRead(path);
            using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
            plain.CopyTo(gzip);
        });
        long before = new FileInfo(path).Length, after = new FileInfo(compressed).Length;
        bool better = after < before && before <= after * MaxInflation;
        File.Delete(better ? path : compressed);
        return better ? compressed : path;
    }

    /// <summary>Has a verified file read, from a temporary copy if it must be inflated.</summary>
    /// <exception cref="CorruptFileException">It inflates to another size than the manifest says, or to more than allowed.</exception>
    public static T UsePlain<T>(string folder, CheckpointFile file, Func<string, T> read)
    {
        string path = Path.Combine(folder, file.Name);
        if (!path.EndsWith(Extension, StringComparison.Ordinal)) return read(path);
        if (file.PlainBytes / MaxInflation > file.Bytes)
            throw new CorruptFileException($"{path} of {file.Bytes:N0} bytes would inflate to {file.PlainBytes:N0}, more than {MaxInflation} times as many.");
        string temporary = Path.Combine(Path.GetTempPath(), $"gradient-{Guid.NewGuid():N}.tmp");
        try
        {
            using (var plain = new FileStream(temporary, FileMode.CreateNew))
            using (var gzip = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
                CopyExactly(gzip, plain, file.PlainBytes, path);
            return read(temporary);
        }
        catch (InvalidDataException e)
        {
            throw new CorruptFileException($"{path} is not compressed as it should be: {e.Message}", e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Copies a stream that must have just so many bytes.</summary>
    /// <exception cref="CorruptFileException">It has more or fewer.</exception>
    public static void CopyExactly(Stream from, Stream to, long bytes, string name)
    {
        var buffer = new byte[1 << 16];
        long copied = 0;
        for (int read; (read = from.Read(buffer)) > 0; copied += read)
        {
            if (copied + read > bytes) throw new CorruptFileException($"{name} has more than the {bytes:N0} bytes that its checkpoint names.");
            to.Write(buffer, 0, read);
        }

        if (copied < bytes) throw new CorruptFileException($"{name} is truncated: it has {copied:N0} bytes, its checkpoint says {bytes:N0}.");
    }
}
