namespace Gradient.Conformance.Tests;

/// <summary>Conversions between all pairs of element types, over all layouts.</summary>
public sealed class TypeTests
{
    public static IEnumerable<TestCaseData> Pairs() =>
        from backend in Backends.All
        from source in Enum.GetValues<DType>()
        from target in Enum.GetValues<DType>()
        where backend.Supports(source) && backend.Supports(target)
        select new TestCaseData(backend, source, target).SetArgDisplayNames(backend.Name, source.Name(), target.Name());

    [TestCaseSource(nameof(Pairs))]
    public void To_converts(Backend backend, DType source, DType target)
    {
        double[] raw = [0, 1, -1, 2.5, -2.5, 100, -100, 3.99, -3.99, 0.25, 7, 12, 1, 0, 5, 6, 7];
        var values = new Values(Array.ConvertAll(raw, x => Inputs.Round(source.IsFloatingPoint() || source == DType.Bool ? x : Math.Truncate(x), source)), raw.Length);
        var expected = values.Map(x => target == DType.Bool ? (x != 0 ? 1 : 0) : target.IsFloatingPoint() ? Inputs.Round(x, target) : Math.Truncate(x));
        foreach (var (layout, arrange) in Layouts.All)
            Compare.Near(expected, Inputs.FromTensor(arrange(Inputs.ToTensor(values, source, backend.Device())).To(target)), 0, layout);
    }

    [TestCase(DType.Int32, 2147483647.0, -2147483648.0)]
    [TestCase(DType.Int64, 9.2233720368547758E+18, -9.2233720368547758E+18)]
    public void Numbers_out_of_range_saturate_and_NaN_becomes_zero(DType target, double highest, double lowest)
    {
        var x = GradientTensor.From([1e30f, -1e30f, float.PositiveInfinity, float.NegativeInfinity, float.NaN]);
        var y = Inputs.FromTensor(x.To(target).Value);
        Assert.That(y.Data, Is.EqualTo(new[] { highest, lowest, highest, lowest, 0 }));
    }
}
