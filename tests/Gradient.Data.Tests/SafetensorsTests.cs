using System.Text;

namespace Gradient.Data.Tests;

public class SafetensorsTests
{
    private TestFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void Every_type_comes_back_bit_for_bit()
    {
        var cpu = Devices.Cpu;
        float[] f32 = [0f, -0f, 1.5f, float.NaN, float.PositiveInfinity, float.Epsilon];
        double[] f64 = [double.NaN, -0.0, Math.PI, double.MaxValue, double.Epsilon, -1];
        Half[] f16 = [(Half)1.5f, Half.NaN, Half.MaxValue, Half.Epsilon, -Half.Zero, (Half)(-2)];
        BFloat16[] bf16 = [(BFloat16)1.5f, (BFloat16)float.NaN, (BFloat16)(-3e38f), (BFloat16)0f, (BFloat16)(-0f), (BFloat16)7f];
        int[] i32 = [0, -1, int.MaxValue, int.MinValue, 5, 6];
        long[] i64 = [0, -1, long.MaxValue, long.MinValue, 5, 6];
        bool[] bools = [true, false, true, true, false, false];
        string path = folder.File("all.safetensors");
        SafetensorsFile.Save(path, new Dictionary<string, Tensor>
        {
            ["bool"] = Tensor.From<bool>(bools, [6], cpu),
            ["f16"] = Tensor.From<Half>(f16, [2, 3], cpu),
            ["f32"] = Tensor.From<float>(f32, [2, 3], cpu),
            ["bf16"] = Tensor.From<BFloat16>(bf16, [3, 2], cpu),
            ["i64"] = Tensor.From<long>(i64, [1, 6, 1], cpu),
            ["f64"] = Tensor.From<double>(f64, [6], cpu),
            ["i32"] = Tensor.From<int>(i32, [6], cpu),
        });

        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Names, Is.EqualTo(new[] { "bool", "f16", "f32", "bf16", "i64", "f64", "i32" }), "the order of writing is kept");
        foreach (bool mapped in new[] { false, true })
        {
            Tensor Get(string name) => mapped ? file.Map(name) : file.Load(name);
            Assert.That(Get("f32").Shape, Is.EqualTo(new Shape([2, 3])));
            Assert.That(Get("i64").Shape, Is.EqualTo(new Shape([1, 6, 1])));
            Assert.That(Array.ConvertAll(Get("f32").ToArray<float>(), BitConverter.SingleToInt32Bits), Is.EqualTo(Array.ConvertAll(f32, BitConverter.SingleToInt32Bits)));
            Assert.That(Array.ConvertAll(Get("f64").ToArray<double>(), BitConverter.DoubleToInt64Bits), Is.EqualTo(Array.ConvertAll(f64, BitConverter.DoubleToInt64Bits)));
            Assert.That(Array.ConvertAll(Get("f16").ToArray<Half>(), BitConverter.HalfToInt16Bits), Is.EqualTo(Array.ConvertAll(f16, BitConverter.HalfToInt16Bits)));
            Assert.That(Array.ConvertAll(Get("bf16").ToArray<BFloat16>(), BFloat16.ToBits), Is.EqualTo(Array.ConvertAll(bf16, BFloat16.ToBits)));
            Assert.That(Get("i32").ToArray<int>(), Is.EqualTo(i32));
            Assert.That(Get("i64").ToArray<long>(), Is.EqualTo(i64));
            Assert.That(Get("bool").ToArray<bool>(), Is.EqualTo(bools));
        }
    }

    [Test]
    public void Scalars_empty_tensors_views_and_metadata_come_back()
    {
        var matrix = Tensor.From<float>([1, 2, 3, 4, 5, 6], [2, 3], Devices.Cpu);
        var metadata = new Dictionary<string, string> { ["format"] = "pt", ["snow \u2603 \"quoted\""] = "line\nbreak" };
        string path = folder.File("odd.safetensors");
        SafetensorsFile.Save(path, new Dictionary<string, Tensor>
        {
            ["scalar"] = Tensor.From<float>([42f], [], Devices.Cpu),
            ["empty"] = Tensor.Empty([3, 0, 2], DType.Float64, Devices.Cpu),
            ["transposed ü"] = matrix.View(matrix.Layout.Transpose(0, 1)),
            ["again"] = matrix,
            ["same"] = matrix,
        }, metadata);

        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Metadata, Is.EqualTo(metadata));
        Assert.That(file.Load("scalar").Item<float>(), Is.EqualTo(42f));
        Assert.That(file.Load("scalar").Rank, Is.Zero);
        Assert.That(file.Load("empty").Shape, Is.EqualTo(new Shape([3, 0, 2])));
        Assert.That(file.Map("empty").ElementCount, Is.Zero);
        Assert.That(file.Load("transposed ü").ToArray<float>(), Is.EqualTo(new float[] { 1, 4, 2, 5, 3, 6 }));
        Assert.That(file.Load("same").ToArray<float>(), Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
        Assert.That(file.Info("again").Begin, Is.Not.EqualTo(file.Info("same").Begin));
        Assert.That(file.LoadAll().Keys, Is.EqualTo(file.Names));
    }

    [Test]
    public void Wide_elements_are_aligned_whatever_the_order()
    {
        string path = folder.File("aligned.safetensors");
        SafetensorsFile.Save(path, new Dictionary<string, Tensor>
        {
            ["b"] = Tensor.From<bool>([true], [1], Devices.Cpu),
            ["h"] = Tensor.From<Half>([(Half)1], [1], Devices.Cpu),
            ["d"] = Tensor.From<double>([1, 2], [2], Devices.Cpu),
            ["f"] = Tensor.From<float>([3], [1], Devices.Cpu),
        });
        byte[] bytes = File.ReadAllBytes(path);
        long dataStart = 8 + BitConverter.ToInt64(bytes);
        Assert.That(dataStart % 8, Is.Zero);
        using var file = SafetensorsFile.Open(path);
        foreach (string name in file.Names)
            Assert.That(file.Info(name).Begin % file.Info(name).DType!.Value.Size(), Is.Zero, name);
    }

    [Test]
    public void A_file_written_by_hand_is_read()
    {
        string path = folder.File("hand.safetensors", Build(
            """{"__metadata__":{"made":"by hand"},"b":{"dtype":"I32","shape":[2],"data_offsets":[8,16]},"a":{"shape":[1,2],"extra":{"x":[1,{}]},"data_offsets":[0,8],"dtype":"F32"}}""",
            [0, 0, 128, 63, 0, 0, 0, 192, 255, 255, 255, 255, 0, 1, 0, 0]));
        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Names, Is.EqualTo(new[] { "b", "a" }));
        Assert.That(file.Metadata["made"], Is.EqualTo("by hand"));
        Assert.That(file.Load("a").ToArray<float>(), Is.EqualTo(new[] { 1f, -2f }));
        Assert.That(file.Load("b").ToArray<int>(), Is.EqualTo(new[] { -1, 256 }));
        Assert.That(() => file.Load("c"), Throws.TypeOf<KeyNotFoundException>().With.Message.Contains("'c'").And.Message.Contains("b, a"));
    }

    [Test]
    public void Misaligned_tensors_are_read_and_mapped()
    {
        string header = """{"x":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"y":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""";
        using var file = SafetensorsFile.Open(folder.File("odd.safetensors", Build(header, [1, 0, 0, 128, 63, 0, 0, 0, 64])));
        Assert.That(file.Load("x").ToArray<float>(), Is.EqualTo(new[] { 1f, 2f }));
        Assert.That(file.Map("x").ToArray<float>(), Is.EqualTo(new[] { 1f, 2f }));
        Assert.That(file.Map("y").ToArray<bool>(), Is.EqualTo(new[] { true }));
    }

    [Test]
    public void A_mapped_tensor_outlives_its_file_and_writing_to_it_leaves_the_file_alone()
    {
        string path = folder.File("mapped.safetensors");
        SafetensorsFile.Save(path, new Dictionary<string, Tensor> { ["x"] = Tensor.From<float>([1, 2, 3], [3], Devices.Cpu) });
        byte[] before = File.ReadAllBytes(path);
        var (first, second) = MapTwice(path);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        first.AsSpan<float>()[1] = 20;
        Assert.That(second.ToArray<float>(), Is.EqualTo(new[] { 1f, 20f, 3f }), "both lie on the same pages");
        first.Dispose();
        Assert.That(second.ToArray<float>(), Is.EqualTo(new[] { 1f, 20f, 3f }));
        second.Dispose();
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(before));

        static (Tensor First, Tensor Second) MapTwice(string path)
        {
            using var file = SafetensorsFile.Open(path);
            return (file.Map("x"), file.Map("x"));
        }
    }

    [Test]
    public void A_small_tensor_is_read_out_of_a_file_of_gigabytes()
    {
        const long big = 6L << 30;
        string header = $$$"""{"big":{"dtype":"F32","shape":[{{{big / 4}}}],"data_offsets":[0,{{{big}}}]},"x":{"dtype":"F32","shape":[1],"data_offsets":[{{{big}}},{{{big + 4}}}]}}""";
        byte[] start = Build(header.PadRight((header.Length + 7) & ~7), []); // aligned, or Map would copy
        string path = folder.File("big.safetensors", start);
        using (var stream = File.OpenWrite(path))
        {
            stream.SetLength(start.Length + big); // sparse: no disk space is used
            stream.Position = stream.Length;
            stream.Write([0, 0, 128, 63]);
        }

        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Load("x").Item<float>(), Is.EqualTo(1f));
        Assert.That(file.Map("x").Item<float>(), Is.EqualTo(1f));
        var mapped = file.Map("big");
        Assert.That(mapped.View(mapped.Layout.Slice(0, (big / 4) - 1, 1)).Item<float>(), Is.Zero, "the last of 6 GB");
    }

    [Test]
    public void A_file_truncated_after_opening_is_noticed()
    {
        string path = folder.File("cut.safetensors", Build("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]));
        using var file = SafetensorsFile.Open(path);
        using (var other = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) other.SetLength(other.Length - 3);
        Assert.That(() => file.Load("x"), Throws.TypeOf<CorruptFileException>().With.Message.Contains("truncated").And.Message.Contains(path));
    }

    [Test]
    public void Saving_replaces_whole_files_and_leaves_nothing_behind()
    {
        string path = folder.File("sub/folder/x.safetensors");
        var x = Tensor.From<float>([1], [1], Devices.Cpu);
        SafetensorsFile.Save(path, new Dictionary<string, Tensor> { ["x"] = x });
        var pairs = new KeyValuePair<string, Tensor>[] { new("x", x), new("x", x) };
        Assert.That(() => SafetensorsFile.Save(path, pairs), Throws.ArgumentException.With.Message.Contains("'x'"));
        var reserved = new KeyValuePair<string, Tensor>[] { new("__metadata__", x) };
        Assert.That(() => SafetensorsFile.Save(path, reserved), Throws.ArgumentException);
        x.Dispose();
        Assert.That(() => SafetensorsFile.Save(path, pairs.AsSpan(0, 1).ToArray()), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(path)!), Is.EqualTo(new[] { path }), "no temporary file is left");
        using var file = SafetensorsFile.Open(path);
        Assert.That(file.Load("x").Item<float>(), Is.EqualTo(1f), "the old file is whole");
    }

    [Test]
    public void Types_that_tensors_do_not_have_are_listed_but_not_loaded()
    {
        using var file = SafetensorsFile.Open(folder.File("u8.safetensors", Build("""{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", [1, 2, 3])));
        Assert.That(file.Info("x").ElementType, Is.EqualTo("U8"));
        Assert.That(file.Info("x").DType, Is.Null);
        Assert.That(() => file.Load("x"), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("U8"));
        Assert.That(() => file.Map("x"), Throws.TypeOf<UnsupportedOperationException>());
    }

    [Test]
    public void Python_reads_what_we_write()
    {
        string path = folder.File("ours.safetensors");
        var matrix = Tensor.From<float>([1, 2, 3, 4, 5, 6], [2, 3], Devices.Cpu);
        SafetensorsFile.Save(path, new Dictionary<string, Tensor>
        {
            ["flags"] = Tensor.From<bool>([true, false], [2], Devices.Cpu),
            ["w"] = matrix.View(matrix.Layout.Transpose(0, 1)),
            ["n"] = Tensor.From<long>([-5], [], Devices.Cpu),
            ["h"] = Tensor.From<Half>([(Half)0.5f], [1], Devices.Cpu),
        }, new Dictionary<string, string> { ["who"] = "gradient" });
        // The format in ten lines, by itself: Debian has no safetensors package.
        string output = TestFiles.Python("""
            import json, struct, sys, numpy as np
            raw = open(sys.argv[1], 'rb').read()
            n = struct.unpack('<Q', raw[:8])[0]
            head = json.loads(raw[8:8 + n]); data = raw[8 + n:]
            assert head.pop('__metadata__') == {'who': 'gradient'}
            types = {'F32': '<f4', 'BOOL': '?', 'I64': '<i8', 'F16': '<f2'}
            assert sum(t['data_offsets'][1] - t['data_offsets'][0] for t in head.values()) == len(data)
            for k, t in head.items():
                a = np.frombuffer(data[slice(*t['data_offsets'])], types[t['dtype']]).reshape(t['shape'])
                print(k, a.tolist())
            """, path);
        Assert.That(output.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[]
        {
            "flags [True, False]", "w [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]", "n -5", "h [0.5]",
        }));
    }

    [Test]
    public void Files_that_Python_wrote_are_read_and_written_again_without_loss()
    {
        string? goldens = TestFiles.FindAbove("tests/goldens");
        Assert.That(goldens, Is.Not.Null, "tests/goldens is part of the repository");
        string[] paths = Directory.GetFiles(goldens!, "*.safetensors");
        Assert.That(paths, Is.Not.Empty);
        foreach (string path in paths)
        {
            using var file = SafetensorsFile.Open(path);
            string copy = folder.File(Path.GetFileName(path));
            SafetensorsFile.Save(copy, file.LoadAll(), file.Metadata);
            using var again = SafetensorsFile.Open(copy);
            Assert.That(again.Names, Is.EqualTo(file.Names), path);
            Assert.That(again.Metadata, Is.EqualTo(file.Metadata), path);
            byte[] old = File.ReadAllBytes(path), @new = File.ReadAllBytes(copy);
            foreach (string name in file.Names)
            {
                Assert.That(again.Info(name).Shape, Is.EqualTo(file.Info(name).Shape), name);
                Assert.That(Data(@new, again.Info(name)).SequenceEqual(Data(old, file.Info(name))), Is.True, $"{path} {name}");
            }
        }

        static ReadOnlySpan<byte> Data(byte[] file, SafetensorsTensor info) =>
            file.AsSpan((int)(8 + BitConverter.ToInt64(file) + info.Begin), (int)info.Bytes);
    }

    /// <summary>A file of this header, unpadded, and data.</summary>
    internal static byte[] Build(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)json.Length), .. json, .. data];
    }
}
