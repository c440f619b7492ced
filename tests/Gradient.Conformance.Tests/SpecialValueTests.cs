namespace Gradient.Conformance.Tests;

/// <summary>NaN, infinities, signed zeros, denormals and huge numbers through every elementwise case that defines them.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SpecialValueTests
{
    private static readonly double[] Special = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, 1e-40, -1e-40, 1e30, -1e30, 1, -1, 88.8, -104, 0.5];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from @case in CaseList.All
        where @case.Special
        from dtype in new[] { DType.Float32, DType.Float64 }
        where backend.Supports(dtype) && @case.DTypes.Contains(dtype)
        select new TestCaseData(backend, @case, dtype).SetArgDisplayNames(backend.Name, @case.Name, dtype.Name());

    [TestCaseSource(nameof(Combinations))]
    public void Special_values_come_through(Backend backend, Case @case, DType dtype)
    {
        // All pairs, repeated past a vector's width, so that both the vector body and the scalar tail see each.
        double[] first = [.. from a in Special from _ in Special select a], second = [.. from _ in Special from b in Special select b];
        var inputs = new[] { first, second }.Take(@case.Domains.Length)
            .Select(v => new Values(Array.ConvertAll(v, x => Inputs.Round(x, dtype)), v.Length)).ToArray();
        var expected = @case.Reference(inputs);
        var actual = @case.Run([.. inputs.Select(v => new GradientTensor(Inputs.ToTensor(v, dtype, backend.Device())))]);
        Compare.Near(
            expected.Map(x => Inputs.Round(x, actual.DType)), Inputs.FromTensor(actual.Value),
            actual.DType.IsFloatingPoint() ? Case.Rounding(dtype) * @case.Amplification : 0, $"{@case.Name} {dtype.Name()}");
    }
}
