namespace Gradient.Conformance.Tests;

/// <summary>
/// Every differentiable case in Float64 by finite differences of the operation itself: gradients, gradients of gradients, and fused
/// backward kernels against the composed formulas that a recorded backward uses.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class GradientOrderTests
{
    private const int MostElements = 60; // finite differences of second order cost many evaluations per element

    public static IEnumerable<TestCaseData> Cases() =>
        from @case in CaseList.All
        where @case.Differentiable && @case.DTypes.Contains(DType.Float64) && Inputs(@case) is not null
        select new TestCaseData(@case).SetArgDisplayNames(@case.Name);

    [TestCaseSource(nameof(Cases))]
    public void Gradients_of_gradients(Case @case)
    {
        var inputs = Inputs(@case)!;
        GradientCheck.Verify(@case.Run, inputs);
        GradientCheck.VerifySecondOrder(@case.Run, inputs);
    }

    [TestCaseSource(nameof(Cases))]
    public void A_plain_backward_agrees_with_a_recorded_one(Case @case)
    {
        var inputs = Inputs(@case)!;
        var plain = Run(createGraph: false);
        var recorded = Run(createGraph: true);
        for (int i = 0; i < plain.Length; i++) Assert.That(plain[i], Is.EqualTo(recorded[i]).Within(1e-12), $"input {i}");

        double[][] Run(bool createGraph)
        {
            var leaves = Array.ConvertAll(inputs, x => new GradientTensor(x.Value.Copy(), requiresGrad: x.DType == DType.Float64));
            var y = @case.Run(leaves);
            y.Backward(GradientTensor.Rand(y.Shape, seed: 3, DType.Float64), createGraph: createGraph);
            return [.. leaves.Where(x => x.Grad is not null).Select(x => x.Grad!.ToArray<double>())];
        }
    }

    /// <summary>The inputs of the case's first set of shapes with something in it and not too much; null if there is none.</summary>
    private static GradientTensor[]? Inputs(Case @case)
    {
        foreach (long[][] shapes in @case.Shapes)
        {
            long count = shapes.Sum(shape => shape.Aggregate(1L, (a, b) => a * b));
            if (count is < 2 or > MostElements) continue;
            return [.. shapes.Select((shape, i) => new GradientTensor(Tests.Inputs.ToTensor(
                Tests.Inputs.Generate(shape, @case.Domains[i], i + 1, DType.Float64), Tests.Inputs.TypeOf(@case.Domains[i], DType.Float64), Devices.Cpu)))];
        }

        return null;
    }
}
