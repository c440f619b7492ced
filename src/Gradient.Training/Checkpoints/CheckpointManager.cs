using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gradient.Training;

/// <summary>
/// Keeps checkpoints in a folder, one folder each: step-00000200 and so on. A checkpoint is written under a temporary name, flushed to the disk,
/// and renamed, so that it is there whole or not at all, whenever the process ends. Many may read the folder; one process at a time may write.
/// </summary>
public sealed class CheckpointManager
{
    private const string Prefix = "step-", Aside = ".replaced", Temporary = ".tmp";
    private readonly CheckpointOptions options;
    private readonly ILogger logger;

    /// <summary>A manager; nothing is read or written yet.</summary>
    /// <param name="directory">The folder, made by the first <see cref="Save"/>.</param>
    /// <param name="options">How to keep checkpoints.</param>
    /// <param name="logger">Is told what is saved, passed over and removed.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of checkpoints is to be kept.</exception>
    public CheckpointManager(string directory, CheckpointOptions? options = null, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        this.options = options ?? new();
        this.logger = logger ?? NullLogger.Instance;
        ArgumentOutOfRangeException.ThrowIfNegative(this.options.Keep, nameof(options));
        Path = System.IO.Path.GetFullPath(directory);
    }

    /// <summary>The folder of the folders.</summary>
    public string Path { get; }

    /// <summary>
    /// Writes a checkpoint, which replaces one of the same step, then removes those that <see cref="CheckpointOptions"/> does not keep.
    /// </summary>
    /// <exception cref="GradientException">There is one of a later step: <see cref="CheckStep"/>.</exception>
    /// <exception cref="IOException">It cannot be written; what was there stays.</exception>
    public CheckpointInfo Save(Checkpoint checkpoint)
    {
        CheckStep(checkpoint.Step);
        var saved = Add(folder => CheckpointFolder.Write(folder, checkpoint, options.Compress), replace: true);
        CheckpointLog.Saved(logger, saved.Step, saved.Path, saved.Bytes);
        Prune();
        return saved;
    }

    /// <summary>
    /// Checks that a training that is at a step can save here: no checkpoint of a later step lies there. One would belong to another training, or to a
    /// future that this one left, and be taken for the newest.
    /// </summary>
    /// <param name="step">Steps of the optimizer so far; 0 for a training that begins.</param>
    /// <exception cref="GradientException">There is one that can be read.</exception>
    public void CheckStep(long step)
    {
        var later = FirstGood(
            Enumerable.Reverse(Scan()).Where(entry => entry.Info?.Step > step).Select(entry => (entry.Path, (string?)null)),
            path => Info(path, CheckpointFolder.Verify(path)), out _);
        if (later is not null)
            throw new GradientException(
                $"{Path} has checkpoints up to step {later.Step}, but the training is at step {step}: resume it, or give another folder.");
    }

    /// <summary>
    /// The checkpoints by step. Each has its manifest and files of the right sizes; whether every bit is right, <see cref="CheckpointInfo.Verify"/>
    /// and <see cref="CheckpointInfo.Load"/> tell.
    /// </summary>
    public IReadOnlyList<CheckpointInfo> List()
    {
        var found = new List<CheckpointInfo>();
        foreach (var (path, info, problem) in Scan())
        {
            if (info is not null) found.Add(info);
            else CheckpointLog.PassedOver(logger, path, problem!);
        }

        return found;
    }

    /// <summary>The checkpoint of the highest step that is whole, every bit of it verified; null if there is none.</summary>
    public CheckpointInfo? Latest() => FirstGood(ByAge(), path => Info(path, CheckpointFolder.Verify(path)), out _);

    /// <summary>
    /// The checkpoint with the best metric that is whole, every bit of it verified; of equal ones the first. Null if none has a metric.
    /// </summary>
    public CheckpointInfo? Best() => FirstGood(
        ByMetric(Scan().Select(entry => entry.Info)).Select(info => (info.Path, (string?)null)), path => Info(path, CheckpointFolder.Verify(path)), out _);

    /// <summary>Reads the newest checkpoint that is whole, and tells the log which it passed over; null if there are none at all.</summary>
    /// <exception cref="CorruptFileException">There are some, but none is whole; the message says what is wrong with each.</exception>
    public Checkpoint? LoadLatest() => FirstGood(ByAge(), CheckpointFolder.Read, out var problems)
        ?? (problems.Count == 0 ? null : throw new CorruptFileException($"No checkpoint in {Path} can be read: {string.Join(" ", problems)}"));

    /// <summary>Adds a checkpoint from one file, after all of it was verified.</summary>
    /// <exception cref="CorruptFileException">The file is damaged, hostile, or no checkpoint; nothing was added.</exception>
    /// <exception cref="GradientException">There is a checkpoint of that step already.</exception>
    /// <exception cref="IOException">The file cannot be read, or the checkpoint not written.</exception>
    public CheckpointInfo Import(string file) => Add(
        folder =>
        {
            CheckpointArchive.Unpack(file, folder);
            CheckpointFolder.Read(folder);
            return CheckpointFolder.Peek(folder);
        },
        replace: false);

    /// <summary>
    /// Removes all but the last, the best and <see cref="CheckpointOptions.Keep"/> more, and what an earlier process left half done. The last
    /// is verified first; if it is not whole, nothing is removed. Folders that cannot be read are left alone.
    /// </summary>
    /// <exception cref="IOException">Something cannot be removed.</exception>
    public void Prune()
    {
        if (!Directory.Exists(Path)) return;
        foreach (string left in Directory.EnumerateDirectories(Path, $"{Prefix}*{Temporary}")) Directory.Delete(left, recursive: true);
        var all = Scan().Select(entry => entry.Info).OfType<CheckpointInfo>().ToList();
        foreach (var info in all)
            if (!info.Path.EndsWith(Aside, StringComparison.Ordinal) && Directory.Exists(info.Path + Aside)) Remove(info.Path + Aside);
        var kept = ByMetric(all).Take(1).Concat(all.TakeLast(options.Keep + 1)).ToHashSet();
        var surplus = all.Where(info => !kept.Contains(info)).ToList();
        if (surplus.Count == 0) return;
        try
        {
            CheckpointFolder.Verify(all[^1].Path);
        }
        catch (Exception e) when (Unreadable(e))
        {
            CheckpointLog.NotPruned(logger, Path, e.Message);
            return;
        }

        foreach (var info in surplus) Remove(info.Path);
    }

    private static bool Unreadable(Exception e) => e is CorruptFileException or IOException or UnauthorizedAccessException;

    private static CheckpointInfo Info(string path, CheckpointManifest manifest) => new(path, manifest.Step, manifest.Metric, manifest.Bytes);

    /// <summary>The folder of a step, or the one it was to replace when a process ended in between.</summary>
    private static bool TryParse(string name, out long step)
    {
        step = 0;
        if (!name.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var digits = name.AsSpan(Prefix.Length);
        if (digits.EndsWith(Aside)) digits = digits[..^Aside.Length];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out step);
    }

    /// <summary>Fills a folder under a temporary name, and gives it its own.</summary>
    private CheckpointInfo Add(Func<string, CheckpointManifest> fill, bool replace)
    {
        Directory.CreateDirectory(Path);
        string temporary = System.IO.Path.Combine(Path, $"{Prefix}{Guid.NewGuid():N}{Temporary}");
        try
        {
            var manifest = fill(temporary);
            string target = System.IO.Path.Combine(Path, Prefix + manifest.Step.ToString("00000000", CultureInfo.InvariantCulture));
            // No system replaces a folder that is not empty in one go.
            bool exists = Directory.Exists(target);
            if (exists && !replace) throw new GradientException($"There is a checkpoint of step {manifest.Step} in {Path} already; remove {target} to import another.");
            if (exists && Directory.Exists(target + Aside)) Remove(target + Aside);
            if (exists) Directory.Move(target, target + Aside);
            Directory.Move(temporary, target);
            if (Directory.Exists(target + Aside)) Remove(target + Aside);
            return Info(target, manifest);
        }
        catch
        {
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>Removes a folder in one go: first its name.</summary>
    private void Remove(string path)
    {
        string temporary = System.IO.Path.Combine(Path, $"{Prefix}{Guid.NewGuid():N}{Temporary}");
        Directory.Move(path, temporary);
        Directory.Delete(temporary, recursive: true);
        CheckpointLog.Removed(logger, path);
    }

    private IEnumerable<(string Path, string? Problem)> ByAge() => Enumerable.Reverse(Scan()).Select(entry => (entry.Path, entry.Problem));

    private IEnumerable<CheckpointInfo> ByMetric(IEnumerable<CheckpointInfo?> all) =>
        all.OfType<CheckpointInfo>().Where(info => info.Metric is { } metric && !double.IsNaN(metric))
            .OrderBy(info => options.HigherIsBetter ? -info.Metric!.Value : info.Metric!.Value); // stable

    /// <summary>All folders that are named like a checkpoint, by step, and what is wrong with those that are none.</summary>
    private List<(string Path, CheckpointInfo? Info, string? Problem)> Scan()
    {
        var found = new List<(long Step, string Path)>();
        if (Directory.Exists(Path))
            foreach (string path in Directory.EnumerateDirectories(Path, Prefix + "*"))
                if (TryParse(System.IO.Path.GetFileName(path), out long step)
                    && !(path.EndsWith(Aside, StringComparison.Ordinal) && Directory.Exists(path[..^Aside.Length]))) found.Add((step, path));
        found.Sort();
        return found.ConvertAll(((long Step, string Path) entry) =>
        {
            try
            {
                var manifest = CheckpointFolder.Peek(entry.Path);
                return manifest.Step == entry.Step ? (entry.Path, Info(entry.Path, manifest), null)
                    : (entry.Path, (CheckpointInfo?)null, (string?)$"{entry.Path} has the checkpoint of step {manifest.Step}.");
            }
            catch (Exception e) when (Unreadable(e))
            {
                return (entry.Path, null, e.Message);
            }
        });
    }

    private T? FirstGood<T>(IEnumerable<(string Path, string? Problem)> candidates, Func<string, T> read, out List<string> problems) where T : class
    {
        problems = [];
        foreach (var (path, known) in candidates)
        {
            string? problem = known;
            try
            {
                if (problem is null) return read(path);
            }
            catch (Exception e) when (Unreadable(e))
            {
                problem = e.Message;
            }

            CheckpointLog.PassedOver(logger, path, problem);
            problems.Add(problem);
        }

        return null;
    }
}
