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
}
