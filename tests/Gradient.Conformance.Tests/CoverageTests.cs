using System.Reflection;

namespace Gradient.Conformance.Tests;

/// <summary>No public operation without a case.</summary>
public sealed class CoverageTests
{
    /// <summary>What is no operation on values, and why.</summary>
    private static readonly Dictionary<string, string> Exempt = new()
    {
        ["Zeros"] = "makes a tensor", ["Ones"] = "makes a tensor", ["Full"] = "makes a tensor", ["Scalar"] = "makes a tensor", ["Arange"] = "makes a tensor",
        ["Linspace"] = "makes a tensor", ["Eye"] = "makes a tensor", ["Rand"] = "makes a tensor", ["Randn"] = "makes a tensor", ["RandInt"] = "makes a tensor", ["From"] = "makes a tensor",
        ["RequireGrad"] = "a switch", ["RetainGrad"] = "a switch", ["To"] = "TypeTests",
    };

    [Test]
    public void Every_public_operation_has_a_case()
    {
        var covered = CaseList.All.SelectMany(c => c.Members).Concat(InPlaceTests.Covered).ToHashSet();
        var operations = typeof(GradientTensor).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Concat(typeof(Functional).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => ReturnsTensors(method.ReturnType) && (!method.Name.StartsWith("get_", StringComparison.Ordinal) || method.Name == "get_Item"))
            .Select(method => method.Name == "get_Item" ? "Item" : method.Name)
            .Distinct();
        var missing = operations.Where(name => !covered.Contains(name) && !Exempt.ContainsKey(name)).Order().ToList();
        Assert.That(missing, Is.Empty, "add cases for them in Cases/");
    }

    [Test]
    public void Every_case_has_a_name_of_its_own() => Assert.That(CaseList.All.Select(c => c.Name), Is.Unique);

    private static bool ReturnsTensors(Type type) =>
        type == typeof(GradientTensor) || type == typeof(GradientTensor[]) || type == typeof(ValuesAndIndices)
        || (type.IsGenericType && type.GetGenericArguments().Any(ReturnsTensors));
}
