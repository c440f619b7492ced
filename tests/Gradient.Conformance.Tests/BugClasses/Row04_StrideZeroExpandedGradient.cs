namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 4: an upstream gradient expanded with stride 0, as sum().backward() makes it, misread.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class Row04_StrideZeroExpandedGradient
{
    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from @case in CaseList.All
        where @case.Differentiable && @case.DTypes.Contains(DType.Float32)
        select new TestCaseData(backend, @case).SetArgDisplayNames(backend.Name, @case.Name);

    [TestCaseSource(nameof(Combinations))]
    public void Expanded_and_materialised_gradients_agree(Backend backend, Case @case)
    {
        foreach (long[][] shapes in @case.Shapes)
        {
            GradientTensor[] Make() => [.. shapes.Select((shape, i) => new GradientTensor(
                Inputs.ToTensor(Inputs.Generate(shape, @case.Domains[i], i + 1, DType.Float32), Inputs.TypeOf(@case.Domains[i], DType.Float32), backend.Device()),
                @case.Domains[i] is not (Domain.Index3 or Domain.Mask)))];
            GradientTensor[] expanded = Make(), copied = Make(), summed = Make();
            var y = @case.Run(expanded);
            var one = GradientTensor.Ones([], y.DType, backend.Device());
            y.Backward(one.Expand(y.Shape));
            @case.Run(copied).Backward(one.Expand(y.Shape).Clone());
            @case.Run(summed).Sum().Backward();
            for (int i = 0; i < shapes.Length; i++)
            {
                if (copied[i].Grad is not { } expected) continue;
                string what = $"{@case.Name} input {i}";
                double tolerance = 8 * Case.Rounding(DType.Float32) * @case.Amplification; // other kernels may sum in another order
                Compare.Near(Inputs.FromTensor(expected.Value), Inputs.FromTensor(expanded[i].Grad!.Value), tolerance, what + ", expanded");
                Compare.Near(Inputs.FromTensor(expected.Value), Inputs.FromTensor(summed[i].Grad!.Value), tolerance, what + ", of the sum");
            }
        }
    }
}
