using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>One way to call an operation: what is checked by finite differences, first and second order, in Float64.</summary>
/// <param name="Operation">The public name that the case covers, for the reflection test.</param>
/// <param name="Variant">What is special about the case.</param>
/// <param name="Function">The call.</param>
/// <param name="Inputs">Where it is checked.</param>
public sealed record GradientCase(
    string Operation, string Variant, Func<GradientTensor[], GradientTensor> Function, params GradientTensor[] Inputs)
{
    public override string ToString() => Variant.Length == 0 ? Operation : $"{Operation}, {Variant}";

    /// <summary>Normal numbers in Float64.</summary>
    public static GradientTensor X(Shape shape, int seed = 1) => GradientTensor.Randn(shape, seed, DType.Float64);

    /// <summary>Numbers in [low, high).</summary>
    public static GradientTensor Between(double low, double high, Shape shape, int seed = 1) =>
        GradientTensor.Rand(shape, seed, DType.Float64) * (high - low) + low;

    /// <summary>All different, at least 0.1 apart, in no order: no ties for maxima and sorting.</summary>
    public static GradientTensor Distinct(Shape shape, int seed = 1)
    {
        var values = new double[shape.ElementCount];
        for (int i = 0; i < values.Length; i++) values[i] = 0.1 * (i - values.Length / 2) + 0.03;
        new Random(seed).Shuffle(values);
        return GradientTensor.From<double>(values, shape);
    }

    public static GradientTensor D(params ReadOnlySpan<double> values) => GradientTensor.From(values);

    public static GradientTensor I(params ReadOnlySpan<long> values) => GradientTensor.From(values);
}
