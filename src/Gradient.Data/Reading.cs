namespace Gradient.Data;

/// <summary>What readers of files have in common.</summary>
internal static class Reading
{
    /// <summary>A byte of deflated data never stands for more (zlib, Technical Details, "Maximum Compression Factor": 1032 : 1).</summary>
    public const long MaxInflation = 1032;

    /// <summary>Fills a span from a stream.</summary>
    /// <exception cref="CorruptFileException">The stream ends before.</exception>
    public static void Fully(Stream stream, Span<byte> bytes, string name)
    {
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (read < bytes.Length) throw new CorruptFileException($"{name} is truncated: of {bytes.Length:N0} bytes that come next, {read:N0} are there.");
    }
}
