namespace Gradient.Data;

/// <summary>
/// Reads images: PNG (every colour type, depth and interlace), JPEG (baseline and progressive, gray and colour) and Netpbm's PGM and PPM, told
/// apart by their first bytes, whatever their name. The result is Float32 [height, width, channels] on the CPU with values 0 to 1.
/// Colour profiles, gamma and the EXIF orientation are ignored, as torchvision ignores them. What it writes is PNG.
/// </summary>
public static class ImageFile
{
    /// <summary>The extensions that <see cref="ImageFolder"/> looks for.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".pgm", ".ppm", ".pnm"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="channels">
    /// 1 gray, 2 with alpha, 3 colour, 4 with alpha; 0 leaves what the file has. Gray is repeated, colour weighted by ITU-R BT.601, alpha
    /// left out, a missing one opaque.
    /// </param>
    /// <exception cref="CorruptFileException">It is none of these formats, or damaged or truncated.</exception>
    /// <exception cref="UnsupportedOperationException">A rare kind (CMYK, arithmetic coding), or too large for an array.</exception>
    /// <exception cref="IOException">It cannot be opened (<see cref="FileNotFoundException"/> if there is none).</exception>
    public static Tensor Load(string path, int channels = 3) => Decode(File.ReadAllBytes(path), path, channels);

    /// <summary>Decodes the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">For error messages.</param>
    /// <param name="channels">As for <see cref="Load"/>.</param>
    /// <exception cref="CorruptFileException">They are none of these formats, or damaged or truncated.</exception>
    /// <exception cref="UnsupportedOperationException">A rare kind (CMYK, arithmetic coding), or too large for an array.</exception>
    public static Tensor Decode(byte[] bytes, string name, int channels = 3)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(channels);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, 4);
        var image = bytes switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => PngDecoder.Decode(bytes, name),
            [0xFF, 0xD8, ..] => JpegDecoding.Decode(bytes, name),
            [(byte)'P', (byte)'2' or (byte)'3' or (byte)'5' or (byte)'6', ..] => NetpbmDecoder.Decode(bytes, name),
            _ => throw new CorruptFileException(
                $"{name} is no image in PNG, JPEG, PGM or PPM: it begins with {System.Convert.ToHexString(bytes.AsSpan(0, Math.Min(4, bytes.Length)))}."),
        };
        return image.ToTensor(channels == 0 ? image.Channels : channels);
    }

    /// <summary>Writes an image as PNG, atomically; the arguments are those of <see cref="EncodePng"/>.</summary>
    /// <exception cref="ShapeMismatchException">It is no image.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(string path, Tensor image)
    {
        byte[] png = EncodePng(image);
        AtomicFile.Write(path, stream => stream.Write(png));
    }

    /// <summary>The bytes of a PNG file with eight bits per sample.</summary>
    /// <param name="image">
    /// [height, width] or [height, width, channels] on any device: 1 gray, 2 with alpha, 3 colour, 4 with alpha. Values are 0 to 1; what is
    /// outside is clamped, NaN is 0.
    /// </param>
    /// <exception cref="ShapeMismatchException">It has another rank, no pixels, or more than four channels.</exception>
    /// <exception cref="UnsupportedOperationException">It has more values than an array holds.</exception>
    public static byte[] EncodePng(Tensor image)
    {
        if (image.Rank is < 2 or > 3 || image.Shape.IsEmpty || (image.Rank == 3 && image.Shape[2] > 4))
            throw new ShapeMismatchException($"png: shape {image.Shape} is no image; it takes [height, width] or [height, width, channels] with one to four channels.");
        int channels = image.Rank == 2 ? 1 : (int)image.Shape[2];
        return PngEncoder.Encode(new((int)image.Shape[0], (int)image.Shape[1], channels, image.To(DType.Float32).ToArray<float>()));
    }

    /// <summary>The number of values of an image, if an array holds them.</summary>
    internal static int CountValues(long height, long width, int channels, string name)
    {
        if (height <= 0 || width <= 0) throw new CorruptFileException($"{name} promises an image of {height} by {width} pixels.");
        if ((Int128)height * width * channels > Array.MaxLength)
            throw new UnsupportedOperationException($"{name} promises an image of {height:N0} by {width:N0} pixels, more than an array holds.");
        return (int)(height * width * channels);
    }
}
