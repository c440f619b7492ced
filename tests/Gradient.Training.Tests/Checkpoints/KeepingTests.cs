using Gradient.Core;
using Microsoft.Extensions.Logging;

namespace Gradient.Training.Tests.Checkpoints;

/// <summary>Which checkpoints are listed, found and removed, also after a process ended in the middle of something.</summary>
public sealed class KeepingTests : CheckpointFixture
{
    [Test]
    public void The_last_the_best_and_so_many_more_are_kept()
    {
        var manager = new CheckpointManager(Runs, new() { Keep = 2 });
        double[] losses = [5, 1, 4, double.NaN, 1, 3, 2];
        for (int i = 0; i < losses.Length; i++) SaveAt(i + 1, manager, losses[i]);
        Assert.That(manager.List().Select(info => info.Step), Is.EqualTo(new[] { 2, 5, 6, 7 }));
        Assert.That(manager.Best()!.Step, Is.EqualTo(2), "of equal ones the first");
        Assert.That(manager.Latest()!.Step, Is.EqualTo(7));
        Assert.That(new CheckpointManager(Runs, new() { HigherIsBetter = true }).Best()!.Step, Is.EqualTo(6));
        Assert.That(Directory.GetFileSystemEntries(Runs), Has.Length.EqualTo(4), "and nothing else lies there");
        Assert.That(manager.List()[0].Bytes, Is.EqualTo(
            Directory.GetFiles(manager.List()[0].Path).Where(file => !file.EndsWith("manifest.json", StringComparison.Ordinal)).Sum(file => new FileInfo(file).Length)));
    }

    [Test]
    public void Nothing_there_is_nothing_found()
    {
        var manager = new CheckpointManager(Runs);
        Assert.That((manager.List().Count, manager.Latest(), manager.Best(), manager.LoadLatest()), Is.EqualTo((0, (object?)null, (object?)null, (object?)null)));
        Assert.Throws<DirectoryNotFoundException>(() => Checkpoint.Open(Runs));
        Directory.CreateDirectory(Runs);
        Assert.Throws<FileNotFoundException>(() => Checkpoint.Open(Runs));
    }

    [Test]
    public void Damaged_ones_are_passed_over_and_the_log_says_why()
    {
        var log = new ListLogger();
        var manager = new CheckpointManager(Runs, logger: log);
        for (int i = 1; i <= 3; i++) SaveAt(i, manager, metric: i);
        Flip(Path.Combine(Runs, "step-00000003", "model.safetensors"));
        System.IO.File.Delete(Path.Combine(Runs, "step-00000002", "state.json"));
        log.Lines.Clear();
        Assert.That(manager.Latest()!.Step, Is.EqualTo(1));
        Assert.That(manager.LoadLatest()!.Step, Is.EqualTo(1));
        Assert.That(log.Lines, Has.Count.EqualTo(4));
        Assert.That(log.Lines[0], Does.Contain("step-00000003").And.Contain("model.safetensors").And.Contain("SHA-256"));
        Assert.That(log.Lines[1], Does.Contain("step-00000002").And.Contain("state.json is missing"));
        Assert.That(new CheckpointManager(Runs, new() { HigherIsBetter = true }).Best()!.Step, Is.EqualTo(1));

        // If none is left, that is an error and not a new beginning.
        Flip(Path.Combine(Runs, "step-00000001", "optimizer.safetensors"));
        Assert.That(manager.Latest(), Is.Null);
        Assert.That(Assert.Throws<CorruptFileException>(() => manager.LoadLatest())!.Message, Does.Contain("step-00000001").And.Contain("step-00000002").And.Contain("step-00000003"));
    }

    [Test]
    public void While_the_last_is_damaged_nothing_is_removed()
    {
        var manager = new CheckpointManager(Runs, new() { Keep = 5 });
        for (int i = 1; i <= 4; i++) SaveAt(i, manager);
        Flip(Path.Combine(Runs, "step-00000004", "model.safetensors"));
        var log = new ListLogger();
        var strict = new CheckpointManager(Runs, new() { Keep = 0 }, log);
        strict.Prune();
        Assert.That(strict.List(), Has.Count.EqualTo(4));
        Assert.That(log.Lines, Has.Some.Contains("Kept all").And.Some.Contains("step-00000004"));
        SaveAt(5, strict);
        Assert.That(strict.List().Select(info => info.Step), Is.EqualTo(new[] { 5 }));
    }

    [Test]
    public void What_a_killed_process_left_is_no_checkpoint_and_goes_away()
    {
        var manager = new CheckpointManager(Runs);
        string first = SaveAt(1, manager);
        // Killed while it wrote, while it removed, and while it replaced: between the two renames, and after.
        string writing = Path.Combine(Runs, "step-0123456789abcdef0123456789abcdef.tmp");
        Directory.CreateDirectory(writing);
        System.IO.File.Copy(Path.Combine(first, "model.safetensors"), Path.Combine(writing, "model.safetensors"));
        string second = SaveAt(2, manager), third = SaveAt(3, manager);
        Directory.Move(third, third + ".replaced");
        CopyFolder(second, second + ".replaced");
        Directory.CreateDirectory(writing);
        Assert.That(manager.List().Select(info => info.Path), Is.EqualTo(new[] { first, second, third + ".replaced" }));
        Assert.That(Checkpoint.Open(Runs).Step, Is.EqualTo(3), "the old one is still there");

        SaveAt(3, manager);
        Assert.That(Directory.GetDirectories(Runs), Is.EquivalentTo(new[] { first, second, third }));
        foreach (var info in manager.List()) info.Verify();
    }

    [Test]
    public void A_step_saved_again_replaces_the_old_one()
    {
        var manager = new CheckpointManager(Runs);
        string path = SaveAt(2, manager, metric: 1);
        Flip(Path.Combine(path, "model.safetensors"));
        SaveAt(2, manager, metric: 7);
        Assert.That(manager.List().Select(info => info.Metric), Is.EqualTo(new double?[] { 7 }));
        Assert.That(Directory.GetDirectories(Runs), Has.Length.EqualTo(1));
    }

    [Test]
    public void Another_training_in_the_same_folder_is_refused_before_it_is_mixed_up()
    {
        var manager = new CheckpointManager(Runs, new() { Keep = 0 });
        string path = SaveAt(3, manager);
        manager.CheckStep(3);
        Assert.That(Assert.Throws<GradientException>(() => SaveAt(2, manager))!.Message, Does.Contain("has checkpoints up to step 3").And.Contain("is at step 2"));
        Assert.Throws<GradientException>(() => manager.CheckStep(0));
        Assert.That(Directory.GetDirectories(Runs), Is.EqualTo(new[] { path }));

        // A training that went back because the newest one is damaged goes on, and in time replaces it.
        Flip(Path.Combine(path, "model.safetensors"));
        SaveAt(2, manager);
        Assert.That(manager.Latest()!.Step, Is.EqualTo(2));
        SaveAt(3, manager);
        Assert.That(Directory.GetDirectories(Runs), Is.EqualTo(new[] { path }));
        manager.Latest()!.Verify();
    }

    [Test]
    public void A_folder_under_the_name_of_another_step_is_not_listed()
    {
        var manager = new CheckpointManager(Runs);
        string path = SaveAt(2, manager);
        Directory.Move(path, Path.Combine(Runs, "step-00000009"));
        Directory.CreateDirectory(Path.Combine(Runs, "step-best"));
        Assert.That(manager.List(), Is.Empty);
        Assert.That(Checkpoint.Open(Path.Combine(Runs, "step-00000009")).Step, Is.EqualTo(2), "named by its path it is read");
    }

    [Test]
    public void A_save_that_fails_leaves_what_was_there()
    {
        var manager = new CheckpointManager(Runs);
        SaveAt(1, manager);
        using var training = new SmallTraining();
        training.Run(2);
        var broken = new Checkpoint(
            training.Capture().State, new TrainingHistory(training.State), training.Capture().Model,
            new Dictionary<string, Tensor> { ["__metadata__"] = training.Model.Parameters()[0].Value }, new Dictionary<string, Tensor>());
        Assert.Throws<ArgumentException>(() => manager.Save(broken));
        Assert.That(Directory.GetFileSystemEntries(Runs).Select(Path.GetFileName), Is.EqualTo(new[] { "step-00000001" }));
    }

    private static void Flip(string path)
    {
        byte[] bytes = System.IO.File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        System.IO.File.WriteAllBytes(path, bytes);
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from)) System.IO.File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private sealed class ListLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
