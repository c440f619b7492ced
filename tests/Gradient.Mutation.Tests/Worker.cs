using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Gradient.Mutation.Tests;

/// <summary>
/// Runs the tests of the Metal backend in this process, on shaders that hold all mutants. First without any, noting which test comes by which
/// mutant's place and how long it takes; then, for a mutant, the tests that do, quick ones first, until one fails, and that one once more without the
/// mutant, which must pass.
/// </summary>
internal sealed partial class Worker : ITestListener
{
    // How long the tests of a mutant may take together until it counts as not noticed, measured without the checker, which slows them down some
    // ten times. Those of explained ones only look whether the explanation holds.
    private const double Milliseconds = 120_000, CheckedMilliseconds = 5_000;
    private const int AtLeast = 24, AtLeastChecked = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, TestRun> runs = [];
    private readonly Dictionary<string, (NUnitTestAssemblyRunner Runner, ITest Test)> tests = [];
    private readonly byte[] reached = new byte[MutantList.Instance.Mutants.Count + 1];
    private readonly Stopwatch clock = new();
    private readonly string folder;
    private readonly StreamWriter answers = new(Console.OpenStandardOutput()) { AutoFlush = true };
    private string running = "";
    private int trying;
    private NUnitTestAssemblyRunner? active;
    private (string Test, string Message)? failure;
    private bool stopAtFailure;

    /// <summary>What a run without a mutant told about a test.</summary>
    private sealed record TestRun(double Milliseconds, bool Passed, HashSet<int> Reached);

    /// <summary>With the tests that matter, of names that match a pattern.</summary>
    public Worker(string folder, string tests)
    {
        this.folder = folder;
        Load(test => IsRelevant(test) && Regex.IsMatch(test.FullName, tests));
    }

    /// <summary>Tests of kernels: not those of the device layer, of training, of accuracy alone, of Float16 and BFloat16.</summary>
    public static bool IsRelevant(ITest test)
    {
        string name = test.FullName;
        if (name.Contains("Metal.Tests", StringComparison.Ordinal)) return !DeviceLayer().IsMatch(name);
        return (name.Contains("metal", StringComparison.Ordinal) || name.Contains("Plans_and_shaders", StringComparison.Ordinal)) && !NotOfKernels().IsMatch(name) && !OtherTypes().IsMatch(name);
    }

    /// <summary>Runs a share of the tests without a mutant, and writes down how long each took, whether it passed, and what it came by.</summary>
    public void Measure(int part, int parts)
    {
        SoftMetal.SelectMutant(0);
        // Neighbours by name need the same shaders.
        Run(tests.Keys.Order(StringComparer.Ordinal).Where((_, i) => i / 32 % parts == part));
        Trials.Write(Trials.PartOf(folder, part, parts), runs.Select(run => string.Create(
            CultureInfo.InvariantCulture, $"{run.Value.Milliseconds:F1}\t{run.Value.Passed}\t{string.Join(',', run.Value.Reached)}\t{Escaped(run.Key)}")));
    }

    /// <summary>Reads numbers of mutants, and answers what became of each, until there are no more.</summary>
    public void Serve()
    {
        ReadMeasured();
        answers.WriteLine(WorkerProcess.Answer + WorkerProcess.Ready);
        bool isChecked = Environment.GetEnvironmentVariable(Suite.Check) is not null;
        while (Console.In.ReadLine() is { } line)
        {
            int number = int.Parse(line, CultureInfo.InvariantCulture);
            bool isExplained = Equivalent.Reasons.ContainsKey(MutantList.Instance.Mutants[number - 1].Key);
            var fate = Notice(number, isExplained ? 0 : isChecked ? CheckedMilliseconds : Milliseconds, isExplained && isChecked ? AtLeastChecked : AtLeast);
            // What the mutant has spoilt shows now, if it can, and not in the time of the next one.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            answers.WriteLine(WorkerProcess.Answer + fate.Line(number));
        }
    }

    private void Load(Func<ITest, bool> isWanted)
    {
        foreach (var assembly in (Assembly[])[typeof(Backend.Metal.Tests.SmokeTests).Assembly, typeof(Conformance.Tests.ForwardTests).Assembly])
        {
            var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
            runner.Load(assembly, new Dictionary<string, object> { ["NumberOfTestWorkers"] = 0, ["SynchronousEvents"] = true });
            foreach (var test in Leaves(runner.LoadedTest!).Where(isWanted)) tests[test.FullName] = (runner, test);
        }
    }

    /// <summary>Reads what the processes before wrote down.</summary>
    private void ReadMeasured()
    {
        stopAtFailure = true;
        var names = tests.Keys.ToDictionary(Escaped);
        foreach (string[] fields in File.ReadLines(Path.Combine(folder, Trials.Measured)).Select(line => line.Split('\t')))
        {
            if (!names.TryGetValue(fields[3], out string? name)) continue;
            runs[name] = new(
                double.Parse(fields[0], CultureInfo.InvariantCulture), bool.Parse(fields[1]),
                [.. fields[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(number => int.Parse(number, CultureInfo.InvariantCulture))]);
        }
    }

    /// <summary>
    /// What notices a mutant among the tests that come by its place, the quick ones first, as long as they took together in the run without a
    /// mutant, and at least so many.
    /// </summary>
    private Fate Notice(int number, double milliseconds, int atLeast)
    {
        int tried = 0;
        trying = number;
        var candidates = new List<string>();
        foreach (var (name, run) in from run in runs where run.Value.Passed && run.Value.Reached.Contains(number) orderby run.Value.Milliseconds select run)
        {
            candidates.Add(name);
            if ((milliseconds -= run.Milliseconds) < 0 && candidates.Count >= atLeast) break;
        }

        for (int begin = 0, size = 8; begin < candidates.Count; begin += size, size = Math.Min(2 * size, 64))
        {
            string[] batch = [.. candidates.Skip(begin).Take(size)];
            tried += batch.Length;
            SoftMetal.SelectMutant(number);
            failure = null;
            Run(batch);
            Reset();
            if (failure is not { } found) continue;
            // An error of the mutant that its device still holds is thrown once.
            for (int again = 0; again < 2; again++)
            {
                failure = null;
                Run([found.Test]);
                Reset();
                if (failure is null) return Fate.Of(found.Test, found.Message, tried);
            }

            Console.Error.WriteLine($"{found.Test} fails without mutant {number} too: {Fate.OneLine(failure!.Value.Message)}");
        }

        return new(null, "", "", tried);
    }

    private static string Escaped(string name) => name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    public void TestStarted(ITest test)
    {
        if (test.IsSuite) return;
        running = test.FullName;
        SoftMetal.TakeReached(reached);
        clock.Restart();
    }

    public void TestFinished(ITestResult result)
    {
        if (result.Test.IsSuite) return;
        running = "";
        SoftMetal.TakeReached(reached);
        runs.TryAdd(result.FullName, new(
            clock.Elapsed.TotalMilliseconds, result.ResultState.Status == TestStatus.Passed, [.. Enumerable.Range(1, reached.Length - 1).Where(i => reached[i] != 0)]));
        if (!stopAtFailure || result.ResultState.Status != TestStatus.Failed || failure is not null) return;
        failure = (result.FullName, result.Message ?? "");
        active!.StopRun(force: false);
    }

    public void TestOutput(TestOutput output)
    {
    }

    public void SendMessage(TestMessage message)
    {
    }

    private void Run(IEnumerable<string> names)
    {
        foreach (var group in names.GroupBy(name => tests[name].Runner))
        {
            active = group.Key;
            using var watchdog = new Timer(_ => GiveUp(), null, Patience, TimeSpan.FromSeconds(5));
            clock.Restart();
            if (stopAtFailure && failure is not null) return;
            active.Run(this, new Only(group.Select(name => tests[name].Test)));
        }
    }

    /// <summary>A test that hangs cannot be stopped; the process ends, and its parent starts another.</summary>
    private void GiveUp()
    {
        if (!stopAtFailure || clock.Elapsed < Patience) return;
        answers.WriteLine(WorkerProcess.Answer + new Fate(Fate.Hang, running, "", 0).Line(trying));
        Environment.Exit(3);
    }

    /// <summary>No mutant, no error of one left behind.</summary>
    private static void Reset()
    {
        SoftMetal.SelectMutant(0);
        for (int i = 0; i < 10; i++)
        {
            try
            {
                MetalDevice.Instance!.Backend.Synchronize();
                break;
            }
            catch (GradientException)
            {
                // It belongs to the mutant, and was noticed.
            }
        }

        SoftMetal.TakeErrors();
    }

    /// <summary>Some tests and what is around them; NUnit's own filter walks over the whole tree for each.</summary>
    private sealed class Only : TestFilter
    {
        private readonly HashSet<string> ids = [];

        public Only(IEnumerable<ITest> chosen)
        {
            foreach (var one in chosen)
                for (ITest? test = one; test is not null; test = test.Parent) ids.Add(test.Id);
        }

        public override bool Pass(ITest test, bool negated) => ids.Contains(test.Id);

        public override bool Match(ITest test) => ids.Contains(test.Id);

        public override TNode AddToXml(TNode parentNode, bool recursive) => parentNode.AddElement("only");
    }

    private static IEnumerable<ITest> Leaves(ITest test) => test.IsSuite ? test.Tests.SelectMany(Leaves) : [test];

    [GeneratedRegex(@"\.(Training\w*|RandomProgram\w*|SpecialValueTests|DeviceFaults|CutLaunches|Row1[0-3]\w*)\.|AlsoSeen\.(?!Convolutions)")]
    private static partial Regex NotOfKernels();

    [GeneratedRegex("float16|Float16|half|Half")]
    private static partial Regex OtherTypes();

    [GeneratedRegex(@"\.(DeviceTests|MemoryTests|ProbeTests|SourceTests|ParameterTests)\b")]
    private static partial Regex DeviceLayer();
}
