using System.Collections.Concurrent;

namespace Gradient.Mutation.Tests;

/// <summary>
/// Hands mutants to processes that try them, so many side by side (a mutant may hang or end its process), and keeps what they answer: a run that
/// was cut off goes on where it was.
/// </summary>
/// <param name="folder">For what the processes are told, and the results.</param>
/// <param name="tests">A pattern for the names of tests; empty: all that matter.</param>
/// <param name="jobs">How many processes at a time.</param>
internal sealed class Trials(string folder, string tests, int jobs)
{
    /// <summary>The file of what all processes measured.</summary>
    public const string Measured = "measured";

    private readonly Lock recording = new();

    /// <summary>Tries some mutants, each by tests that pass its place, under one mode of SoftMetal.</summary>
    public Dictionary<int, Fate> Try(IEnumerable<Mutant> mutants, (string Name, string Value)[] mode)
    {
        Measure();
        var wanted = mutants.Select(mutant => mutant.Number).ToHashSet();
        string results = Path.Combine(folder, "results" + string.Concat(mode.Select(variable => $" {variable.Name}={variable.Value}")));
        var done = Read(results);
        // One of each family by turns, so that processes do not wait for the same shader to compile.
        var turns = from family in mutants.GroupBy(mutant => mutant.File) from mutant in family.Select((mutant, turn) => (mutant.Number, turn)) orderby mutant.turn select mutant.Number;
        var left = new ConcurrentQueue<int>(turns.Where(number => !done.ContainsKey(number)));
        Task.WaitAll([.. Enumerable.Range(0, Math.Min(jobs, left.Count)).Select(_ => Task.Factory.StartNew(
            () => Work(left, () => WorkerProcess.Start(folder, tests, [.. mode, .. Threads]), Record), TaskCreationOptions.LongRunning))]);
        return Read(results).Where(fate => wanted.Contains(fate.Key)).ToDictionary();

        void Record(int number, Fate fate)
        {
            lock (recording) File.AppendAllText(results, fate.Line(number) + "\n");
        }
    }

    /// <summary>
    /// Tries what is left, in a process that lives as long as it can. If it ends at a mutant, that is tried again in a process of its own: only if
    /// it ends that too, it is a crash. If not, the one before is suspected, if nothing noticed it: it may have spoilt memory that was used later.
    /// </summary>
    public static void Work(ConcurrentQueue<int> left, Func<ITries> start, Action<int, Fate> record)
    {
        ITries? process = null;
        int? unnoticed = null; // the mutant before, in the same process
        while (left.TryDequeue(out int number))
        {
            process ??= start();
            var fate = process.Try(number);
            bool goesOn = fate is not null && fate.By != Fate.Hang;
            if (!goesOn)
            {
                process.Dispose();
                process = null;
            }

            if (fate is null && (fate = Alone(number, start)) != Fate.Crash) Suspect();
            record(number, fate);
            unnoticed = goesOn && fate.By is null ? number : null;
        }

        if (process?.End() == false) Suspect();
        process?.Dispose();

        void Suspect()
        {
            if (unnoticed is { } before) record(before, Alone(before, start));
        }
    }

    private static Fate Alone(int number, Func<ITries> start)
    {
        using var process = start();
        return process.Try(number) is { } fate && (fate.By is not null || process.End()) ? fate : Fate.Crash;
    }

    /// <summary>Which test comes by which mutant's place, and how long it takes: the same in every mode, and without the checker it shows soonest.</summary>
    private void Measure()
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "edits"), MutantList.Instance.Edits);
        string whole = Path.Combine(folder, Measured);
        if (File.Exists(whole)) return;
        var parts = Enumerable.Range(0, jobs).Select(part => PartOf(folder, part, jobs)).ToList();
        var processes = Enumerable.Range(0, jobs).Where(part => !File.Exists(parts[part])).Select(part => WorkerProcess.StartMeasuring(folder, tests, part, jobs, Threads)).ToList();
        foreach (var process in processes)
        {
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException($"A process that runs the tests without a mutant ended with {process.ExitCode}; see {folder}.");
            process.Dispose();
        }

        Write(whole, parts.SelectMany(File.ReadLines));
        parts.ForEach(File.Delete);
    }

    /// <summary>Where a process writes what it measured.</summary>
    public static string PartOf(string folder, int part, int parts) => Path.Combine(folder, $"{Measured}.{part + 1}-of-{parts}");

    /// <summary>Writes a file whole or not at all.</summary>
    public static void Write(string file, IEnumerable<string> lines)
    {
        File.WriteAllLines(file + ".new", lines);
        File.Move(file + ".new", file);
    }

    /// <summary>SoftMetal's own threads, so that the processes share the processor.</summary>
    private IEnumerable<(string Name, string Value)> Threads => jobs == 1 ? [] : [("SOFTMETAL_THREADS", $"{Math.Max(1, Environment.ProcessorCount / jobs)}")];

    /// <summary>What was written down; of a mutant's fates the last counts.</summary>
    private static Dictionary<int, Fate> Read(string results)
    {
        var fates = new Dictionary<int, Fate>();
        foreach (var (number, fate) in File.Exists(results) ? File.ReadLines(results).Select(Fate.Parse) : []) fates[number] = fate;
        return fates;
    }
}
