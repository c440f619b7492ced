using System.Text.RegularExpressions;
using Gradient.Backend.Metal.Tests;

namespace Gradient.Mutation.Tests;

/// <summary>The suite's own rules, and a few mutants of each kind; tools/mutate-shaders.sh runs them all.</summary>
[NonParallelizable]
public sealed partial class MutationTests
{
    [Test]
    public void Every_barrier_and_every_comparison_is_a_mutant_or_is_left_out_for_a_reason()
    {
        var list = MutantList.Instance;
        foreach (string file in MutantList.Files)
        {
            string text = Comment().Replace(MutantList.Read(file), "");
            int Of(MutantKind kind) => list.Mutants.Count(mutant => mutant.File == file && mutant.Kind == kind);
            int leftOut = list.LeftOut.Count(line => line.StartsWith(file + ":", StringComparison.Ordinal));
            Assert.That(Of(MutantKind.Barrier), Is.EqualTo(Regex.Count(text, @"_barrier\(")), file);
            Assert.That(Of(MutantKind.Boundary) + leftOut, Is.EqualTo(Regex.Count(text, @"(?<= )(<|<=|>|>=)(?= )")), file);
        }

        Assert.That(list.Mutants.Select(mutant => mutant.Key), Is.Unique);
        Assert.That(list.Mutants.Count(mutant => mutant.Kind == MutantKind.Barrier), Is.GreaterThan(10));
        Assert.That(list.Mutants.Count(mutant => mutant.Kind != MutantKind.Barrier), Is.GreaterThan(200));
    }

    [Test]
    public void Functions_of_numbers_touch_no_memory()
    {
        foreach (var (file, functions) in MutantList.Numbers)
        {
            var shader = new ShaderText(MutantList.Read(file));
            foreach (string function in functions)
            {
                string[] lines = [.. shader.Lines.Where((_, i) => shader.Functions[i] == function)];
                Assert.That(lines, Is.Not.Empty, $"{file}: {function}");
                Assert.That(lines, Has.None.Contains("["), $"{file}: {function}");
            }
        }
    }

    [Test]
    public void What_is_explained_exists() =>
        Assert.That(Equivalent.Reasons.Keys.Except(MutantList.Instance.Mutants.Select(mutant => mutant.Key)), Is.Empty);

    [Test]
    public void Mutants_of_softmax_are_noticed_and_an_equivalent_one_is_not()
    {
        SoftMetal.Require();
        string folder = Directory.CreateTempSubdirectory("gradient-mutation").FullName;
        try
        {
            string[] keys =
            [
                "team.metal across: threadgroup_barrier(mem_flags::mem_threadgroup) → nothing",
                "softmax.metal softmax: line < p.kept.count → true",
                "softmax.metal softmax: i < length → <= #2",
                "softmax.metal softmax: from < length → <=",
            ];
            var mutants = MutantList.Instance.Mutants.Where(mutant => keys.Contains(mutant.Key)).ToList();
            Assert.That(mutants, Has.Count.EqualTo(keys.Length));
            var fates = new Trials(folder, @"ReductionTests\.Long_softmax", jobs: 2).Try(mutants, [(Suite.Check, "1")]);
            string?[] by = [.. keys.Select(key => fates[mutants.Single(mutant => mutant.Key == key).Number].By)];
            Assert.That(by[0], Is.EqualTo("race"));
            Assert.That(by[1..3], Has.None.Null);
            Assert.That(by[3], Is.Null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Mutant 2 spoils memory that is used when mutant 3 runs, 5 ends its process at once, 6 is noticed and spoils memory, 9 as 2 after the last.</summary>
    [Test]
    public void A_process_that_ends_is_blamed_on_the_mutant_that_ends_it_alone()
    {
        var fates = new Dictionary<int, Fate>();
        int started = 0;
        Trials.Work(new(Enumerable.Range(1, 9)), () => new Fragile(ref started), (number, fate) => fates[number] = fate);
        Assert.That(fates.OrderBy(fate => fate.Key).Select(fate => fate.Value.By), Is.EqualTo((string?[])[null, "crash", null, null, "crash", "result", null, null, "crash"]));
        Assert.That(started, Is.EqualTo(9), "2 with 1, 3 and 2 alone; 4 with 5, 5 alone; 6 with 7, 7 alone; 8 with 9, 9 alone");
    }

    private sealed class Fragile : ITries
    {
        private bool isSpoilt;

        public Fragile(ref int started) => started++;

        public Fate? Try(int number)
        {
            if (isSpoilt || number == 5) return null;
            isSpoilt = number is 2 or 6 or 9;
            return new(number == 6 ? "result" : null, "", "", 1);
        }

        public bool End() => !isSpoilt;

        public void Dispose()
        {
        }
    }

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();
}
