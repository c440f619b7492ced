using System.IO.Compression;

namespace Gradient.Data.Tests;

public class NpyTests
{
    private static readonly string[] Kinds = ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"];

    [Test]
    public void Every_type_order_of_bytes_and_order_of_axes([ValueSource(nameof(Kinds))] string kind, [Values("le", "be")] string bytes, [Values("C", "F")] string order)
    {
        using var folder = new TestFolder();
        var tensor = Npy.Load(folder.File("a.npy", GoldenArrays.Numpy.File($"{kind}-{bytes}-{order}")), Devices.Cpu);
        Assert.That(tensor.Shape, Is.EqualTo(new Shape([2, 3, 4])));
        Assert.That(tensor.IsContiguous);
        Assert.That(tensor.DType, Is.EqualTo(kind switch
        {
            "b1" => DType.Bool,
            "f2" => DType.Float16,
            "f4" => DType.Float32,
            "f8" => DType.Float64,
            "i8" or "u4" or "u8" => DType.Int64,
            _ => DType.Int32,
        }));
        Assert.That(
            tensor.To(DType.Float64).ToArray<double>(),
            Is.EqualTo(Enumerable.Range(0, 24).Select(i => (double)(kind == "b1" ? i % 2 : kind[0] == 'u' ? i + 120 : i - 7))));
    }

    [Test]
    public void Odd_shapes_and_versions()
    {
        Assert.That(Load("version-2").ToArray<float>(), Is.EqualTo(new float[] { 0, 1, 2, 3, 4 }));
        Assert.That(Load("version-3").ToArray<float>(), Is.EqualTo(new float[] { 0, 1, 2, 3, 4 }));
        Assert.That(Load("scalar").Shape, Is.EqualTo(Shape.Scalar));
        Assert.That(Load("scalar").Item<double>(), Is.EqualTo(2.5));
        Assert.That(Load("empty").Shape, Is.EqualTo(new Shape([0, 3])));
        Assert.That(Load("one-axis").ToArray<long>(), Is.EqualTo(new long[] { 1, -2 }));
        Assert.That(Load("rank-8").Shape, Is.EqualTo(new Shape([1, 1, 1, 1, 1, 1, 1, 2])));
    }

    [TestCase("refused-complex", "'<c8'")]
    [TestCase("refused-text", "'<U2'")]
    [TestCase("refused-fields", "structured")]
    [TestCase("refused-objects", "'|O'")]
    [TestCase("refused-rank-9", "9 axes")]
    [TestCase("u8-max", "2^63")]
    public void What_no_tensor_stores_is_refused(string name, string message) =>
        Assert.That(() => Load(name), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains(message));

    [Test]
    public void Files_are_those_of_NumPy_byte_for_byte()
    {
        using var folder = new TestFolder();
        foreach (string name in new[] { "b1-le-C", "i4-le-C", "i8-le-C", "f2-le-C", "f4-le-C", "f8-le-C", "scalar", "empty", "one-axis", "rank-8" })
        {
            Npy.Save(folder.File("a.npy"), Load(name));
            Assert.That(File.ReadAllBytes(folder.File("a.npy")), Is.EqualTo(GoldenArrays.Numpy.File(name)), name);
        }

        var turned = Load("f4-le-F");
        Npy.Save(folder.File("b.npy"), turned.View(turned.Layout.Transpose(0, 2)));
        Assert.That(Npy.Load(folder.File("b.npy")).ToArray<float>(), Is.EqualTo(turned.View(turned.Layout.Transpose(0, 2)).ToArray<float>()));
        Assert.That(
            () => Npy.Save(folder.File("c.npy"), Tensor.Empty([2], DType.BFloat16, Devices.Cpu)),
            Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("bfloat16").And.Message.Contains("Float32"));
        Assert.That(File.Exists(folder.File("c.npy")), Is.False);
    }

    [Test]
    public void NumPy_reads_what_is_written()
    {
        using var folder = new TestFolder();
        var values = Tensor.From<float>([1.5f, float.NaN, float.PositiveInfinity, -0f], [2, 2], Devices.Cpu);
        Npz.Save(folder.File("a.npz"), new Dictionary<string, Tensor> { ["values"] = values, ["half"] = values.To(DType.Float16) }, compress: true);
        Npy.Save(folder.File("a.npy"), values);
        string output = TestFiles.Python(
            "import sys, numpy as np; z = np.load(sys.argv[1]); print(z.files, z['values'].tolist(), z['half'].dtype, np.load(sys.argv[2]).tolist())",
            folder.File("a.npz"), folder.File("a.npy"));
        Assert.That(output.Trim(), Is.EqualTo("['values', 'half'] [[1.5, nan], [inf, -0.0]] float16 [[1.5, nan], [inf, -0.0]]"));
    }

    [Test]
    public void Every_truncated_or_lengthened_file_is_corrupt()
    {
        using var folder = new TestFolder();
        foreach (string name in new[] { "f4-le-C", "u2-be-F", "version-2", "scalar", "empty" })
        {
            byte[] file = GoldenArrays.Numpy.File(name);
            for (int length = 0; length < file.Length; length++)
                Assert.That(() => Npy.Load(folder.File("a.npy", file[..length])), Throws.TypeOf<CorruptFileException>(), $"{name} cut to {length}");
            Assert.That(() => Npy.Load(folder.File("a.npy", [.. file, 0])), Throws.TypeOf<CorruptFileException>().With.Message.Contains("goes on"));
        }
    }

    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (2305843009213693952, 4), }", "2^63")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "no length")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "no length")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }", "truncated")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, }", "not all")]
    [TestCase("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (), }", "second time")]
    [TestCase("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': 1}", "unknown")]
    [TestCase("{'descr': '<f4', 'fortran_order': Maybe, 'shape': ()}", "neither True nor False")]
    [TestCase("{'descr': '<f4, 'fortran_order': True, 'shape': ()}", "no ','|no '}'|no ':'|damaged")]
    [TestCase("{'descr': '<f4', 'fortran_order': True, 'shape': ()} + evil()", "behind")]
    [TestCase("__import__('os').system('true')", "no '{'")]
    [TestCase("", "no '{'")]
    public void Hostile_headers_are_refused(string header, string message)
    {
        using var folder = new TestFolder();
        string[] any = message.Split('|');
        var error = Assert.Throws<CorruptFileException>(() => Npy.Load(folder.File("a.npy", Build(header, 16))))!;
        Assert.That(any.Any(error.Message.Contains), error.Message);
    }

    [Test]
    public void Headers_are_read_as_Python_would()
    {
        using var folder = new TestFolder();
        byte[] file = Build("  {\"shape\":( 1 , 2 ),\n'fortran_order' :True,\"descr\":'=f4'}  ", 8);
        Assert.That(Npy.Load(folder.File("a.npy", file)).Shape, Is.EqualTo(new Shape([1, 2])));
        byte[] huge = [0x93, .. "NUMPY"u8, 2, 0, 0xFF, 0xFF, 0xFF, 0x7F];
        Assert.That(() => Npy.Load(folder.File("b.npy", huge)), Throws.TypeOf<CorruptFileException>().With.Message.Contains("10,000"));
        Assert.That(() => Npy.Load(folder.File("c.npy", [0x93, .. "NUMPY"u8, 4, 0, 0, 0])), Throws.TypeOf<CorruptFileException>().With.Message.Contains("4.0"));
        Assert.That(() => Npy.Load(folder.File("d.npy", Build("{'descr': '|b1', 'fortran_order': False, 'shape': (8,), }", 8, fill: 2))), Throws.TypeOf<CorruptFileException>().With.Message.Contains("bool"));
        Assert.That(() => Npy.Load(folder.File("none.npy")), Throws.TypeOf<FileNotFoundException>());
    }

    [Test]
    public void Archives_of_NumPy()
    {
        using var folder = new TestFolder();
        var stored = Npz.Load(folder.File("a.npz", GoldenArrays.Numpy.File("stored.npz")), Devices.Cpu);
        Assert.That(stored.Keys, Is.EqualTo(new[] { "weight", "label" }));
        Assert.That(stored["weight"].ToArray<float>(), Is.EqualTo(new float[] { 0, 1, 2, 3, 4, 5 }));
        Assert.That(stored["label"].Item<long>(), Is.EqualTo(7));
        var deflated = Npz.Load(folder.File("b.npz", GoldenArrays.Numpy.File("deflated.npz")), Devices.Cpu);
        Assert.That(deflated["zeros"].Shape, Is.EqualTo(new Shape([100, 100])));
        Assert.That(deflated["zeros"].ToArray<float>(), Is.All.Zero);

        Npz.Save(folder.File("c.npz"), stored);
        Assert.That(Npz.Load(folder.File("c.npz"), Devices.Cpu)["weight"].ToArray<float>(), Is.EqualTo(stored["weight"].ToArray<float>()));
        byte[] first = File.ReadAllBytes(folder.File("c.npz"));
        Npz.Save(folder.File("c.npz"), stored);
        Assert.That(File.ReadAllBytes(folder.File("c.npz")), Is.EqualTo(first), "equal arrays, equal files");
        Assert.That(
            () => Npz.Save(folder.File("d.npz"), [new("a", stored["label"]), new("a", stored["label"])]),
            Throws.TypeOf<ArgumentException>().With.Message.Contains("'a'"));
    }

    [Test]
    public void Damaged_archives_are_corrupt()
    {
        using var folder = new TestFolder();
        foreach (string name in new[] { "stored.npz", "deflated.npz" })
        {
            byte[] file = GoldenArrays.Numpy.File(name);
            for (int length = 0; length < file.Length; length += 3)
                Assert.That(() => Npz.Load(folder.File("a.npz", file[..length])), Throws.TypeOf<CorruptFileException>(), $"{name} cut to {length}");
            var whole = Npz.Load(folder.File("a.npz", file), Devices.Cpu);
            for (int at = 0; at < file.Length; at++)
            {
                byte[] damaged = [.. file];
                damaged[at] ^= 0x10;
                try
                {
                    // Times, attributes and names in the local headers carry no numbers; a name in the directory does change.
                    foreach (var (key, tensor) in Npz.Load(folder.File("a.npz", damaged), Devices.Cpu))
                        if (whole.TryGetValue(key, out var expected))
                            Assert.That(tensor.To(DType.Float64).ToArray<double>(), Is.EqualTo(expected.To(DType.Float64).ToArray<double>()), $"{name}, byte {at}");
                }
                catch (GradientException e)
                {
                    Assert.That(e, Is.TypeOf<CorruptFileException>().Or.TypeOf<UnsupportedOperationException>(), $"{name}, byte {at}");
                }
            }
        }
    }

    [Test]
    public void Zip_bombs_are_refused_before_they_inflate()
    {
        using var folder = new TestFolder();
        byte[] header = Build("{'descr': '<f4', 'fortran_order': False, 'shape': (250000000,), }", 0);
        var content = new MemoryStream();
        using (var archive = new ZipArchive(content, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry("a.npy").Open()) entry.Write(header);
        byte[] file = content.ToArray();
        int directory = file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[(byte)'P', (byte)'K', 1, 2]);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(directory + 24), 1_000_000_000 + header.Length); // the uncompressed length
        Assert.That(() => Npz.Load(folder.File("bomb.npz", file)), Throws.TypeOf<CorruptFileException>().With.Message.Contains("cannot inflate"));
    }

    private static Tensor Load(string name)
    {
        using var folder = new TestFolder();
        return Npy.Load(folder.File("a.npy", GoldenArrays.Numpy.File(name)), Devices.Cpu);
    }

    private static byte[] Build(string header, int elementBytes, byte fill = 0)
    {
        byte[] text = System.Text.Encoding.Latin1.GetBytes(header);
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)text.Length, (byte)(text.Length >> 8), .. text, .. Enumerable.Repeat(fill, elementBytes)];
    }
}
