using System.Buffers.Binary;
using System.Text;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests.Checkpoints;

/// <summary>A checkpoint that is damaged, of something else, or made to do harm is refused with a clear error, and the training stays as it was.</summary>
public sealed class CorruptionTests : CheckpointFixture
{
    private static readonly string[] AllFiles = ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"];

    private string folder = null!;

    [SetUp]
    public void Save() => folder = SaveAt(5, new CheckpointManager(Runs), metric: 0.5);

    [TestCaseSource(nameof(AllFiles))]
    public void A_truncated_file(string name)
    {
        string path = Path.Combine(folder, name);
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        foreach (int length in new[] { 0, 1, 7, 8, bytes.Length / 2, bytes.Length - 1 })
        {
            System.IO.File.WriteAllBytes(path, bytes[..length]);
            Assert.That(Refused<CorruptFileException>(folder), Does.Contain(name));
        }
    }

    [TestCaseSource(nameof(AllFiles))]
    public void A_flipped_bit_anywhere(string name)
    {
        string path = Path.Combine(folder, name);
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        using var training = new SmallTraining();
        training.Run(2);
        string before = training.Bits();
        int stride = name == "manifest.json" ? 1 : Math.Max(1, bytes.Length / 200); // of the manifest every byte: it stands under its own hash
        for (int i = 0; i < bytes.Length; i += stride)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            System.IO.File.WriteAllBytes(path, bytes);
            bytes[i] ^= (byte)(1 << (i % 8));
            var error = Assert.Throws<CorruptFileException>(() => training.Restore(Checkpoint.Open(folder)), $"byte {i}")!;
            Assert.That(error.Message, Does.Contain(name), $"byte {i}");
        }

        Assert.That(training.Bits(), Is.EqualTo(before));
        System.IO.File.WriteAllBytes(path, bytes);
        training.Restore(Checkpoint.Open(folder)); // and whole again it is taken
    }

    [TestCase("model.safetensors")]
    [TestCase("optimizer.safetensors")]
    [TestCase("state.json")]
    public void A_missing_file(string name)
    {
        System.IO.File.Delete(Path.Combine(folder, name));
        Assert.That(Refused<CorruptFileException>(folder), Does.Contain($"{name} is missing"));
        Sign(folder); // nor does it help to leave it out of the manifest
        Assert.That(Refused<CorruptFileException>(folder), Does.Contain($"does not name {name}"));
    }

    [Test]
    public void A_missing_manifest()
    {
        System.IO.File.Delete(Path.Combine(folder, "manifest.json"));
        Assert.That(Refused<CorruptFileException>(Runs), Does.Contain("no manifest.json"));
    }

    [Test]
    public void A_file_too_many()
    {
        System.IO.File.WriteAllText(Path.Combine(folder, ".DS_Store"), "the system's, and no one's business");
        Checkpoint.Open(folder);
        System.IO.File.WriteAllText(Path.Combine(folder, "extra.safetensors"), "");
        Assert.That(Refused<CorruptFileException>(folder), Does.Contain("extra.safetensors does not belong"));
    }

    [TestCase(0, "gradient-checkpoint")]
    [TestCase(2, "gradient-checkpoint")]
    [TestCase(1, "another")]
    public void Another_version_or_format(int version, string format)
    {
        Sign(folder, manifest => manifest with { Version = version, Format = format });
        Assert.That(Refused<CorruptFileException>(folder), Does.Contain($"format '{format}', version {version}; this is version 1 of 'gradient-checkpoint'"));
    }

    [Test]
    public void A_manifest_of_another_checkpoint()
    {
        string other = SaveAt(6, new CheckpointManager(File("other")));
        System.IO.File.Copy(Path.Combine(other, "manifest.json"), Path.Combine(folder, "manifest.json"), overwrite: true);
        Assert.That(Refused<CorruptFileException>(folder), Does.Contain("SHA-256").Or.Contain("bytes"));
        // Nor does one help that fits the files but not what they say.
        SaveAt(5, new CheckpointManager(Runs));
        Sign(folder, manifest => manifest with { Step = 6 });
        Assert.That(Refused<CorruptFileException>(folder), Does.Contain("manifest is of step 6, its state of step 5"));
    }

    [TestCase("../model.safetensors")]
    [TestCase("/etc/passwd")]
    [TestCase("model.safetensors", "model.safetensors.gz")]
    public void Names_that_no_checkpoint_has(params string[] names)
    {
        Sign(folder, manifest => manifest with { Files = [.. manifest.Files, .. names.Select(name => manifest.Files[0] with { Name = name })] });
        Assert.That(Refused<CorruptFileException>(folder), Does.Contain(names[0]));
    }

    [TestCase("model.safetensors", 1L << 60)]
    [TestCase("model.safetensors", 99_999_999)]
    [TestCase("optimizer.safetensors", -1)]
    public void A_header_that_promises_more_than_there_is(string name, long length)
    {
        string path = Path.Combine(folder, name);
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        Hostile(path, bytes);
    }

    [TestCase("[4000000000,4000000000]", "64000000000000000000")]
    [TestCase("[1000000000000]", "4000000000000")]
    [TestCase("[-1]", "4")]
    public void A_tensor_that_promises_more_than_there_is(string shape, string end)
    {
        byte[] header = Encoding.UTF8.GetBytes($$$"""{"0.weight":{"dtype":"F32","shape":{{{shape}}},"data_offsets":[0,{{{end}}}]}}""");
        var bytes = new byte[8 + header.Length + 64];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes, 8);
        Hostile(Path.Combine(folder, "model.safetensors"), bytes);
    }

    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("""{"state":null,"history":{}}""")]
    [TestCase("[[[[[[[[")]
    public void A_state_that_is_none(string json) => Hostile(Path.Combine(folder, "state.json"), Encoding.UTF8.GetBytes(json));

    [TestCase("\"batch\":1", "\"batch\":-1")]
    [TestCase("\"learningRate\":", "\"learningRate\":-")]
    [TestCase("\"seed\":11", "\"seed\":\"eleven\"")]
    [TestCase("\"step\":5}", "\"step\":5.5}")]
    [TestCase("\"step\":5}", "\"stop\":5}")]
    [TestCase("\"momentum\":", "\"momentum\":-")]
    [TestCase("\"optimizer\":", "\"other\":")]
    public void A_state_with_something_impossible(string there, string instead)
    {
        string path = Path.Combine(folder, "state.json"), json = System.IO.File.ReadAllText(path);
        Assert.That(json, Does.Contain(there));
        Hostile(path, Encoding.UTF8.GetBytes(json.Replace(there, instead, StringComparison.Ordinal)));
    }

    [Test]
    public void Another_model_optimizer_or_schedule()
    {
        using (var wider = new SmallTraining(width: 17))
            Assert.That(Refused<StateMismatchException>(folder, wider), Does.Contain("0.weight: [6, 16] where the module has [6, 17]"));
        using (var doubles = new SmallTraining(DType.Float64))
            Assert.That(Refused<StateMismatchException>(folder, doubles), Does.Contain("0.weight: Float32 where the module has Float64"));
        using (var plateau = new SmallTraining(schedule: optimizer => new ReduceOnPlateau(optimizer)))
            Assert.That(Refused<GradientException>(folder, plateau), Does.Contain("CosineAnnealing").And.Contain("ReduceOnPlateau"));

        using var training = new SmallTraining();
        string before = training.Bits();
        var checkpoint = Checkpoint.Open(folder);
        Assert.That(
            Assert.Throws<GradientException>(() => checkpoint.Restore(training.Model, new Adam(training.Model.Parameters()), training.Schedule, training.Random))!.Message,
            Does.Contain("AdamW and 2 groups").And.Contain("Adam and 1"));
        Assert.Throws<GradientException>(() => checkpoint.Restore(training.Model, training.Optimizer, null, training.Random));
        Assert.That(training.Bits(), Is.EqualTo(before));
    }

    [TestCase("0.firstMoment", "0.firstMoment", new long[] { 6, 15 }, DType.Float32)]
    [TestCase("0.firstMoment", "0.firstMoment", new long[] { 6, 16 }, DType.Float64)]
    [TestCase("0.firstMoment", "0.thirdMoment", new long[] { 6, 16 }, DType.Float32)]
    [TestCase("0.firstMoment", "9.firstMoment", new long[] { 6, 16 }, DType.Float32)]
    [TestCase("0.firstMoment", null, null, DType.Float32)]
    public void An_optimizer_state_that_does_not_fit(string name, string? newName, long[]? shape, DType dtype)
    {
        string path = Path.Combine(folder, "optimizer.safetensors");
        OrderedDictionary<string, Tensor> tensors;
        using (var file = SafetensorsFile.Open(path)) tensors = file.LoadAll(Autograd.Devices.Cpu);
        tensors.Remove(name);
        if (newName is not null) tensors.Add(newName, Tensor.Empty(new Shape(shape!), dtype, Autograd.Devices.Cpu));
        SafetensorsFile.Save(path, tensors);
        Sign(folder);
        Assert.That(Refused<GradientException>(folder), Does.Contain("AdamW"));
    }

    [Test]
    public void A_compressed_file_that_inflates_to_something_else()
    {
        folder = SaveAt(8, new CheckpointManager(Runs, new() { Compress = true }));
        string path = Path.Combine(folder, "model.safetensors.gz");
        byte[] good = System.IO.File.ReadAllBytes(path);
        void Wrong(long plain, byte[]? bytes = null)
        {
            System.IO.File.WriteAllBytes(path, bytes ?? good);
            Sign(folder, manifest => manifest with { Files = [.. manifest.Files.Select(file => file.Name == "model.safetensors.gz" ? file with { PlainBytes = plain } : file)] });
            Assert.That(Refused<CorruptFileException>(folder), Does.Contain("model.safetensors.gz"));
        }

        Checkpoint.Open(folder);
        Wrong(10);
        Wrong(good.Length * 50);
        Wrong(1L << 50);
        Wrong(1000, new byte[300]);
        Wrong(1000, good[..100]);
    }

    /// <summary>The file with a manifest that fits it is refused, and little memory was asked for.</summary>
    private void Hostile(string path, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(path, bytes);
        Sign(folder);
        long before = GC.GetTotalAllocatedBytes();
        Refused<CorruptFileException>(folder);
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(50_000_000));
    }
}
