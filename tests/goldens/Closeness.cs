using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Goldens;

/// <summary>Comparison with goldens. Every failure says where the largest difference is.</summary>
internal static class Closeness
{
    /// <summary>Below this size, what counts is the absolute difference: such values come from cancellation of larger ones.</summary>
    private const double Floor = 0.1;

    /// <summary>
    /// |actual − expected| ≤ tolerance · max(0.1, |expected|), element by element: for functions of single elements.
    /// </summary>
    public static void EachElement(GradientTensor actual, GoldenTensor expected, double tolerance) =>
        Verify(actual, expected, value => tolerance * Math.Max(Floor, Math.Abs(value)));

    /// <summary>
    /// |actual − expected| ≤ tolerance · max(0.1, largest |expected|): for sums, whose rounding grows with their largest terms.
    /// </summary>
    public static void Overall(GradientTensor actual, GoldenTensor expected, double tolerance)
    {
        double allowed = tolerance * Math.Max(Floor, expected.Largest);
        Verify(actual, expected, _ => allowed);
    }

    /// <summary>|actual − expected| ≤ allowed.</summary>
    public static void Within(GradientTensor actual, GoldenTensor expected, double allowed) =>
        Verify(actual, expected, _ => allowed);

    private static void Verify(GradientTensor tensor, GoldenTensor expected, Func<double, double> allowed)
    {
        if (tensor.Shape != new Shape(expected.Shape))
            Assert.Fail($"{expected.Key}: shape {tensor.Shape}, expected {new Shape(expected.Shape)}.");
        double[] actual = tensor.ToDoubles();
        int worst = -1, wrong = 0;
        double excess = 1;
        for (int i = 0; i < actual.Length; i++)
        {
            double ratio = Math.Abs(actual[i] - expected.Values[i]) / allowed(expected.Values[i]);
            if (ratio <= 1)
                continue;
            wrong++;
            if (worst >= 0 && ratio <= excess)
                continue;
            worst = i;
            excess = ratio;
        }
        if (worst >= 0)
            Assert.Fail(
                $"{expected.Key}: {wrong} of {actual.Length} elements differ; the worst, number {worst}, is {actual[worst]:R}, " +
                $"expected {expected.Values[worst]:R}, {excess:G4} times what is allowed.");
    }
}
