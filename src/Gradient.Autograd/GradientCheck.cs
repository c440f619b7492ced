using System.Globalization;

namespace Gradient.Autograd;

/// <summary>
/// Compares gradients with central differences (f(x + h) − f(x − h))/2h, whose error is of order h² + ε/h: some 1e-10 in Float64
/// at the default h = 1e-5. For functions that are smooth at the inputs; ties and kinks have no derivative to compare with.
/// </summary>
public static class GradientCheck
{
    /// <summary>Checks the gradient of a function of one tensor.</summary>
    /// <param name="function">
    /// The function; a result of several elements is reduced with fixed weights, so that all of them count.
    /// </param>
    /// <param name="input">Where to check; Float64.</param>
    /// <param name="step">h.</param>
    /// <param name="tolerance">The most that |analytic − numeric| may be, times 1 + |numeric|.</param>
    /// <exception cref="GradientException">They differ; the message shows both, the input and the element.</exception>
    /// <exception cref="DTypeMismatchException">The input is not Float64: differences would drown in rounding.</exception>
    public static void Verify(
        Func<GradientTensor, GradientTensor> function, GradientTensor input, double step = 1e-5, double tolerance = 1e-6) =>
        Verify(x => function(x[0]), [input], step, tolerance);

    /// <summary>Checks the gradients of a function of several tensors; those that are not floating point are passed as they are.</summary>
    /// <param name="function">The function.</param>
    /// <param name="inputs">Where to check; Float64, or integers.</param>
    /// <param name="step">h.</param>
    /// <param name="tolerance">The most that |analytic − numeric| may be, times 1 + |numeric|.</param>
    /// <exception cref="GradientException">They differ; the message shows both, the input and the element.</exception>
    /// <exception cref="DTypeMismatchException">An input is floating point, but not Float64.</exception>
    public static void Verify(
        Func<GradientTensor[], GradientTensor> function, ReadOnlySpan<GradientTensor> inputs, double step = 1e-5, double tolerance = 1e-6) =>
        Compare("GradientCheck", x => Weighted(function(x), 0), inputs, step, tolerance);

    /// <summary>Checks the second derivatives of a function of one tensor, through the graph of its gradient.</summary>
    /// <param name="function">The function.</param>
    /// <param name="input">Where to check; Float64.</param>
    /// <param name="step">h.</param>
    /// <param name="tolerance">The most that |analytic − numeric| may be, times 1 + |numeric|.</param>
    /// <exception cref="GradientException">They differ; the message shows both, the input and the element.</exception>
    /// <exception cref="DTypeMismatchException">The input is not Float64.</exception>
    public static void VerifySecondOrder(
        Func<GradientTensor, GradientTensor> function, GradientTensor input, double step = 1e-5, double tolerance = 1e-6) =>
        VerifySecondOrder(x => function(x[0]), [input], step, tolerance);

    /// <summary>Checks the second derivatives of a function of several tensors, mixed ones too.</summary>
    /// <param name="function">The function.</param>
    /// <param name="inputs">Where to check; Float64, or integers.</param>
    /// <param name="step">h.</param>
    /// <param name="tolerance">The most that |analytic − numeric| may be, times 1 + |numeric|.</param>
    /// <exception cref="GradientException">They differ; the message shows both, the input and the element.</exception>
    /// <exception cref="DTypeMismatchException">An input is floating point, but not Float64.</exception>
    public static void VerifySecondOrder(
        Func<GradientTensor[], GradientTensor> function, ReadOnlySpan<GradientTensor> inputs, double step = 1e-5, double tolerance = 1e-6) =>
        Compare("GradientCheck of second order", x => GradientSum(function, x), inputs, step, tolerance);

    /// <summary>What the analytic second derivatives are those of: the first derivatives, reduced with fixed weights.</summary>
    private static GradientTensor GradientSum(Func<GradientTensor[], GradientTensor> function, GradientTensor[] inputs)
    {
        var variables = Array.FindAll(inputs, x => x.RequiresGrad);
        var output = Weighted(function(inputs), 0);
        if (!output.RequiresGrad) return output.ZerosLike();
        var gradients = Tape.Gradients([output], variables, createGraph: true, allowUnused: true);
        var sum = output.ZerosLike();
        for (int i = 0; i < gradients.Length; i++) sum += Weighted(gradients[i], i + 1);
        return sum;
    }

    private static void Compare(
        string name, Func<GradientTensor[], GradientTensor> scalar, ReadOnlySpan<GradientTensor> inputs, double step, double tolerance)
    {
        using var mode = Tape.EnableGrad();
        var at = Variables(name, inputs);
        var analytic = Analytic(scalar, at);
        for (int i = 0; i < at.Length; i++)
        {
            if (!at[i].RequiresGrad) continue;
            double[] values = at[i].ToArray<double>(), gradient = analytic[i]!.ToArray<double>();
            for (long element = 0; element < values.Length; element++)
            {
                double above = At(values[element] + step), below = At(values[element] - step);
                double numeric = (above - below) / (2 * step), difference = Math.Abs(gradient[element] - numeric);
                // Written so that NaN fails, unless both are.
                if (difference <= tolerance * (1 + Math.Abs(numeric)) || (double.IsNaN(numeric) && double.IsNaN(gradient[element]))) continue;
                throw new GradientException(string.Create(CultureInfo.InvariantCulture,
                    $"{name}: input {i} of shape {at[i].Shape}, element {element} in row-major order (value {values[element]:R}): the analytic derivative is {gradient[element]:R}, but central differences with step {step:R} give {numeric:R}."));

                double At(double value)
                {
                    var moved = (double[])values.Clone();
                    moved[element] = value;
                    var x = (GradientTensor[])at.Clone();
                    x[i] = GradientTensor.From<double>(moved, at[i].Shape, at[i].Device, requiresGrad: true);
                    return scalar(x).Item<double>();
                }
            }
        }
    }

    private static GradientTensor?[] Analytic(Func<GradientTensor[], GradientTensor> scalar, GradientTensor[] at)
    {
        var result = new GradientTensor?[at.Length];
        var output = scalar(at);
        var gradients = output.RequiresGrad
            ? Tape.Gradients([output], Array.FindAll(at, x => x.RequiresGrad), allowUnused: true)
            : Array.ConvertAll(Array.FindAll(at, x => x.RequiresGrad), x => x.ZerosLike());
        for (int i = 0, next = 0; i < at.Length; i++)
            if (at[i].RequiresGrad) result[i] = gradients[next++];
        return result;
    }

    private static GradientTensor[] Variables(string name, ReadOnlySpan<GradientTensor> inputs)
    {
        var variables = new GradientTensor[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            if (inputs[i].DType is not DType.Float64 && inputs[i].DType.IsFloatingPoint())
                throw new DTypeMismatchException($"{name}: input {i} is {inputs[i].DType.Name()}; differences need Float64, convert with To(DType.Float64).");
            variables[i] = new(inputs[i].Value.Copy(), requiresGrad: inputs[i].DType.IsFloatingPoint());
        }

        return variables;
    }

    private static GradientTensor Weighted(GradientTensor output, int seed) =>
        (output * (GradientTensor.Rand(output.Shape, seed: 1000 + seed, dtype: DType.Float64, device: output.Device) + 0.5)).Sum();
}
