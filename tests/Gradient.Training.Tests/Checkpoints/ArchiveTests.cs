using System.IO.Compression;
using Gradient.Core;

namespace Gradient.Training.Tests.Checkpoints;

/// <summary>Checkpoints in one file, and files that only look like it.</summary>
public sealed class ArchiveTests : CheckpointFixture
{
    private string file = null!;

    [SetUp]
    public void Name() => file = File("portable.zip");

    [TestCase(false)]
    [TestCase(true)]
    public void A_file_carries_a_checkpoint_elsewhere(bool compress)
    {
        var manager = new CheckpointManager(Runs, new() { Compress = compress });
        SaveAt(6, manager, metric: 2);
        manager.Latest()!.Export(file);
        byte[] once = System.IO.File.ReadAllBytes(file);
        manager.Latest()!.Export(file);
        Assert.That(System.IO.File.ReadAllBytes(file), Is.EqualTo(once));

        using var expected = new SmallTraining();
        expected.Restore(Checkpoint.Open(Runs));
        var elsewhere = new CheckpointManager(File("elsewhere"));
        var imported = elsewhere.Import(file);
        Assert.That((imported.Step, imported.Metric, imported.Path), Is.EqualTo((6L, 2.0, File("elsewhere/step-00000006"))));
        foreach (string path in (string[])[imported.Path, File("elsewhere"), file])
        {
            using var training = new SmallTraining();
            training.Restore(Checkpoint.Open(path));
            Assert.That(training.Bits(), Is.EqualTo(expected.Bits()), path);
        }

        Assert.That(Assert.Throws<GradientException>(() => elsewhere.Import(file))!.Message, Does.Contain("step 6").And.Contain("already"));
        Assert.That(Directory.GetFileSystemEntries(File("elsewhere")), Has.Length.EqualTo(1));
    }

    [Test]
    public void Truncated_or_with_a_flipped_bit()
    {
        Export();
        byte[] bytes = System.IO.File.ReadAllBytes(file);
        var manager = new CheckpointManager(File("elsewhere"));
        foreach (int length in new[] { 0, 1, 30, bytes.Length / 2, bytes.Length - 1 })
        {
            System.IO.File.WriteAllBytes(file, bytes[..length]);
            RefusedEverywhere(manager);
        }

        using var training = new SmallTraining();
        training.Restore(Checkpoint.Open(Runs));
        string right = training.Bits();
        int refused = 0;
        for (int i = 0; i < bytes.Length; i += Math.Max(1, bytes.Length / 300))
        {
            bytes[i] ^= 4;
            System.IO.File.WriteAllBytes(file, bytes);
            bytes[i] ^= 4;
            try
            {
                training.Restore(Checkpoint.Open(file));
            }
            catch (CorruptFileException)
            {
                refused++;
            }

            // A bit that zip does not look at, such as a date, may differ; what is read may not.
            Assert.That(training.Bits(), Is.EqualTo(right), $"byte {i}");
        }

        Assert.That(refused, Is.GreaterThan(250));
    }

    [TestCase("../outside.txt")]
    [TestCase("/tmp/outside.txt")]
    [TestCase("sub/model.safetensors")]
    [TestCase("..\\outside.txt")]
    [TestCase("extra.txt")]
    [TestCase("model.safetensors")] // a second one
    public void An_entry_of_another_name(string name)
    {
        Export();
        using (var archive = ZipFile.Open(file, ZipArchiveMode.Update))
        using (var content = archive.CreateEntry(name, CompressionLevel.NoCompression).Open())
            content.WriteByte(1);
        RefusedEverywhere(new(File("elsewhere")));
        Assert.That(Directory.GetFiles(Folder, "outside.txt", SearchOption.AllDirectories), Is.Empty);
    }

    [TestCase("model.safetensors")]
    [TestCase("manifest.json")]
    public void An_entry_too_few(string name)
    {
        Export();
        using (var archive = ZipFile.Open(file, ZipArchiveMode.Update)) archive.GetEntry(name)!.Delete();
        Assert.That(RefusedEverywhere(new(File("elsewhere"))), Does.Contain(name));
    }

    [TestCase("model.safetensors")]
    [TestCase("manifest.json")]
    public void An_entry_that_inflates(string name)
    {
        Export();
        using (var archive = ZipFile.Open(file, ZipArchiveMode.Update))
        {
            archive.GetEntry(name)!.Delete();
            using var content = archive.CreateEntry(name, CompressionLevel.SmallestSize).Open();
            content.Write(new byte[100_000_000]); // 100 kB in the file
        }

        long before = GC.GetTotalAllocatedBytes();
        Assert.That(RefusedEverywhere(new(File("elsewhere"))), Does.Contain(name).And.Contain("compressed"));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(50_000_000));
    }

    [Test]
    public void A_damaged_checkpoint_is_not_exported()
    {
        Export();
        System.IO.File.Delete(file);
        var info = new CheckpointManager(Runs).Latest()!;
        System.IO.File.AppendAllText(Path.Combine(info.Path, "state.json"), " ");
        Assert.Throws<CorruptFileException>(() => info.Export(file));
        Assert.That(System.IO.File.Exists(file), Is.False);
    }

    private void Export()
    {
        var manager = new CheckpointManager(Runs);
        SaveAt(4, manager);
        manager.Latest()!.Export(file);
    }

    private string RefusedEverywhere(CheckpointManager manager)
    {
        Assert.Catch<CorruptFileException>(() => manager.Import(file));
        Assert.That(Directory.Exists(manager.Path) ? Directory.GetFileSystemEntries(manager.Path) : [], Is.Empty);
        return Refused<CorruptFileException>(file);
    }
}
