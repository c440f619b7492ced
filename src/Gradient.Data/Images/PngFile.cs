using System.Buffers.Binary;

namespace Gradient.Data;

/// <summary>The chunks of a PNG, and how its pixels are to be read.</summary>
internal sealed class PngFile
{
    private readonly byte[] palette, transparency;
    private readonly string name;

    public PngFile(PngHeader header, byte[] palette, byte[] transparency, MemoryStream data, string name)
    {
        (Header, this.palette, this.transparency, Data, this.name) = (header, palette, transparency, data, name);
        bool indexed = header.ColourType == 3;
        if (indexed && (palette.Length == 0 || palette.Length % 3 != 0 || palette.Length > 768))
            throw new CorruptFileException($"{name} has a palette of {palette.Length} bytes; it takes 3 for each of 1 to 256 colours.");
        int expected = header.ColourType switch { 0 => 2, 2 => 6, 3 => Math.Clamp(transparency.Length, 0, palette.Length / 3), _ => 0 };
        if (transparency.Length > 0 && transparency.Length != expected)
            throw new CorruptFileException($"{name} has {transparency.Length} bytes of transparency, which its colour type does not have.");
        int colours = header.ColourType is 2 or 3 or 6 ? 3 : 1;
        OutputChannels = colours + (header.ColourType >= 4 || transparency.Length > 0 ? 1 : 0);
    }

    public PngHeader Header { get; }

    /// <summary>The compressed data.</summary>
    public MemoryStream Data { get; }

    /// <summary>The palette resolved, and alpha added where there is transparency.</summary>
    public int OutputChannels { get; }

    /// <summary>Reads a pixel of an unfiltered row.</summary>
    public void Pixel(ReadOnlySpan<byte> row, int x, Span<float> pixel)
    {
        if (Header.ColourType == 3)
        {
            int index = Sample(row, x);
            if (index * 3 >= palette.Length) throw new CorruptFileException($"{name} has the colour {index}, and a palette of {palette.Length / 3}.");
            for (int c = 0; c < 3; c++) pixel[c] = palette[(index * 3) + c] / 255f;
            if (pixel.Length == 4) pixel[3] = index < transparency.Length ? transparency[index] / 255f : 1;
            return;
        }

        int samples = Header.Samples;
        bool transparent = transparency.Length > 0; // one colour is: RFC 2083, 4.2.9
        for (int c = 0; c < samples; c++)
        {
            int sample = Sample(row, (x * samples) + c);
            pixel[c] = sample / (float)((1 << Header.Depth) - 1);
            if (transparency.Length > 0) transparent &= sample == BinaryPrimitives.ReadUInt16BigEndian(transparency.AsSpan(2 * c));
        }

        if (transparency.Length > 0) pixel[samples] = transparent ? 0 : 1;
    }

    private int Sample(ReadOnlySpan<byte> row, int i) => Header.Depth switch
    {
        16 => BinaryPrimitives.ReadUInt16BigEndian(row[(2 * i)..]),
        8 => row[i],
        int depth => (row[i * depth / 8] >> (8 - depth - (i * depth % 8))) & ((1 << depth) - 1),
    };
}
