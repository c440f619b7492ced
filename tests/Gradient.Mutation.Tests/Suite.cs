using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gradient.Mutation.Tests;

/// <summary>
/// The whole: mutants to processes that try them (a mutant may hang or end its process), and their results to a table.
/// </summary>
internal static class Suite
{
    /// <summary>Who may notice: the checker by a race or an access outside, a barrier that not all reach, a loop without end, a wrong result.</summary>
    private static readonly string[] Notices = ["race", "bounds", "divergent", "endless", "page", "result", "hang", "crash"];

    private const string Measured = "measured";
    private const double Milliseconds = 15_000, CheckedMilliseconds = 1_000;
    private const string Check = "SOFTMETAL_CHECK", Results = "GRADIENT_MUTATION_RESULTS";

    /// <summary>What became of a mutant.</summary>
    /// <param name="By">What noticed it; null if nothing did.</param>
    /// <param name="Test">The test in which.</param>
    /// <param name="Message">What it said.</param>
    /// <param name="Tried">How many tests ran.</param>
    internal sealed record Fate(string? By, string Test, string Message, int Tried);

    /// <summary>Tries some mutants, each by all tests that pass its place, under one mode of SoftMetal.</summary>
    /// <param name="mutants">The mutants.</param>
    /// <param name="folder">For what the processes tell each other.</param>
    /// <param name="tests">A pattern for the names of tests; empty: all that matter.</param>
    /// <param name="mode">Variables of SoftMetal.</param>
    public static Dictionary<int, Fate> Try(IEnumerable<Mutant> mutants, string folder, string tests, (string Name, string Value)[] mode)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "edits"), MutantList.Instance.Edits);
        // Which test comes by which mutant is the same in every mode; without the checker it shows soonest.
        if (!File.Exists(Path.Combine(folder, Measured)))
            using (var worker = Process.Start(Command(folder, tests, [], []))!) worker.WaitForExit();
        var wanted = mutants.Select(mutant => mutant.Number).ToHashSet();
        string results = Path.Combine(folder, ResultsOf(mode));
        while (true)
        {
            var fates = Read(results);
            var left = wanted.Where(number => !fates.ContainsKey(number)).Order().ToList();
            if (left.Count == 0) return fates.Where(fate => wanted.Contains(fate.Key)).ToDictionary();
            using (var worker = Process.Start(Command(folder, tests, left, mode))!) worker.WaitForExit();
            // A mutant that was begun and not decided ended the process.
            if (File.Exists(results) && File.ReadLines(results).LastOrDefault()?.Split('\t') is ["start", var begun]) File.AppendAllText(results, $"crash\t{begun}\n");
            if (Read(results).Count == fates.Count) throw new InvalidOperationException($"The process that tries mutants ended before the first; see {folder}.");
        }
    }

    /// <summary>What was written down.</summary>
    private static Dictionary<int, Fate> Read(string results)
    {
        var fates = new Dictionary<int, Fate>();
        foreach (string[] fields in File.Exists(results) ? File.ReadLines(results).Select(line => line.Split('\t')) : [])
        {
            int number = int.Parse(fields[1], CultureInfo.InvariantCulture);
            if (fields[0] == "crash") fates[number] = new("crash", "", "", 0);
            if (fields[0] == "hangs") fates[number] = new("hang", fields[2], "", 0);
            if (fields[0] == "done") fates[number] = new(fields[2].Length == 0 ? null : fields[2], fields[3], fields[4], int.Parse(fields[5], CultureInfo.InvariantCulture));
        }

        return fates;
    }

    private static string ResultsOf((string Name, string Value)[] mode) => "results" + string.Concat(mode.Select(variable => $" {variable.Name}={variable.Value}"));

    /// <summary>In a process of its own: tries mutants one by one.</summary>
    public static int Work(string folder, string tests, int[] numbers)
    {
        bool isChecked = Environment.GetEnvironmentVariable(Check) is not null;
        var worker = new Worker(Path.Combine(folder, Environment.GetEnvironmentVariable(Results)!));
        worker.Load(test => Worker.IsRelevant(test) && Regex.IsMatch(test.FullName, tests));
        string measured = Path.Combine(folder, Measured);
        if (numbers.Length == 0) worker.Measure(measured);
        else worker.ReadMeasured(measured);
        foreach (int number in numbers)
        {
            worker.Record($"start\t{number}");
            bool isExplained = Equivalent.Reasons.ContainsKey(MutantList.Instance.Mutants[number - 1].Key);
            var found = worker.Notice(number, isExplained ? 0 : isChecked ? CheckedMilliseconds : Milliseconds, out int tried);
            worker.Record(found is var (test, message)
                ? $"done\t{number}\t{Kind(message)}\t{test}\t{Worker.OneLine(message)}\t{tried}"
                : $"done\t{number}\t\t\t\t{tried}");
        }

        return 0;
    }

    /// <summary>
    /// The command line: mutants that match a pattern, or all; --list names them only. Returns 1 if one survives that is not explained, if one
    /// that is explained as equivalent is noticed, or if less than 95 % are noticed.
    /// </summary>
    public static int Run(string[] args)
    {
        var list = MutantList.Instance;
        if (args is ["--list"])
        {
            foreach (var mutant in list.Mutants) Console.WriteLine($"{mutant.Number,4} {mutant.Kind,-8} {mutant}");
            foreach (string leftOut in list.LeftOut) Console.WriteLine($"   - {leftOut}");
            return 0;
        }

        var chosen = list.Mutants.Where(mutant => args.Length == 0 || args.Any(pattern => Regex.IsMatch($"{mutant.Number} {mutant.Kind} {mutant}", pattern))).ToList();
        string folder = Path.GetFullPath("artifacts/mutation");
        Directory.CreateDirectory(folder);
        var built = Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Max(File.GetLastWriteTimeUtc);
        // A run that was cut off goes on where it was, unless something was built since.
        foreach (string old in Directory.GetFiles(folder).Where(file => File.GetLastWriteTimeUtc(file) < built)) File.Delete(old);
        var clock = Stopwatch.StartNew();
        // Most mutants compute a wrong result, or leave their buffer far enough for a guard page, which costs little to see. The checker, which
        // slows tests down some ten times, takes what is left, and the barriers.
        var fates = Try(chosen.Where(mutant => mutant.Kind != MutantKind.Barrier), folder, "", [("SOFTMETAL_GUARD", "1"), ("SOFTMETAL_ORDER", "random:1")]);
        foreach (var (number, fate) in Try(chosen.Where(mutant => fates.GetValueOrDefault(mutant.Number)?.By is null), folder, "", [(Check, "1")]))
            fates[number] = fate;
        return Report(chosen, fates, clock.Elapsed);
    }

    private static int Report(List<Mutant> chosen, Dictionary<int, Fate> fates, TimeSpan time)
    {
        foreach (var mutant in chosen)
        {
            var fate = fates[mutant.Number];
            string by = fate.By ?? (Equivalent.Reasons.ContainsKey(mutant.Key) ? "equivalent" : "SURVIVES");
            Console.WriteLine($"{by,-11}{mutant.Kind,-9}{mutant}{(fate.By is null ? $"   [{fate.Tried} tests]" : $"   [{fate.Test}]")}");
        }

        Console.WriteLine($"\n{"",-20}{"mutants",8}{"noticed",9}{"",9}{"explained",11}{"survive",9}   {string.Join("  ", Notices)}");
        foreach (var family in chosen.GroupBy(mutant => mutant.File)) Line(family.Key, [.. family]);
        foreach (var kind in chosen.GroupBy(mutant => mutant.Kind)) Line(kind.Key.ToString(), [.. kind]);
        var (noticed, survive) = Line("all", chosen);
        var wrong = chosen.Where(mutant => fates[mutant.Number].By is not null && Equivalent.Reasons.ContainsKey(mutant.Key)).ToList();
        foreach (var mutant in wrong) Console.WriteLine($"equivalent.txt explains what is noticed: {mutant}");
        Console.WriteLine($"{time.TotalMinutes:F0} minutes");
        return survive == 0 && wrong.Count == 0 && noticed >= 0.95 * chosen.Count ? 0 : 1;

        (int Noticed, int Survive) Line(string name, List<Mutant> some)
        {
            int count = some.Count(mutant => fates[mutant.Number].By is not null);
            int explained = some.Count(mutant => fates[mutant.Number].By is null && Equivalent.Reasons.ContainsKey(mutant.Key));
            string kinds = string.Join("  ", Notices.Select(by => some.Count(mutant => fates[mutant.Number].By == by).ToString(CultureInfo.InvariantCulture).PadLeft(by.Length)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-20}{some.Count,8}{count,9}{100.0 * count / some.Count,7:F1} %{explained,11}{some.Count - count - explained,9}   {kinds}"));
            return (count, some.Count - count - explained);
        }
    }

    private static ProcessStartInfo Command(string folder, string tests, IEnumerable<int> numbers, (string Name, string Value)[] mode)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) is "dotnet" or "testhost") start.ArgumentList.Add(typeof(Suite).Assembly.Location);
        foreach (string argument in (string[])["--worker", folder, tests, .. numbers.Select(number => number.ToString(CultureInfo.InvariantCulture))]) start.ArgumentList.Add(argument);
        start.Environment["SOFTMETAL_EDITS"] = Path.Combine(folder, "edits");
        start.Environment["SOFTMETAL_QUIET"] = "1";
        start.Environment[Results] = ResultsOf(mode);
        foreach (var (name, value) in mode) start.Environment[name] = value;
        return start;
    }

    /// <summary>The kind of notice, by what the failed test says.</summary>
    private static string Kind(string message) =>
        message.Contains("out of bounds", StringComparison.Ordinal) ? "bounds"
        : message.Contains("race", StringComparison.Ordinal) ? "race"
        : message.Contains("endless", StringComparison.Ordinal) ? "endless"
        : message.Contains("divergent", StringComparison.Ordinal) ? "divergent"
        : message.Contains("touches memory", StringComparison.Ordinal) || message.Contains("SIG", StringComparison.Ordinal) ? "page"
        : "result";
}
