using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>
/// Gradients where operations meet: the same tensor twice, broadcasts, parts of parts. That every operation has right gradients of
/// first and second order is shown by the conformance suite, case by case.
/// </summary>
public sealed class GradientTests
{
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
}
