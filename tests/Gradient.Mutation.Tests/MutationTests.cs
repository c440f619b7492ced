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
            var fates = Suite.Try(mutants, folder, @"ReductionTests\.Long_softmax", [("SOFTMETAL_CHECK", "1")]);
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

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();
}
