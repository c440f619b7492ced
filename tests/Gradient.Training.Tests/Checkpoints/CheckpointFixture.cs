namespace Gradient.Training.Tests.Checkpoints;

/// <summary>A folder for the files of a test.</summary>
public abstract class CheckpointFixture
{
    private DirectoryInfo folder = null!;

    protected string Folder => folder.FullName;

    protected string Runs => File("runs");

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("gradient-checkpoints-");

    [TearDown]
    public void RemoveFolder() => folder.Delete(recursive: true);

    protected string File(string name) => Path.Combine(Folder, name);

    /// <summary>Trains to a step and writes its checkpoint; the folder comes back.</summary>
    private protected static string SaveAt(long step, CheckpointManager manager, double? metric = null, Action<SmallTraining>? change = null)
    {
        using var training = new SmallTraining();
        training.Run(step);
        training.Metric = metric;
        change?.Invoke(training);
        return manager.Save(training.Capture()).Path;
    }

    /// <summary>Makes a manifest that fits the files of a folder as they are now, as someone who means harm would.</summary>
    private protected static void Sign(string folder, Func<CheckpointManifest, CheckpointManifest>? change = null)
    {
        string path = Path.Combine(folder, CheckpointManifest.FileName);
        CheckpointManifest manifest;
        using (var stream = System.IO.File.OpenRead(path)) manifest = CheckpointManifest.Read(path, stream, stream.Length);
        manifest = manifest with { Files = [.. manifest.Files.Select(file => Describe(Path.Combine(folder, file.Name), file.PlainBytes)).OfType<CheckpointFile>()] };
        System.IO.File.WriteAllBytes(path, (change?.Invoke(manifest) ?? manifest).ToBytes());
    }

    private static CheckpointFile? Describe(string path, long plain)
    {
        if (!System.IO.File.Exists(path)) return null;
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        return new(Path.GetFileName(path), bytes.Length, CheckpointManifest.Hash(bytes), path.EndsWith(".gz", StringComparison.Ordinal) ? plain : bytes.Length);
    }

    /// <summary>Reading the checkpoint and giving it to a training fails with such an error, and the training keeps every bit.</summary>
    private protected static string Refused<TException>(string path, SmallTraining? training = null) where TException : Exception
    {
        using var own = training is null ? new SmallTraining() : null;
        training ??= own!;
        training.Run(2);
        string before = training.Bits();
        var error = Assert.Catch<TException>(() => training.Restore(Checkpoint.Open(path)), path)!;
        Assert.That(training.Bits(), Is.EqualTo(before));
        Assert.That(error.Message, Has.Length.GreaterThan(20));
        return error.Message;
    }
}
