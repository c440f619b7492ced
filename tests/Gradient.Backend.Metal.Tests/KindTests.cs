using System.Text.RegularExpressions;

namespace Gradient.Backend.Metal.Tests;

/// <summary>The kinds that the shaders switch over are those of the seam: same names, same numbers.</summary>
public sealed partial class KindTests
{
    private static IEnumerable<TestCaseData> Enums() =>
        from family in KernelCache.Families
        from Match declaration in Enumeration().Matches(KernelCache.Compose(family))
        select new TestCaseData(declaration.Groups["name"].Value, declaration.Groups["body"].Value).SetArgDisplayNames(family, declaration.Groups["name"].Value);

    [TestCaseSource(nameof(Enums))]
    public void An_enum_of_the_shaders_is_that_of_the_seam(string name, string body)
    {
        var kind = typeof(DType).Assembly.GetType("Gradient.Core." + name);
        Assert.That(kind, Is.Not.Null, $"{name} is no enum of Gradient.Core.");
        string[] written = body.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var expected = Enum.GetValues(kind!).Cast<Enum>().OrderBy(Convert.ToInt32).ToArray();
        Assert.That(expected.Select(Convert.ToInt32), Is.EqualTo(Enumerable.Range(0, expected.Length)), "enums of shaders count from 0");
        Assert.That(written, Is.EqualTo(expected.Select(member => $"{name}_{member}")), $"the shader's enum lacks, or misplaces, a member of {name} (Kinds.cs, DType.cs)");
    }

    [GeneratedRegex(@"\benum\s+(?<name>\w+)\s*\{(?<body>[^}]*)\}")]
    private static partial Regex Enumeration();
}
