using System.Buffers.Binary;

namespace Gradient.Data;

/// <summary>
/// What a JPEG's markers say (ITU-T T.81, annex B), checked before the decoder sees the file, because it trusts some of them.
/// </summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Components">1 gray, 3 colour.</param>
/// <param name="IsRgb">Whether three components are red, green and blue rather than luminance and two chrominances.</param>
internal sealed record JpegHeader(int Height, int Width, int Components, bool IsRgb)
{
    /// <summary>A block of 64 pixels takes at least one bit, so that a byte stands for at most so many pixels.</summary>
    private const int MaxPixelsPerByte = 8 * 64;

    /// <summary>Walks along the markers to the end of the image.</summary>
    /// <exception cref="CorruptFileException">The walk does not end at an end-of-image marker, or meets what no JPEG has.</exception>
    /// <exception cref="UnsupportedOperationException">Arithmetic coding, lossless, 12 bits, CMYK.</exception>
    public static JpegHeader Read(ReadOnlySpan<byte> bytes, string name)
    {
        JpegHeader? header = null;
        int adobe = -1;
        bool scanned = false, jfif = false;
        for (int at = 2; ;)
        {
            while (at < bytes.Length && bytes[at] != 0xFF) at++; // what is between segments, and the data of scans
            while (at < bytes.Length && bytes[at] == 0xFF) at++;
            if (at >= bytes.Length) throw new CorruptFileException($"{name} is truncated: it has no end-of-image marker.");
            byte marker = bytes[at++];
            if (marker is 0 or 1 or (>= 0xD0 and <= 0xD8)) continue; // a byte FF of the data, or a marker without content
            if (marker == 0xD9)
            {
                if (header is null || !scanned) throw new CorruptFileException($"{name} has no image between the markers of its beginning and its end.");
                return header with { IsRgb = header.Components == 3 && !jfif && (adobe == 0 || (adobe < 0 && header.IsRgb)) };
            }

            int length = at + 2 <= bytes.Length ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : 0;
            if (length < 2 || at + length > bytes.Length) throw new CorruptFileException($"{name} is truncated: the segment at byte {at - 2:N0} goes beyond its end.");
            var content = bytes.Slice(at + 2, length - 2);
            at += length;
            switch (marker)
            {
                case 0xC0 or 0xC1 or 0xC2 when header is null: header = Frame(content, bytes.Length, name); break;
                case 0xC4 or 0xC8 or 0xCC: break; // tables
                case >= 0xC0 and <= 0xCF: throw header is null
                    ? new UnsupportedOperationException($"{name} is a JPEG of kind SOF{marker - 0xC0} (lossless, hierarchical or with arithmetic coding); baseline and progressive ones with Huffman coding are read.")
                    : new CorruptFileException($"{name} has two frames.");
                case 0xDA:
                    CheckScan(content, header, name);
                    scanned = true;
                    break;
                case 0xE0 when content is [(byte)'J', (byte)'F', (byte)'I', (byte)'F', 0, ..]: jfif = true; break; // its colours are fixed
                case 0xEE when content is [(byte)'A', (byte)'d', (byte)'o', (byte)'b', (byte)'e', _, _, _, _, _, _, var transform, ..]: adobe = transform; break;
                default: break;
            }
        }
    }

    private static JpegHeader Frame(ReadOnlySpan<byte> content, int fileBytes, string name)
    {
        if (content.Length < 6 || content.Length != 6 + (3 * content[5])) throw new CorruptFileException($"{name} has a damaged frame header.");
        int height = BinaryPrimitives.ReadUInt16BigEndian(content[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(content[3..]), count = content[5];
        if (content[0] != 8) throw new UnsupportedOperationException($"{name} has {content[0]} bits per sample; JPEGs of 8 are read.");
        if (count is not (1 or 3)) throw new UnsupportedOperationException($"{name} has {count} components; gray and colour JPEGs are read, with 1 and 3.");
        _ = ImageFile.CountValues(height, width, count, name);
        if ((long)height * width > (long)fileBytes * MaxPixelsPerByte)
            throw new CorruptFileException($"{name} is damaged: {fileBytes:N0} bytes cannot hold {height:N0} by {width:N0} pixels.");
        for (int c = 0; c < count; c++)
            if ((content[7 + (3 * c)] >> 4, content[7 + (3 * c)] & 15) is not ((1 or 2 or 4, 1 or 2 or 4)))
                throw new CorruptFileException($"{name} has the sampling factors {content[7 + (3 * c)]:X2}; 1, 2 and 4 are read.");
        bool rgb = count == 3 && (content[6], content[9], content[12]) is ((byte)'R', (byte)'G', (byte)'B');
        return new(height, width, count, rgb);
    }

    private static void CheckScan(ReadOnlySpan<byte> content, JpegHeader? header, string name)
    {
        if (header is null || content.IsEmpty || content[0] is < 1 or > 4 || content.Length != 4 + (2 * content[0]))
            throw new CorruptFileException($"{name} has a damaged scan header, or one in front of the frame's.");
        int first = content[^3], last = content[^2], bits = content[^1];
        if (first > last || last > 63 || (bits & 15) > 13 || bits >> 4 > 13)
            throw new CorruptFileException($"{name} has a scan of the coefficients {first} to {last}; there are 0 to 63.");
    }
}
