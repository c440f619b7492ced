namespace Gradient.Data.Tests;

public class SafetensorsHostileTests
{
    private const string Good = """{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"BOOL","shape":[3],"data_offsets":[8,11]}}""";
    private static readonly byte[] GoodData = [0, 0, 128, 63, 0, 0, 0, 192, 1, 0, 1];

    private TestFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [TestCase("", "'{'", TestName = "{m}(empty header)")]
    [TestCase(" {}", "'{'", TestName = "{m}(blank before the brace)")]
    [TestCase("[]", "'{'", TestName = "{m}(array)")]
    [TestCase("{", "JSON", TestName = "{m}(unfinished)")]
    [TestCase("{} x", "JSON", TestName = "{m}(something after)")]
    [TestCase("{}\0\0", "JSON", TestName = "{m}(padded with zeros)")]
    [TestCase("""{"a":1}""", "object", TestName = "{m}(tensor is a number)")]
    [TestCase("""{"a":{}}""", "lacks", TestName = "{m}(nothing said)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[]}}""", "lacks", TestName = "{m}(no offsets)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0]}}""", "lacks", TestName = "{m}(one offset)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,8]}}""", "more than 2", TestName = "{m}(three offsets)")]
    [TestCase("""{"a":{"dtype":"F33","shape":[0],"data_offsets":[0,0]}}""", "F33", TestName = "{m}(unknown dtype)")]
    [TestCase("""{"a":{"dtype":32,"shape":[0],"data_offsets":[0,0]}}""", "dtype", TestName = "{m}(dtype is a number)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}""", "whole number", TestName = "{m}(negative length)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,0]}}""", "whole number", TestName = "{m}(fraction)")]
    [TestCase("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", "whole number", TestName = "{m}(text length)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", "whole number", TestName = "{m}(nested length)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}""", "whole number", TestName = "{m}(length above 2^63)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,0]}}""", "2^63", TestName = "{m}(product overflows)")]
    [TestCase("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", "2^63", TestName = "{m}(bytes overflow)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", "more than 8", TestName = "{m}(nine axes)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "8 bytes", TestName = "{m}(size differs from range)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "before it begins", TestName = "{m}(range reversed)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[-4,-4]}}""", "whole number", TestName = "{m}(negative offset)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "truncated", TestName = "{m}(range beyond the file)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]},"c":{"dtype":"F16","shape":[1],"data_offsets":[6,8]}}""", "overlap", TestName = "{m}(overlap)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "overlap", TestName = "{m}(same range twice)")]
    [TestCase("""{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "gap", TestName = "{m}(gap)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "take 4", TestName = "{m}(data left over)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""", "twice", TestName = "{m}(name twice)")]
    [TestCase("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "twice", TestName = "{m}(dtype twice)")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", "twice", TestName = "{m}(shape twice)")]
    [TestCase("""{"__metadata__":{"k":"v","k":"w"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "twice", TestName = "{m}(metadata twice)")]
    [TestCase("""{"__metadata__":{},"__metadata__":{},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "twice", TestName = "{m}(two metadata)")]
    [TestCase("""{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not text", TestName = "{m}(metadata is a number)")]
    [TestCase("""{"__metadata__":[],"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not an object", TestName = "{m}(metadata is an array)")]
    [TestCase("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "JSON", TestName = "{m}(half a surrogate)")]
    public void A_bad_header_is_refused_with_its_reason(string header, string reason)
    {
        string path = folder.File("bad.safetensors", SafetensorsTests.Build(header, new byte[8]));
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CorruptFileException>().With.Message.Contains(reason).And.Message.Contains(path));
    }

    [Test]
    public void Deep_nesting_is_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 100_000)) + string.Concat(Enumerable.Repeat("]", 100_000));
        string header = $$$"""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":{{{deep}}}}}""";
        string path = folder.File("deep.safetensors", SafetensorsTests.Build(header, []));
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CorruptFileException>().With.Message.Contains("JSON"));
    }

    [Test]
    public void Text_that_is_not_UTF8_is_refused()
    {
        byte[] file = SafetensorsTests.Build("""{"?":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", []);
        file[Array.IndexOf(file, (byte)'?')] = 0xFF;
        string path = folder.File("latin.safetensors", file);
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CorruptFileException>().With.Message.Contains("JSON"));
    }

    [TestCase(100_000_001UL, "100,000,000")]
    [TestCase(1UL << 40, "100,000,000")]
    [TestCase(1UL << 63, "100,000,000")]
    [TestCase(ulong.MaxValue, "100,000,000")]
    [TestCase(3UL, "truncated")]
    public void A_header_longer_than_allowed_or_than_the_file_is_refused_before_memory_is_taken(ulong length, string reason)
    {
        string path = folder.File("long.safetensors", [.. BitConverter.GetBytes(length), (byte)'{', (byte)'}']);
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CorruptFileException>().With.Message.Contains(reason));
    }

    [Test]
    public void A_file_cut_anywhere_or_with_bytes_more_is_refused()
    {
        byte[] good = SafetensorsTests.Build(Good, GoodData);
        for (int length = 0; length < good.Length; length++)
        {
            string path = folder.File("cut.safetensors", good[..length]);
            Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CorruptFileException>(), $"{length} bytes");
        }

        Assert.That(() => SafetensorsFile.Open(folder.File("more.safetensors", [.. good, 0])), Throws.TypeOf<CorruptFileException>());
    }

    [Test]
    public void A_flipped_bit_anywhere_gives_what_the_file_says_or_an_error()
    {
        byte[] good = SafetensorsTests.Build(Good, GoodData);
        int data = good.Length - GoodData.Length, refused = 0;
        for (int position = 0; position < good.Length; position++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] bad = [.. good];
                bad[position] ^= (byte)(1 << bit);
                string path = folder.File("flip.safetensors", bad);
                try
                {
                    using var file = SafetensorsFile.Open(path);
                    foreach (string name in file.Names)
                    {
                        var info = file.Info(name);
                        var loaded = file.Load(name);
                        Assert.That(Bytes(loaded), Is.EqualTo(bad[(data + (int)info.Begin)..(data + (int)info.End)]), $"byte {position} bit {bit}");
                        Assert.That(Bytes(file.Map(name)), Is.EqualTo(Bytes(loaded)), $"byte {position} bit {bit}");
                    }

                    Assert.That(file.Names, Has.Count.EqualTo(2).Or.Count.EqualTo(3), "a key of another name at most");
                }
                catch (Exception e) when (e is CorruptFileException or UnsupportedOperationException)
                {
                    refused++;
                }
            }
        }

        Assert.That(refused, Is.GreaterThan(8 * 8), "most flips in the header are noticed");
    }

    [Test]
    public void Random_bytes_are_refused()
    {
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            if (bytes.Length > 8 && i % 2 == 0)
            {
                BitConverter.TryWriteBytes(bytes, (long)random.Next(bytes.Length - 8)); // so that the header itself is looked at
                bytes[8] = (byte)'{';
            }

            string path = folder.File("random.safetensors", bytes);
            Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<CorruptFileException>());
        }
    }

    private static byte[] Bytes(Tensor tensor) => tensor.DType switch
    {
        DType.Float32 => System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(tensor.ToArray<float>()).ToArray(),
        DType.Int32 => System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(tensor.ToArray<int>()).ToArray(),
        DType.Bool => System.Runtime.InteropServices.MemoryMarshal.AsBytes<bool>(tensor.ToArray<bool>()).ToArray(),
        _ => throw new AssertionException($"No flipped bit makes {tensor.DType} of F32 or BOOL."),
    };
}
