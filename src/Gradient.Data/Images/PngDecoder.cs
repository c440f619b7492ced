using System.Buffers.Binary;
using System.IO.Compression;

namespace Gradient.Data;

/// <summary>
/// PNG (RFC 2083): every colour type, bit depth, filter and interlace; every check is checked. Our own, because it takes a bounded amount of
/// memory before the data is known to be good, which no small managed library promised; the inflating is the runtime's.
/// </summary>
internal static class PngDecoder
{
    /// <summary>Adam7: first column and row, and the steps between them, of the seven images.</summary>
    private static readonly (int X, int Y, int StepX, int StepY)[] Passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>The first bytes of every PNG.</summary>
    internal static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static RawImage Decode(byte[] bytes, string name)
    {
        var file = Read(bytes, name);
        var header = file.Header;
        if (PackedBytes(header) > file.Data.Length * Reading.MaxInflation)
            throw new CorruptFileException($"{name} is damaged: {file.Data.Length:N0} bytes cannot inflate to {header.Height:N0} by {header.Width:N0} pixels.");
        var values = new float[ImageFile.CountValues(header.Height, header.Width, file.OutputChannels, name)];
        try
        {
            file.Data.Position = 0;
            using var inflated = new ZLibStream(file.Data, CompressionMode.Decompress);
            foreach (var pass in header.Interlaced ? Passes : [(0, 0, 1, 1)]) ReadPass(inflated, file, pass, values, name);
            if (inflated.ReadByte() >= 0) throw new CorruptFileException($"{name} has more pixels than {header.Height:N0} by {header.Width:N0}.");
        }
        catch (InvalidDataException e)
        {
            throw new CorruptFileException($"{name} has damaged zlib data: {e.Message}", e);
        }

        return new(header.Height, header.Width, file.OutputChannels, values);
    }

    /// <summary>The chunks, each with its check: header, palette, transparency, and the compressed data put together.</summary>
    private static PngFile Read(byte[] bytes, string name)
    {
        if (!bytes.AsSpan().StartsWith(Signature)) throw new CorruptFileException($"{name} has a damaged PNG signature, as from a transfer as text.");
        PngHeader? header = null;
        byte[] palette = [], transparency = [];
        var data = new MemoryStream();
        for (int at = Signature.Length; ;)
        {
            if (bytes.Length - at < 12) throw new CorruptFileException($"{name} is truncated: at byte {at:N0} the next chunk, or the end, is missing.");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
            if (length > bytes.Length - at - 12) throw new CorruptFileException($"{name} is truncated: the chunk at byte {at:N0} has {length:N0} bytes.");
            var content = bytes.AsSpan(at + 4, (int)length + 4); // with its type
            if (Crc32.Of(content) != BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 8 + (int)length)))
                throw new CorruptFileException($"{name} is damaged: the chunk at byte {at:N0} does not fit its check.");
            string type = System.Text.Encoding.Latin1.GetString(content[..4]);
            content = content[4..];
            at += 12 + (int)length;
            if ((header is null) != (type == "IHDR")) throw new CorruptFileException($"{name} is damaged: IHDR is not the first chunk, or there twice.");
            switch (type)
            {
                case "IHDR": header = PngHeader.Parse(content, name); break;
                case "PLTE": palette = content.ToArray(); break;
                case "tRNS": transparency = content.ToArray(); break;
                case "IDAT": data.Write(content); break;
                case "IEND": return new(header!, palette, transparency, data, name);
                default:
                    if (char.IsAsciiLetterUpper(type[0])) throw new UnsupportedOperationException($"{name} needs the unknown PNG chunk '{type}'.");
                    break;
            }
        }
    }

    private static long PackedBytes(PngHeader header)
    {
        long bytes = 0;
        foreach (var pass in header.Interlaced ? Passes : [(0, 0, 1, 1)])
        {
            var (rows, columns) = Size(header, pass);
            if (columns > 0) bytes += rows * (1 + header.RowBytes(columns));
        }

        return bytes;
    }

    private static (long Rows, long Columns) Size(PngHeader header, (int X, int Y, int StepX, int StepY) pass) =>
        (((long)header.Height - pass.Y + pass.StepY - 1) / pass.StepY, ((long)header.Width - pass.X + pass.StepX - 1) / pass.StepX);

    private static void ReadPass(Stream data, PngFile file, (int X, int Y, int StepX, int StepY) pass, float[] values, string name)
    {
        var header = file.Header;
        var (rows, columns) = Size(header, pass);
        if (columns <= 0) return;
        int length = (int)header.RowBytes(columns), step = Math.Max(1, header.Samples * header.Depth / 8);
        byte[] row = new byte[length], above = new byte[length];
        for (int y = 0; y < rows; y++)
        {
            int filter = data.ReadByte();
            if (filter < 0 || data.ReadAtLeast(row, length, throwOnEndOfStream: false) < length)
                throw new CorruptFileException($"{name} has fewer pixels than {header.Height:N0} by {header.Width:N0}.");
            Unfilter(filter, row, above, step, name);
            int at = (((pass.Y + (y * pass.StepY)) * header.Width) + pass.X) * file.OutputChannels;
            for (int x = 0; x < columns; x++) file.Pixel(row, x, values.AsSpan(at + (x * pass.StepX * file.OutputChannels), file.OutputChannels));
            (row, above) = (above, row);
        }
    }

    /// <summary>RFC 2083, 6: bytes were stored as differences from the left one, that above, their mean, or Paeth's choice.</summary>
    private static void Unfilter(int filter, Span<byte> row, ReadOnlySpan<byte> above, int step, string name)
    {
        if (filter > 4) throw new CorruptFileException($"{name} is damaged: there is no PNG filter {filter}.");
        for (int i = 0; i < row.Length && filter > 0; i++)
        {
            int left = i < step ? 0 : row[i - step], up = above[i], corner = i < step ? 0 : above[i - step];
            row[i] += (byte)(filter switch { 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) });
        }
    }

    /// <summary>Of the three neighbours the one nearest to left + up − corner (RFC 2083, 6.6).</summary>
    internal static int Paeth(int left, int up, int corner)
    {
        int toLeft = Math.Abs(up - corner), toUp = Math.Abs(left - corner), toCorner = Math.Abs(left + up - (2 * corner));
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
