using System.Runtime.InteropServices;
using JpegLibrary;

namespace Gradient.Data;

/// <summary>JPEG through the package JpegLibrary, which is managed code and gives the components; the colours are made here.</summary>
internal static class JpegDecoding
{
    public static RawImage Decode(byte[] bytes, string name)
    {
        var header = JpegHeader.Read(bytes, name);
        var output = new Output(header);
        try
        {
            var decoder = new JpegDecoder();
            decoder.SetInput(bytes);
            decoder.Identify();
            decoder.SetOutputWriter(output);
            decoder.Decode();
        }
#pragma warning disable CA1031 // On damaged data the library fails in many ways: InvalidData, InvalidOperation, DivideByZero, NullReference …
        catch (Exception e) when (e is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            throw new CorruptFileException($"{name} has damaged JPEG data: {e.Message}", e);
        }

        if (header.Components == 3 && !header.IsRgb) ToRgb(output.Values);
        foreach (ref float value in output.Values.AsSpan()) value /= 255;
        return new(header.Height, header.Width, header.Components, output.Values);
    }

    /// <summary>JFIF 1.02: from luminance and chrominance, rounded to whole numbers as every decoder does.</summary>
    private static void ToRgb(Span<float> values)
    {
        for (int i = 0; i < values.Length; i += 3)
        {
            float y = values[i], cb = values[i + 1] - 128, cr = values[i + 2] - 128;
            values[i] = Round(y + (1.402f * cr));
            values[i + 1] = Round(y - (0.344136286f * cb) - (0.714136286f * cr));
            values[i + 2] = Round(y + (1.772f * cb));
        }
    }

    private static float Round(float value) => Math.Clamp(MathF.Round(value), 0, 255);

    /// <summary>Takes blocks of 8 by 8 samples, of which some may be beyond the borders.</summary>
    private sealed class Output(JpegHeader header) : JpegBlockOutputWriter
    {
        public float[] Values { get; } = new float[header.Height * header.Width * header.Components];

        public override void WriteBlock(ref short blockRef, int componentIndex, int x, int y)
        {
            var block = MemoryMarshal.CreateReadOnlySpan(ref blockRef, 64);
            for (int row = 0; row < 8 && y + row < header.Height; row++)
                for (int column = 0; column < 8 && x + column < header.Width; column++)
                    Values[((((y + row) * header.Width) + x + column) * header.Components) + componentIndex] = Math.Clamp((int)block[(row * 8) + column], 0, 255);
        }
    }
}
