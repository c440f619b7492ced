using System.Runtime.InteropServices;

namespace Gradient.Training;

/// <summary>What can be done to the gradients of parameters between backward and the optimizer's step.</summary>
public static class Gradients
{
    /// <summary>
    /// Scales all gradients, in place, so that their norm taken together is at most <paramref name="maxNorm"/> (Pascanu, Mikolov,
    /// Bengio, 2013): by min(1, maxNorm/(norm + 10⁻⁶)), as PyTorch does. Nothing is read back to decide.
    /// </summary>
    /// <param name="parameters">Parameters; those without a gradient are passed over.</param>
    /// <param name="maxNorm">The bound.</param>
    /// <param name="p">The order of the norm, 2 by default; ∞ for the largest absolute value.</param>
    /// <returns>The norm before clipping, 0-d; <see cref="GradientTensor.Item()"/> reads it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">maxNorm is negative or p not positive.</exception>
    public static GradientTensor ClipNorm(IEnumerable<GradientTensor> parameters, double maxNorm, double p = 2)
    {
        if (!(maxNorm >= 0)) throw new ArgumentOutOfRangeException(nameof(maxNorm), maxNorm, "ClipNorm needs a bound of at least 0.");
        using var _ = Tape.NoGrad();
        var gradients = Collect(parameters);
        var norm = Norm(gradients, p);
        var scale = (maxNorm / (norm + 1e-6)).Clamp(max: 1);
        foreach (var (device, tensors) in gradients) Multiply(device, tensors, scale.To(device));
        return norm;
    }

    /// <summary>Clamps every gradient, in place, to ±<paramref name="limit"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative.</exception>
    public static void ClipValue(IEnumerable<GradientTensor> parameters, double limit)
    {
        if (!(limit >= 0)) throw new ArgumentOutOfRangeException(nameof(limit), limit, "ClipValue needs a limit of at least 0.");
        foreach (var parameter in parameters)
        {
            if (parameter.Grad?.Value is not { } gradient) continue;
            gradient.Backend.Unary(UnaryKind.Clamp, gradient, gradient, new(-limit, limit));
            gradient.Storage.BumpVersion();
        }
    }

    /// <summary>Multiplies every gradient, in place: 1/n after n backward passes makes their sum a mean.</summary>
    public static void Scale(IEnumerable<GradientTensor> parameters, double factor)
    {
        foreach (var (device, tensors) in Collect(parameters)) Multiply(device, tensors, GradientTensor.Scalar(factor, WideType(tensors), device));
    }

    /// <summary>The norm of all gradients taken together, 0-d.</summary>
    /// <param name="parameters">Parameters; those without a gradient are passed over.</param>
    /// <param name="p">The order of the norm.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is not positive.</exception>
    public static GradientTensor Norm(IEnumerable<GradientTensor> parameters, double p = 2)
    {
        using var _ = Tape.NoGrad();
        return Norm(Collect(parameters), p);
    }

    /// <summary>Norm, extremes, mean and the number of elements that are not finite: reads back from the device.</summary>
    public static GradientStatistics Statistics(IEnumerable<GradientTensor> parameters)
    {
        using var _ = Tape.NoGrad();
        var gradients = Collect(parameters);
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity, sum = 0;
        long count = 0, notFinite = 0;
        foreach (var (device, tensors) in gradients)
        {
            minimum = Math.Min(minimum, Reduce(ReduceManyKind.Minimum, device, tensors).Item());
            maximum = Math.Max(maximum, Reduce(ReduceManyKind.Maximum, device, tensors).Item());
            sum += Reduce(ReduceManyKind.Sum, device, tensors).Item();
            notFinite += Reduce(ReduceManyKind.NonFiniteCount, device, tensors).Item<long>();
            foreach (var tensor in tensors) count += tensor.ElementCount;
        }

        return new(Norm(gradients, 2).Item(), minimum, maximum, sum / count, count, notFinite);
    }

    /// <summary>How many elements are NaN or infinite, 0-d; null without any gradient.</summary>
    internal static GradientTensor? CountNonFinite(IEnumerable<GradientTensor> parameters)
    {
        GradientTensor? total = null;
        foreach (var (device, tensors) in Collect(parameters))
        {
            var count = Reduce(ReduceManyKind.NonFiniteCount, device, tensors);
            total = total is null ? count : total + count.To(total.Device);
        }

        return total;
    }

    /// <summary>The gradients by device: usually there is one, and one call of its backend serves all.</summary>
    private static List<(Device Device, List<Tensor> Tensors)> Collect(IEnumerable<GradientTensor> parameters)
    {
        var gradients = new List<(Device Device, List<Tensor> Tensors)>();
        foreach (var parameter in parameters)
        {
            if (parameter.Grad?.Value is not { } gradient) continue;
            int group = gradients.FindIndex(group => ReferenceEquals(group.Device, gradient.Device));
            if (group < 0) gradients.Add((gradient.Device, [gradient]));
            else gradients[group].Tensors.Add(gradient);
        }

        return gradients;
    }

    private static GradientTensor Norm(List<(Device Device, List<Tensor> Tensors)> gradients, double p)
    {
        if (!(p > 0)) throw new ArgumentOutOfRangeException(nameof(p), p, "The order of a norm is positive.");
        if (gradients.Count == 0) return GradientTensor.Scalar(0);
        var kind = p == 2 ? ReduceManyKind.EuclideanNorm : double.IsPositiveInfinity(p) ? ReduceManyKind.MaximumNorm : ReduceManyKind.PowerNorm;
        var norms = gradients.ConvertAll(group => Reduce(kind, group.Device, group.Tensors, p));
        if (norms.Count == 1) return norms[0];
        var home = norms[0];
        return GradientTensor.Stack([.. norms.ConvertAll(norm => norm.To(home.DType).To(home.Device))]).Norm(p);
    }

    private static void Multiply(Device device, List<Tensor> tensors, GradientTensor factor)
    {
        device.Backend.ScaleMany(CollectionsMarshal.AsSpan(tensors), factor.Value);
        foreach (var tensor in tensors) tensor.Storage.BumpVersion();
    }

    /// <summary>The type of a number about all of them.</summary>
    private static DType WideType(List<Tensor> tensors) => tensors.Exists(tensor => tensor.DType == DType.Float64) ? DType.Float64 : DType.Float32;

    private static GradientTensor Reduce(ReduceManyKind kind, Device device, List<Tensor> tensors, double p = 0)
    {
        var dtype = kind == ReduceManyKind.NonFiniteCount ? DType.Int64 : WideType(tensors);
        var result = Tensor.Empty([], dtype, device);
        device.Backend.ReduceMany(kind, CollectionsMarshal.AsSpan(tensors), result, new(p));
        return new(result);
    }
}

/// <summary>What <see cref="Gradients.Statistics"/> tells.</summary>
/// <param name="Norm">The Euclidean norm of all gradients taken together.</param>
/// <param name="Minimum">The smallest element; +∞ if there are none.</param>
/// <param name="Maximum">The largest element; −∞ if there are none.</param>
/// <param name="Mean">The mean of all elements; NaN if there are none.</param>
/// <param name="ElementCount">How many elements there are.</param>
/// <param name="NonFiniteCount">How many are NaN or infinite.</param>
public readonly record struct GradientStatistics(
    double Norm, double Minimum, double Maximum, double Mean, long ElementCount, long NonFiniteCount);
