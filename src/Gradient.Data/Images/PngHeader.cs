using System.Buffers.Binary;

namespace Gradient.Data;

/// <summary>A PNG's IHDR chunk.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Depth">Bits per sample: 1, 2, 4, 8, 16.</param>
/// <param name="ColourType">0 gray, 2 colour, 3 palette, 4 gray with alpha, 6 colour with alpha.</param>
/// <param name="Interlaced">Adam7.</param>
internal sealed record PngHeader(int Height, int Width, int Depth, int ColourType, bool Interlaced)
{
    /// <summary>Samples per pixel in the file.</summary>
    public int Samples => ColourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    public static PngHeader Parse(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length != 13) throw new CorruptFileException($"{name} has a PNG header of {bytes.Length} bytes, not 13.");
        int width = BinaryPrimitives.ReadInt32BigEndian(bytes), height = BinaryPrimitives.ReadInt32BigEndian(bytes[4..]);
        bool known = (bytes[9], bytes[8]) is (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) or (2 or 4 or 6, 8 or 16);
        if (!known || bytes[10] != 0 || bytes[11] != 0 || bytes[12] > 1 || width <= 0 || height <= 0)
            throw new CorruptFileException($"{name} has a PNG header that no PNG has: {Convert.ToHexString(bytes)}.");
        return new(height, width, bytes[8], bytes[9], bytes[12] == 1);
    }

    /// <summary>The bytes of a row of so many pixels, without its filter.</summary>
    public long RowBytes(long columns) => ((columns * Samples * Depth) + 7) / 8;
}
