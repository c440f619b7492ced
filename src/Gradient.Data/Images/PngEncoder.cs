using System.Buffers.Binary;
using System.IO.Compression;

namespace Gradient.Data;

/// <summary>Writes PNG (RFC 2083): eight bits per sample, no interlace, every row filtered by Paeth's predictor.</summary>
internal static class PngEncoder
{
    public static byte[] Encode(RawImage image)
    {
        var png = new MemoryStream();
        png.Write(PngDecoder.Signature);
        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
        header[8] = 8;
        header[9] = image.Channels switch { 1 => 0, 2 => 4, 3 => 2, _ => 6 };
        WriteChunk(png, "IHDR"u8, header);
        WriteChunk(png, "IDAT"u8, Deflate(image));
        WriteChunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static ReadOnlySpan<byte> Deflate(RawImage image)
    {
        var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Optimal, leaveOpen: true))
        {
            int length = checked(image.Width * image.Channels), step = image.Channels;
            byte[] row = new byte[length], above = new byte[length], filtered = new byte[length + 1];
            filtered[0] = 4;
            for (int y = 0; y < image.Height; y++)
            {
                Quantize(image.Values.AsSpan(y * length, length), row);
                for (int i = 0; i < length; i++)
                {
                    int left = i < step ? 0 : row[i - step], corner = i < step ? 0 : above[i - step];
                    filtered[i + 1] = (byte)(row[i] - PngDecoder.Paeth(left, above[i], corner));
                }

                zlib.Write(filtered);
                (row, above) = (above, row);
            }
        }

        return data.GetBuffer().AsSpan(0, (int)data.Length);
    }

    private static void Quantize(ReadOnlySpan<float> values, Span<byte> row)
    {
        for (int i = 0; i < row.Length; i++)
            row[i] = float.IsNaN(values[i]) ? (byte)0 : (byte)((Math.Clamp(values[i], 0, 1) * 255) + 0.5f);
    }

    private static void WriteChunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        png.Write(number);
        png.Write(type);
        png.Write(content);
        var crc = new Crc32();
        crc.Add(type);
        crc.Add(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.Value);
        png.Write(number);
    }
}
