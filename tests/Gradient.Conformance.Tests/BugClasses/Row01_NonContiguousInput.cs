namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 1: a non-contiguous input misread. The forward tests give all inputs one layout; here each has another.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class Row01_NonContiguousInput
{
    private static readonly Layouts.Arrange[] Arrangements = [.. Layouts.All.Values];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from @case in CaseList.All
        where @case.DTypes.Contains(DType.Float32) && @case.Domains.Length > 1
        select new TestCaseData(backend, @case).SetArgDisplayNames(backend.Name, @case.Name);

    [TestCaseSource(nameof(Combinations))]
    public void Every_input_in_a_layout_of_its_own(Backend backend, Case @case)
    {
        using var _ = Tape.NoGrad();
        foreach (long[][] shapes in @case.Shapes)
        {
            var inputs = shapes.Select((shape, i) => Inputs.Generate(shape, @case.Domains[i], i + 1, DType.Float32)).ToArray();
            var expected = @case.Reference(inputs);
            for (int round = 0; round < Arrangements.Length; round++)
            {
                var actual = @case.Run([.. inputs.Select((values, i) => new GradientTensor(
                    Arrangements[(round + (3 * i) + 1) % Arrangements.Length](Inputs.ToTensor(values, Inputs.TypeOf(@case.Domains[i], DType.Float32), backend.Device()))))]);
                Compare.Near(
                    expected.Map(x => Inputs.Round(x, actual.DType)), Inputs.FromTensor(actual.Value),
                    actual.DType.IsFloatingPoint() ? Case.Rounding(DType.Float32) * @case.Amplification : 0, $"{@case.Name}, round {round}");
            }
        }
    }
}
