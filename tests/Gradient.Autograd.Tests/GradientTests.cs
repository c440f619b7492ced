using System.Reflection;
using Gradient.Core;

namespace Gradient.Autograd.Tests;

public sealed class GradientTests
{
    /// <summary>Operations without a derivative, and members that are no operations.</summary>
    private static readonly HashSet<string> NotDifferentiable =
    [
        "EqualTo", "NotEqualTo", "LessThan", "LessOrEqual", "GreaterThan", "GreaterOrEqual", "LogicalAnd", "LogicalOr", "LogicalXor",
        "LogicalNot", "IsNaN", "IsFinite", "All", "Any", "ArgMax", "ArgMin", "ArgSort", "OneHot",
        // making tensors
        "Zeros", "Ones", "Full", "Scalar", "ZerosLike", "OnesLike", "Arange", "Linspace", "Eye", "Rand", "Randn", "RandInt", "From",
        // overwriting them, which is never recorded
        "AddInPlace", "SubtractInPlace", "MultiplyInPlace", "Fill", "Zero", "CopyFrom",
        // the tape: TapeTests
        "Grad", "RetainGrad", "RequireGrad",
    ];

    private static IEnumerable<GradientCase> Cases => GradientCases.All;

    [TestCaseSource(nameof(Cases))]
    public void The_gradient_agrees_with_finite_differences(GradientCase c) => GradientCheck.Verify(c.Function, c.Inputs);

    [TestCaseSource(nameof(Cases))]
    public void The_second_derivative_agrees_with_finite_differences(GradientCase c) => GradientCheck.VerifySecondOrder(c.Function, c.Inputs);

    /// <summary>The same walk with gradients of parts added in place, of broadcast inputs summed, of views passed on.</summary>
    [TestCaseSource(nameof(Cases))]
    public void Backward_into_leaves_agrees_with_a_recorded_backward(GradientCase c)
    {
        var plain = Run(createGraph: false);
        var recorded = Run(createGraph: true);
        for (int i = 0; i < plain.Length; i++)
            Assert.That(plain[i], Is.EqualTo(recorded[i]).Within(1e-12), $"input {i}");

        double[][] Run(bool createGraph)
        {
            var inputs = Array.ConvertAll(c.Inputs, x => new GradientTensor(x.Value.Copy(), requiresGrad: x.DType == DType.Float64));
            var y = c.Function(inputs);
            y.Backward(GradientTensor.Rand(y.Shape, seed: 3, DType.Float64), createGraph: createGraph);
            return [.. inputs.Where(x => x.Grad is not null).Select(x => x.Grad!.ToArray<double>())];
        }
    }

    [Test]
    public void Every_public_operation_has_a_case()
    {
        var covered = Cases.Select(c => c.Operation).Concat(NotDifferentiable).ToHashSet();
        var missing = Operations().Where(name => !covered.Contains(name)).Distinct().Order();
        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Every_name_in_the_tables_is_an_operation()
    {
        var operations = Operations().ToHashSet();
        Assert.That(Cases.Select(c => c.Operation).Concat(NotDifferentiable).Where(name => !operations.Contains(name)), Is.Empty);
    }

    private static IEnumerable<string> Operations()
    {
        Type[] types = [.. typeof(GradientTensor).Assembly.GetExportedTypes().Where(t => t == typeof(GradientTensor) || t.Name == "Functional")];
        foreach (var method in types.SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)))
        {
            bool isOperation = new[] { method.ReturnType }.Concat(method.ReturnType.GetGenericArguments()).Any(
                t => t == typeof(GradientTensor) || t == typeof(GradientTensor[]) || t == typeof(ValuesAndIndices));
            if (isOperation) yield return method.Name.StartsWith("get_", StringComparison.Ordinal) ? method.Name[4..] : method.Name;
        }
    }
}
