using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Gradient.Mutation.Tests;

/// <summary>The command line: which mutants are tried, under which modes, and the table of what noticed them.</summary>
internal static class Suite
{
    /// <summary>How processes know that the checker is on.</summary>
    public const string Check = "SOFTMETAL_CHECK";

    /// <summary>
    /// Mutants that match a pattern, or all; --list names them only. The variable JOBS says how many processes share the work, TESTS which tests
    /// run, by a pattern of their names. What the rule "each barrier and each bounds check is deleted, and at least 95 % are noticed" counts are
    /// deletions (<see cref="Mutant.IsDeletion"/>). The comparisons that are off by one have a row of their own: they ask more of the tests than the
    /// rule does, and more of them are equivalent (one more pass of a loop that finds nothing to do). The row of all hides neither.
    /// </summary>
    /// <returns>
    /// 0 if at least 95 % of the deletions are noticed, those that are explained as equivalent counted as not noticed, and no mutant of any kind
    /// survives without being explained, and none is noticed that equivalent.txt explains; else 1.
    /// </returns>
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
        // A run that was cut off goes on where it was, if all that it runs is the same.
        string tests = Environment.GetEnvironmentVariable("TESTS") ?? "", stamp = Path.Combine(folder, "build"), build = $"{Build()} {tests}";
        if (!File.Exists(stamp) || File.ReadAllText(stamp) != build) foreach (string old in Directory.GetFiles(folder)) File.Delete(old);
        File.WriteAllText(stamp, build);
        var clock = Stopwatch.StartNew();
        var trials = new Trials(folder, tests, int.Parse(Environment.GetEnvironmentVariable("JOBS") ?? "1", CultureInfo.InvariantCulture));
        // Most mutants compute a wrong result, or leave their buffer far enough for a guard page, which costs little to see. The checker, which
        // slows tests down some ten times, takes the barriers, what is left, and what ended its process: it stops an access before it harms.
        var fates = trials.Try(chosen.Where(mutant => mutant.Kind != MutantKind.Barrier), [("SOFTMETAL_GUARD", "1"), ("SOFTMETAL_ORDER", "random:1")]);
        foreach (var (number, fate) in trials.Try(chosen.Where(mutant => fates.GetValueOrDefault(mutant.Number) is null or { By: null } or { By: "crash" }), [(Check, "1")]))
            if (fate.By is not null || fates.GetValueOrDefault(number)?.By is null) fates[number] = fate;
        return Report(chosen, fates, clock.Elapsed);
    }

    /// <summary>Tells builds apart by their bytes: times change when files are carried elsewhere.</summary>
    private static string Build()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] programs = [.. Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Order(StringComparer.Ordinal), Environment.GetEnvironmentVariable(Backend.Metal.Bindings.Metal.SubstituteVariable)!];
        foreach (string program in programs) hash.AppendData(File.ReadAllBytes(program));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static int Report(List<Mutant> chosen, Dictionary<int, Fate> fates, TimeSpan time)
    {
        foreach (var mutant in chosen)
        {
            var fate = fates[mutant.Number];
            string by = fate.By ?? (Equivalent.Reasons.ContainsKey(mutant.Key) ? "equivalent" : "SURVIVES");
            Console.WriteLine($"{by,-11}{mutant.Kind,-9}{mutant}{(fate.By is null ? $"   [{fate.Tried} tests]" : $"   [{fate.Test}]")}");
        }

        Console.WriteLine($"\n{"",-20}{"mutants",8}{"noticed",9}{"",9}{"explained",11}{"of the rest",13}{"survive",9}   {string.Join("  ", Fate.Notices)}");
        foreach (var family in chosen.GroupBy(mutant => mutant.File)) Line(family.Key, family);
        foreach (var kind in chosen.GroupBy(mutant => mutant.Kind).OrderBy(kind => kind.Key)) Line($"{kind.Key}", kind);
        var deletions = Line("deletions", chosen.Where(mutant => mutant.IsDeletion));
        Line("off by one", chosen.Where(mutant => !mutant.IsDeletion));
        var all = Line("all", chosen);
        var wrong = chosen.Where(mutant => fates[mutant.Number].By is not null && Equivalent.Reasons.ContainsKey(mutant.Key)).ToList();
        foreach (var mutant in wrong) Console.WriteLine($"equivalent.txt explains what is noticed: {mutant}");
        Console.WriteLine($"{time.TotalMinutes:F0} minutes");
        return all.Survive == 0 && wrong.Count == 0 && deletions.Noticed >= 0.95 * deletions.Of ? 0 : 1;

        (int Noticed, int Of, int Survive) Line(string name, IEnumerable<Mutant> group)
        {
            List<Mutant> some = [.. group];
            int noticed = some.Count(mutant => fates[mutant.Number].By is not null);
            int explained = some.Count(mutant => fates[mutant.Number].By is null && Equivalent.Reasons.ContainsKey(mutant.Key));
            int survive = some.Count - noticed - explained;
            string by = string.Join("  ", Fate.Notices.Select(by => some.Count(mutant => fates[mutant.Number].By == by).ToString(CultureInfo.InvariantCulture).PadLeft(by.Length)));
            Console.WriteLine($"{name,-20}{some.Count,8}{noticed,9}{Percent(noticed, some.Count),9}{explained,11}{Percent(noticed, some.Count - explained),13}{survive,9}   {by}");
            return (noticed, some.Count, survive);
        }

        static string Percent(int part, int whole) => whole == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / whole:F1} %");
    }
}
