using System.Buffers.Binary;
using System.IO.Compression;

namespace Gradient.Data.Tests;

public class IdxTests
{
    private TestFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void Every_element_type_is_read_big_endian()
    {
        byte[] doubles = new byte[16], floats = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(doubles, Math.PI);
        BinaryPrimitives.WriteDoubleBigEndian(doubles.AsSpan(8), -0.5);
        BinaryPrimitives.WriteSingleBigEndian(floats, 1.5f);
        BinaryPrimitives.WriteSingleBigEndian(floats.AsSpan(4), -2f);
        Assert.That(Read(0x08, [3], [0, 128, 255]).ToTensor().ToArray<int>(), Is.EqualTo(new[] { 0, 128, 255 }));
        Assert.That(Read(0x09, [3], [0, 128, 255]).ToTensor().ToArray<int>(), Is.EqualTo(new[] { 0, -128, -1 }));
        Assert.That(Read(0x0B, [2], [1, 2, 0xFF, 0xFE]).ToTensor().ToArray<int>(), Is.EqualTo(new[] { 258, -2 }));
        Assert.That(Read(0x0C, [1, 2], [0, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).ToTensor().ToArray<int>(), Is.EqualTo(new[] { 65536, -1 }));
        Assert.That(Read(0x0D, [2], floats).ToTensor().ToArray<float>(), Is.EqualTo(new[] { 1.5f, -2f }));
        Assert.That(Read(0x0E, [2, 1], doubles).ToTensor().ToArray<double>(), Is.EqualTo(new[] { Math.PI, -0.5 }));
        Assert.That(Read(0x0E, [2, 1], doubles).ToTensor().Shape, Is.EqualTo(new Shape([2, 1])));
        Assert.That(Read(0x08, [0, 5], []).ToTensor().Shape, Is.EqualTo(new Shape([0, 5])));
    }

    [Test]
    public void A_compressed_file_is_known_by_its_content()
    {
        string path = folder.File("images", Gzip(Build(0x08, [2, 2], [1, 2, 3, 4])));
        Assert.That(Idx.Read(path).Bytes.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3, 4 }));
    }

    [TestCase(new byte[] { 1, 0, 8, 1, 0, 0, 0, 0 }, "no IDX")]
    [TestCase(new byte[] { 0, 0, 7, 1, 0, 0, 0, 0 }, "no IDX")]
    [TestCase(new byte[] { 0, 0, 0x0A, 1, 0, 0, 0, 0 }, "no IDX")]
    [TestCase(new byte[] { 0, 0, 8, 1, 255, 255, 255, 255, 1 }, "truncated")]
    [TestCase(new byte[] { 0, 0, 8, 2, 0, 1, 0, 0, 127, 255, 255, 255, 1 }, "truncated")]
    [TestCase(new byte[] { 0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 }, "2^63")]
    [TestCase(new byte[] { 0, 0, 14, 2, 255, 255, 255, 255, 127, 255, 255, 255 }, "2^63")]
    [TestCase(new byte[] { 0, 0, 8, 1, 0, 0, 0, 2, 1, 1, 1 }, "goes on")]
    public void A_bad_header_is_refused_with_its_reason(byte[] file, string reason)
    {
        string plain = folder.File("bad", file), compressed = folder.File("bad.gz", Gzip(file));
        Assert.That(() => Idx.Read(plain), Throws.TypeOf<CorruptFileException>().With.Message.Contains(reason).And.Message.Contains(plain));
        Assert.That(() => Idx.Read(compressed), Throws.TypeOf<CorruptFileException>().With.Message.Contains(reason));
    }

    [Test]
    public void A_rank_above_eight_is_not_supported() =>
        Assert.That(() => Read(0x08, [1, 1, 1, 1, 1, 1, 1, 1, 1], [1]), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("9 axes"));

    [Test]
    public void A_file_cut_anywhere_is_refused_compressed_or_not()
    {
        byte[] good = Build(0x0B, [2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), zipped = Gzip(good);
        for (int length = 0; length < good.Length; length++)
            Assert.That(() => Idx.Read(folder.File("cut", good[..length])), Throws.TypeOf<CorruptFileException>(), $"{length} bytes");
        for (int length = 0; length < zipped.Length; length++)
            Assert.That(() => Idx.Read(folder.File("cut.gz", zipped[..length])), Throws.TypeOf<CorruptFileException>(), $"{length} bytes of gzip");
    }

    [Test]
    public void A_flipped_bit_gives_what_the_file_says_or_an_error()
    {
        byte[] content = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], good = Build(0x08, [3, 4], content), zipped = Gzip(good);
        for (int i = 0; i < good.Length * 8; i++)
        {
            byte[] bad = Flip(good, i);
            try
            {
                var read = Idx.Read(folder.File("flip", bad));
                Assert.That(read.Bytes.Length, Is.EqualTo(content.Length), $"bit {i}");
                if (i >= 12 * 8) Assert.That(read.Bytes.ToArray(), Is.EqualTo(bad[12..]), $"bit {i}");
            }
            catch (Exception e) when (e is CorruptFileException or UnsupportedOperationException)
            {
                Assert.That(i, Is.LessThan(12 * 8), "only the header can be wrong");
            }
        }

        int refused = 0;
        for (int i = 0; i < zipped.Length * 8; i++)
        {
            try
            {
                // What gzip stores of name, time and system may change; what is read then is still the content.
                Assert.That(Idx.Read(folder.File("flip.gz", Flip(zipped, i))).Bytes.ToArray(), Is.EqualTo(content), $"bit {i} of gzip");
            }
            catch (Exception e) when (e is CorruptFileException or UnsupportedOperationException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(8 * (zipped.Length - 18)), "everything but the outer header is under a checksum");

        static byte[] Flip(byte[] good, int bit)
        {
            byte[] bad = [.. good];
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            return bad;
        }
    }

    [Test]
    public void A_bomb_is_not_inflated_beyond_what_its_header_promises()
    {
        // 300 MB of zeros in 300 kB, behind a header that promises 4 bytes; and one that promises 4 GB in a few bytes.
        byte[] bomb = Gzip([.. Build(0x08, [4], []), .. new byte[300 << 20]]);
        byte[] liar = Gzip(Build(0x08, [0xFFFFFFFF], [1]));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.That(() => Idx.Read(folder.File("bomb.gz", bomb)), Throws.TypeOf<CorruptFileException>().With.Message.Contains("goes on"));
        Assert.That(() => Idx.Read(folder.File("liar.gz", liar)), Throws.TypeOf<CorruptFileException>().With.Message.Contains("more than the file can hold"));
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(4 << 20));
    }

    private IdxArray Read(byte type, long[] lengths, byte[] elements) => Idx.Read(folder.File("x", Build(type, lengths, elements)));

    internal static byte[] Build(byte type, long[] lengths, byte[] elements)
    {
        var file = new List<byte> { 0, 0, type, (byte)lengths.Length };
        foreach (long length in lengths) file.AddRange([(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        return [.. file, .. elements];
    }

    internal static byte[] Gzip(byte[] content)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Optimal)) gzip.Write(content);
        return memory.ToArray();
    }
}
