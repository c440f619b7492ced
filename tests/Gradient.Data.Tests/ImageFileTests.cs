namespace Gradient.Data.Tests;

public class ImageFileTests
{
    private static IEnumerable<string> Readable => GoldenArrays.Images.Names("expected").Where(name => !name.StartsWith("gray-of", StringComparison.Ordinal));

    [TestCaseSource(nameof(Readable))]
    public void Images_are_read_as_by_others(string name)
    {
        var image = ImageFile.Decode(GoldenArrays.Images.File(name), name, channels: 0);
        var expected = GoldenArrays.Images["expected/" + name];

        GoldenArrays.AssertClose(image, expected, Tolerance(name), name);
    }

    /// <summary>
    /// PNG and Netpbm are exact but for the rounding of the division. The JPEG standard lets decoders differ by 1 of 255 before the colours are
    /// mixed (T.83), which then differ by 2 or less. Chrominance with fewer samples is repeated here and interpolated by libjpeg: half a
    /// pixel off in each halved direction, in which the picture's changes by up to 3.5 (down) and 2.4 (across) per pixel, and blue takes 1.772 times
    /// it; its own rounding counts for 1 more.
    /// </summary>
    private static double Tolerance(string name) => name switch
    {
        "jpg-420" => ((0.5 * (3.5 + 2.4) * 1.772) + 3) / 255,
        "jpg-422-progressive" => ((0.5 * 2.4 * 1.772) + 3) / 255,
        _ when !name.StartsWith("jpg", StringComparison.Ordinal) => 1e-7,
        _ when name.Contains("gray", StringComparison.Ordinal) || name.Contains("rgb", StringComparison.Ordinal) => 1.01 / 255,
        _ => 2.01 / 255,
    };

    [Test]
    public void Channels_are_made_of_others()
    {
        byte[] ppm = GoldenArrays.Images.File("ppm"), gray = GoldenArrays.Images.File("pgm"), alpha = GoldenArrays.Images.File("png-6-8-0");
        GoldenArrays.AssertClose(ImageFile.Decode(ppm, "ppm", channels: 1), GoldenArrays.Images["expected/gray-of-ppm"], 0.51 / 255); // Pillow rounds
        float[] luminance = ImageFile.Decode(gray, "pgm", channels: 1).ToArray<float>(), colour = ImageFile.Decode(gray, "pgm").ToArray<float>();
        Assert.That(colour, Is.EqualTo(luminance.SelectMany(x => new[] { x, x, x })));
        float[] whole = ImageFile.Decode(alpha, "png", channels: 4).ToArray<float>(), without = ImageFile.Decode(alpha, "png").ToArray<float>();
        Assert.That(without, Is.EqualTo(whole.Where((_, i) => i % 4 != 3)));
        Assert.That(ImageFile.Decode(gray, "pgm", channels: 2).ToArray<float>().Where((_, i) => i % 2 == 1), Is.All.EqualTo(1f));
        Assert.That(() => ImageFile.Decode(gray, "pgm", channels: 5), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Netpbm_as_text_and_with_16_bits()
    {
        Assert.That(Text("P2 # a comment\n3 1\n#another\n9\n0 3\t9").ToArray<float>(), Is.EqualTo(new[] { 0, 3 / 9f, 1 }));
        var colour = Text("P3\n1 2\n255\n255 0 51\n0 255 102");
        Assert.That(colour.Shape, Is.EqualTo(new Shape([2, 1, 3])));
        Assert.That(colour.ToArray<float>(), Is.EqualTo(new[] { 1, 0, 0.2f, 0, 1, 0.4f }));
        byte[] wide = [.. "P5\n2 1\n1000\n"u8, 0x03, 0xE8, 0x01, 0xF4];
        Assert.That(ImageFile.Decode(wide, "wide", 0).ToArray<float>(), Is.EqualTo(new[] { 1, 0.5f }));

        static Tensor Text(string text) => ImageFile.Decode(System.Text.Encoding.ASCII.GetBytes(text), "text", 0);
    }

    [TestCase("P5 2 2 255\n\x01\x02\x03", "truncated")]
    [TestCase("P5 2 2 0\n\x01\x02\x03\x04", "largest")]
    [TestCase("P5 2 2 70000\n\x01\x02\x03\x04", "largest")]
    [TestCase("P5 0 2 255\n", "0 pixels")]
    [TestCase("P5 2 x 255\n", "no number")]
    [TestCase("P5 2 2 255", "blank")]
    [TestCase("P2 2 1 9 4 10", "above its largest")]
    [TestCase("P2 2 1 9 4 ", "truncated")]
    [TestCase("P2 2 1 9 4    ", "no number")]
    [TestCase("P6 9999 9999 255\n", "truncated")]
    [TestCase("P6 99999999999 1 255\n", "digits")]
    [TestCase("GIF89a", "no image")]
    [TestCase("", "no image")]
    public void Damaged_Netpbm_and_other_files_are_refused(string content, string message) =>
        Assert.That(() => ImageFile.Decode(System.Text.Encoding.Latin1.GetBytes(content), "x.ppm"), Throws.TypeOf<CorruptFileException>().With.Message.Contains(message).And.Message.Contains("x.ppm"));

    [Test]
    public void What_no_array_holds_is_refused_before_memory_is_asked_for() =>
        Assert.That(() => ImageFile.Decode("P6 99999999 99999999 255\n"u8.ToArray(), "x.ppm"), Throws.TypeOf<UnsupportedOperationException>());

    [Test]
    public void Every_truncated_image_is_corrupt()
    {
        foreach (string name in Readable)
        {
            byte[] file = GoldenArrays.Images.File(name);
            for (int length = 0; length < file.Length; length += file.Length > 400 ? 7 : 1)
                Assert.That(() => ImageFile.Decode(file[..length], name), Throws.TypeOf<CorruptFileException>(), $"{name} cut to {length} of {file.Length}");
        }
    }

    [Test]
    public void Every_flipped_bit_of_a_PNG_is_noticed()
    {
        foreach (string name in new[] { "png-3-4-1-alpha", "png-2-8-0", "png-0-16-1" })
        {
            byte[] file = GoldenArrays.Images.File(name);
            for (int bit = 0; bit < 8 * file.Length; bit += 3)
            {
                byte[] damaged = [.. file];
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.That(() => ImageFile.Decode(damaged, name), Throws.TypeOf<CorruptFileException>(), $"{name}, bit {bit}");
            }
        }
    }

    [Test]
    public void Random_damage_to_a_JPEG_is_an_error_or_an_image_and_nothing_else()
    {
        var random = new Random(1);
        foreach (string name in Readable.Where(name => name.StartsWith("jpg", StringComparison.Ordinal)))
        {
            byte[] file = GoldenArrays.Images.File(name);
            for (int i = 0; i < 300; i++)
            {
                byte[] damaged = [.. file];
                for (int j = random.Next(1, 5); j > 0; j--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                try
                {
                    Assert.That(ImageFile.Decode(damaged, name, 0).ToArray<float>(), Is.All.InRange(0f, 1f));
                }
                catch (Exception e) when (e is CorruptFileException or UnsupportedOperationException)
                {
                    Assert.That(e.Message, Does.Contain(name));
                }
            }
        }
    }

    [Test]
    public void Rare_JPEGs_are_refused_with_the_reason()
    {
        Assert.That(() => ImageFile.Decode(GoldenArrays.Images.File("refused-cmyk"), "cmyk.jpg"), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("4 components"));
        byte[] file = GoldenArrays.Images.File("jpg-gray");
        int frame = file.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        Assert.That(() => ImageFile.Decode(With(1, 0xC9), "x.jpg"), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("SOF9"));
        Assert.That(() => ImageFile.Decode(With(4, 12), "x.jpg"), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("12 bits"));
        Assert.That(() => ImageFile.Decode(With(5, 0x7F), "x.jpg"), Throws.TypeOf<CorruptFileException>().With.Message.Contains("cannot hold"), "a bomb");
        int scan = file.AsSpan().IndexOf([(byte)0xFF, (byte)0xDA]);
        frame = scan; // the last coefficient of the scan: beyond 63 the decoder would write beside its block
        Assert.That(() => ImageFile.Decode(With(8, 200), "x.jpg"), Throws.TypeOf<CorruptFileException>().With.Message.Contains("coefficients"));

        byte[] With(int at, byte value)
        {
            byte[] changed = [.. file];
            changed[frame + at] = value;
            return changed;
        }
    }

    [Test]
    public void PNGs_that_promise_too_much_are_refused()
    {
        // The chunks' checks are right: only the content is not.
        byte[] header = [0, 0, 0x40, 0, 0, 0, 0x40, 0, 8, 0, 0, 0, 0];
        byte[] nothing = Deflate(new byte[10]);
        Assert.That(() => Decode(header, nothing), Corrupt("cannot inflate"));
        header = [0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0];
        Assert.That(Decode(header, Deflate([0, 255, 0, 51, 1, 51, 0, 204])).ToArray<float>(), Is.EqualTo(new[] { 1, 0, 0.2f, 0.2f, 0.2f, 1 }));
        Assert.That(() => Decode(header, Deflate(new byte[7])), Corrupt("fewer pixels"));
        Assert.That(() => Decode(header, Deflate(new byte[9])), Corrupt("more pixels"));
        Assert.That(() => Decode(header, Deflate([5, 0, 0, 0, 0, 0, 0, 0])), Corrupt("filter 5"));
        Assert.That(() => Decode(header, new byte[50]), Corrupt("zlib"));
        foreach (var (at, value) in new (int, byte)[] { (8, 3), (9, 1), (9, 5), (10, 1), (11, 1), (12, 2), (3, 0), (0, 0x80) })
        {
            byte[] bad = [.. header];
            bad[at] = value;
            Assert.That(() => Decode(bad, nothing), Corrupt("no PNG has"), $"byte {at} = {value}");
        }

        byte[] indexed = [.. header];
        indexed[9] = 3;
        Assert.That(() => Decode(indexed, Deflate(new byte[8])), Corrupt("palette"));
        Assert.That(() => Decode(indexed, Deflate([0, 0, 1, 2, 0, 0, 0, 0]), ("PLTE", new byte[6])), Corrupt("colour 2"));
        Assert.That(() => Decode(header, nothing, ("tRNS", new byte[3])), Corrupt("transparency"));
        Assert.That(() => Decode(header, nothing, ("ABCD", [])), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("ABCD"));
        Assert.That(() => Decode(header, nothing, ("IHDR", header)), Corrupt("IHDR"));

        static NUnit.Framework.Constraints.IResolveConstraint Corrupt(string message) => Throws.TypeOf<CorruptFileException>().With.Message.Contains(message);
    }

    private static Tensor Decode(byte[] header, byte[] data, params (string Type, byte[] Content)[] between)
    {
        var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk("IHDR", header);
        foreach (var (type, content) in between) Chunk(type, content);
        Chunk("IDAT", data);
        Chunk("IEND", []);
        return ImageFile.Decode(file.ToArray(), "made.png", 0);

        void Chunk(string type, byte[] content)
        {
            byte[] all = [.. System.Text.Encoding.ASCII.GetBytes(type), .. content];
            var number = new byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
            file.Write(number);
            file.Write(all);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(all));
            file.Write(number);
        }
    }

    private static byte[] Deflate(byte[] bytes)
    {
        var result = new MemoryStream();
        using (var deflated = new System.IO.Compression.ZLibStream(result, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true)) deflated.Write(bytes);
        return result.ToArray();
    }
}
