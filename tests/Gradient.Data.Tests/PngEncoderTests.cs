namespace Gradient.Data.Tests;

public class PngEncoderTests
{
    /// <summary>Pillow opens the file; its mode, size and bytes are compared.</summary>
    private const string Read = """
        import sys
        from PIL import Image
        image = Image.open(sys.argv[1])
        image.load()
        print(image.format, image.mode, image.size[0], image.size[1], image.tobytes().hex())
        """;

    [TestCase(1, "L")]
    [TestCase(2, "LA")]
    [TestCase(3, "RGB")]
    [TestCase(4, "RGBA")]
    public void Pillow_reads_what_is_written(int channels, string mode)
    {
        using var folder = new TestFolder();
        var (image, bytes) = Picture(13, 7, channels);
        ImageFile.Save(folder.File("a.png"), image);
        if (TestFiles.Python("import importlib.util as u; print(u.find_spec('PIL') is not None)").Trim() != "True") Assert.Inconclusive("No Pillow.");

        string[] read = TestFiles.Python(Read, folder.File("a.png")).Split();
        Assert.That(read[..4], Is.EqualTo(new[] { "PNG", mode, "7", "13" }));
        Assert.That(read[4], Is.EqualTo(Convert.ToHexStringLower(bytes)));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    public void What_is_written_is_read(int channels)
    {
        var (image, bytes) = Picture(31, 64, channels);
        float[] read = ImageFile.Decode(ImageFile.EncodePng(image), "own", channels: 0).ToArray<float>();
        Assert.That(read.Select(x => (byte)MathF.Round(x * 255)), Is.EqualTo(bytes));
    }

    [Test]
    public void Values_outside_are_clamped_and_nan_is_black()
    {
        var image = Tensor.From<float>([float.NaN, float.NegativeInfinity, -3, 0.5f, 7, float.PositiveInfinity], [2, 3], Autograd.Devices.Cpu);
        float[] read = ImageFile.Decode(ImageFile.EncodePng(image), "own", channels: 0).ToArray<float>();
        Assert.That(read, Is.EqualTo(new[] { 0, 0, 0, 128 / 255f, 1, 1 }));
    }

    [Test]
    public void What_is_no_image_is_an_error_with_its_shape()
    {
        foreach (var shape in new Shape[] { [3], [2, 2, 5], [0, 4], [1, 2, 2, 3], [2, 2, 0] })
            Assert.That(() => ImageFile.EncodePng(Tensor.Empty(shape, DType.Float32, Autograd.Devices.Cpu)),
                Throws.TypeOf<ShapeMismatchException>().With.Message.Contains(shape.ToString()));
    }

    [Test]
    public void Smooth_pictures_become_small()
    {
        var image = Tensor.From<float>([.. Enumerable.Range(0, 256 * 256).Select(i => (i / 256 + i % 256) / 510f)], [256, 256], Autograd.Devices.Cpu);
        Assert.That(ImageFile.EncodePng(image), Has.Length.LessThan(256 * 256 / 20));
    }

    private static (Tensor Image, byte[] Bytes) Picture(int height, int width, int channels)
    {
        byte[] bytes = new byte[height * width * channels];
        new Random(channels).NextBytes(bytes);
        return (Tensor.From<float>([.. bytes.Select(b => b / 255f)], [height, width, channels], Autograd.Devices.Cpu), bytes);
    }
}
