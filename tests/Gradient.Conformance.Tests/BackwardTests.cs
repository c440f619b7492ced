namespace Gradient.Conformance.Tests;

/// <summary>
/// Every differentiable case backward: gradients of every floating-point input against central differences of the reference,
/// over every layout of the inputs and several of the upstream gradient.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class BackwardTests
{
    private const double Step = 1e-5;

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from @case in CaseList.All
        where @case.Differentiable
        from dtype in @case.DTypes
        where dtype.IsFloatingPoint() && backend.Supports(dtype)
        select new TestCaseData(backend, @case, dtype).SetArgDisplayNames(backend.Name, @case.Name, dtype.Name());

    [TestCaseSource(nameof(Combinations))]
    public void Backward(Backend backend, Case @case, DType dtype)
    {
        var device = backend.Device();
        foreach (long[][] shapes in @case.Shapes)
        {
            var inputs = shapes.Select((shape, i) => Inputs.Generate(shape, @case.Domains[i], i + 1, dtype)).ToArray();
            var output = @case.Reference(inputs);
            if (inputs.Sum(x => x.Data.Length) > 400) continue; // finite differences cost two references per element
            foreach (bool ones in new[] { false, true })
            {
                var upstream = ones ? output.Map(_ => 1) : Inputs.Generate(output.Shape, Domain.Normal, 99, dtype);
                var expected = inputs.Select((x, i) => Differentiable(@case.Domains[i]) ? Differences(@case, inputs, i, upstream) : null).ToArray();
                foreach (var (layout, arrange) in Layouts.All)
                {
                    var tensors = inputs.Select((values, i) => new GradientTensor(
                        arrange(Inputs.ToTensor(values, Inputs.TypeOf(@case.Domains[i], dtype), device)), Differentiable(@case.Domains[i]))).ToArray();
                    var y = @case.Run(tensors);
                    // Ones come as a scalar expanded with stride 0, as Sum().Backward() makes them; others in the layout of the round.
                    var g = ones
                        ? GradientTensor.Ones([], y.DType, device).Expand(y.Shape)
                        : new GradientTensor(arrange(Inputs.ToTensor(upstream, y.DType, device)));
                    y.Backward(g);
                    for (int i = 0; i < tensors.Length; i++)
                    {
                        if (expected[i] is not { } want) continue;
                        string what = $"{@case.Name} {dtype.Name()} {layout} gradient of input {i} {string.Join(" ", shapes.Select(s => $"[{string.Join(",", s)}]"))}";
                        Assert.That(tensors[i].Grad, Is.Not.Null, what);
                        // Differences in double are good to about 1e-8; rounding of the type adds to that, over the depth of the derivative.
                        Compare.Near(want, Inputs.FromTensor(tensors[i].Grad!.Value), 1e-7 + (8 * Case.Rounding(dtype) * @case.Amplification), what);
                    }
                }
            }
        }
    }

    private static bool Differentiable(Domain domain) => domain is not (Domain.Index3 or Domain.Mask);

    private static Values Differences(Case @case, Values[] inputs, int input, Values upstream)
    {
        double Loss(Values x)
        {
            var changed = inputs.ToArray();
            changed[input] = x;
            var y = @case.Reference(changed);
            double sum = 0;
            for (int i = 0; i < y.Data.Length; i++) sum += y.Data[i] * upstream.Data[i];
            return sum;
        }

        var point = inputs[input];
        return new(
            [.. point.Data.Select((x, i) =>
            {
                double[] above = [.. point.Data], below = [.. point.Data];
                above[i] += Step;
                below[i] -= Step;
                return (Loss(new(above, point.Shape)) - Loss(new(below, point.Shape))) / (2 * Step);
            })],
            point.Shape);
    }
}
