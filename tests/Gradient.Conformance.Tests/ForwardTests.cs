namespace Gradient.Conformance.Tests;

/// <summary>Every case forward: on every backend, for every type, over every layout, at every size.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ForwardTests
{
    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from @case in CaseList.All
        from dtype in @case.DTypes
        where backend.Supports(dtype)
        select new TestCaseData(backend, @case, dtype).SetArgDisplayNames(backend.Name, @case.Name, dtype.Name());

    [TestCaseSource(nameof(Combinations))]
    public void Forward(Backend backend, Case @case, DType dtype)
    {
        var device = backend.Device();
        using var _ = Tape.NoGrad();
        foreach (long[][] shapes in @case.Shapes)
        {
            var inputs = shapes.Select((shape, i) => Inputs.Generate(shape, @case.Domains[i], i + 1, dtype)).ToArray();
            var expected = @case.Reference(inputs);
            foreach (var (layout, arrange) in Layouts.All)
            {
                var tensors = inputs.Select((values, i) => new GradientTensor(
                    arrange(Inputs.ToTensor(values, Inputs.TypeOf(@case.Domains[i], dtype), device)))).ToArray();
                var actual = @case.Run(tensors);
                var outputType = actual.DType;
                var rounded = expected.Map(x => Inputs.Round(x, outputType));
                Compare.Near(
                    rounded, Inputs.FromTensor(actual.Value), outputType.IsFloatingPoint() ? Case.Rounding(dtype) * @case.Amplification : 0,
                    $"{@case.Name} {dtype.Name()} {layout} {string.Join(" ", shapes.Select(s => $"[{string.Join(",", s)}]"))}");
            }
        }
    }

    /// <summary>Inputs whose first axis has stride 0; their rows are equal, so they are numbers of their own.</summary>
    [TestCaseSource(nameof(Combinations))]
    public void Forward_of_expanded_inputs(Backend backend, Case @case, DType dtype)
    {
        var device = backend.Device();
        using var _ = Tape.NoGrad();
        foreach (long[][] shapes in @case.Shapes)
        {
            if (!shapes.Any(shape => shape.Length > 0 && shape[0] > 1)) continue;
            var rows = shapes.Select((shape, i) => Inputs.Generate(shape.Length == 0 ? shape : [1, .. shape[1..]], @case.Domains[i], i + 1, dtype)).ToArray();
            var inputs = rows.Select((row, i) => Values.Make(shapes[i], row.AtBroadcast)).ToArray();
            var expected = @case.Reference(inputs);
            var actual = @case.Run([.. rows.Select((row, i) => new GradientTensor(
                Inputs.ToTensor(row, Inputs.TypeOf(@case.Domains[i], dtype), device)).Expand(new Shape(shapes[i])))]);
            Compare.Near(
                expected.Map(x => Inputs.Round(x, actual.DType)), Inputs.FromTensor(actual.Value),
                actual.DType.IsFloatingPoint() ? Case.Rounding(dtype) * @case.Amplification : 0,
                $"{@case.Name} {dtype.Name()} expanded {string.Join(" ", shapes.Select(s => $"[{string.Join(",", s)}]"))}");
        }
    }
}
