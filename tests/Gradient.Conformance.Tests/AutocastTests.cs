namespace Gradient.Conformance.Tests;

/// <summary>The policy of <see cref="Autocast"/>, operation by operation: every case, by the types of outputs.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class AutocastTests
{
    private static readonly HashSet<string> Lower =
    [
        nameof(GradientTensor.MatMul), nameof(Functional.Linear), nameof(Functional.Conv1d), nameof(Functional.Conv2d),
        nameof(Functional.ConvTranspose2d), nameof(Functional.ScaledDotProductAttention), nameof(Functional.SelfAttention),
    ];

    private static readonly HashSet<string> Float32 =
    [
        nameof(GradientTensor.Softmax), nameof(GradientTensor.LogSoftmax), nameof(Functional.LogSigmoid), nameof(GradientTensor.Softplus),
        nameof(GradientTensor.Exp), nameof(GradientTensor.Expm1), nameof(GradientTensor.Log), nameof(GradientTensor.Log1p), nameof(GradientTensor.Log2),
        nameof(GradientTensor.Pow), nameof(GradientTensor.Square), nameof(GradientTensor.Reciprocal), nameof(GradientTensor.Rsqrt), nameof(GradientTensor.Tan),
        nameof(GradientTensor.Sum), nameof(GradientTensor.Mean), nameof(GradientTensor.Prod), nameof(GradientTensor.CumSum), nameof(GradientTensor.CumProd),
        nameof(GradientTensor.Var), nameof(GradientTensor.Std), nameof(GradientTensor.Norm), nameof(GradientTensor.LogSumExp),
        nameof(Functional.BatchNorm), nameof(Functional.LayerNorm), nameof(Functional.RmsNorm), nameof(Functional.GroupNorm), nameof(Functional.InstanceNorm),
    ];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from @case in CaseList.All
        from lower in new[] { DType.BFloat16, DType.Float16 }
        where @case.DTypes.Contains(lower) && @case.DTypes.Contains(DType.Float32)
        // What is cast is chosen above the backends; of others, the products in one type show that theirs take it.
        where backend.Name == "cpu" || (lower == DType.BFloat16 && @case.Members.Any(Lower.Contains))
        select new TestCaseData(backend, @case, lower).SetArgDisplayNames(backend.Name, @case.Name, lower.Name());

    [TestCaseSource(nameof(Combinations))]
    public void The_output_has_the_type_of_the_policy(Backend backend, Case @case, DType lower)
    {
        foreach (var input in new[] { DType.Float32, lower })
        {
            GradientTensor[] inputs = [.. @case.Shapes[^1].Select((shape, i) => new GradientTensor(Inputs.ToTensor(
                Inputs.Generate(shape, @case.Domains[i], i + 1, input), Inputs.TypeOf(@case.Domains[i], input), backend.Device())))];
            var outside = @case.Run(inputs);
            var expected = !outside.DType.IsFloatingPoint() ? outside.DType
                : @case.Members.Any(Lower.Contains) ? lower
                : @case.Members.Any(Float32.Contains) ? DType.Float32
                : outside.DType;
            GradientTensor inside;
            using (Autocast.Begin(lower)) inside = @case.Run(inputs);
            Assert.That(inside.DType, Is.EqualTo(expected), $"of {input.Name()}");
            Assert.That(inside.Shape, Is.EqualTo(outside.Shape));
        }
    }

    /// <summary>The two may be mixed wherever they meet: nothing wants its operands converted by hand.</summary>
    [TestCaseSource(nameof(Combinations))]
    public void Operands_of_several_types_are_taken(Backend backend, Case @case, DType lower)
    {
        GradientTensor[] inputs = [.. @case.Shapes[^1].Select((shape, i) => new GradientTensor(Inputs.ToTensor(
            Inputs.Generate(shape, @case.Domains[i], i + 1, lower), Inputs.TypeOf(@case.Domains[i], i == 0 ? lower : DType.Float32), backend.Device())))];
        using (Autocast.Begin(lower)) Assert.That(() => @case.Run(inputs), Throws.Nothing);
    }
}
