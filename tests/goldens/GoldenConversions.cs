using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Goldens;

/// <summary>Between goldens and GradientTensor.</summary>
internal static class GoldenConversions
{
    /// <summary>
    /// The golden as a tensor: floating-point ones in <paramref name="dtype"/>, leaves that require gradients unless told; indices as Int64.
    /// </summary>
    public static GradientTensor ToTensor(this GoldenTensor golden, DType dtype, bool requiresGrad = true)
    {
        Shape shape = new(golden.Shape);
        if (!golden.IsFloatingPoint)
            return GradientTensor.From<long>(Array.ConvertAll(golden.Values, value => (long)value), shape);
        return dtype switch
        {
            DType.Float64 => GradientTensor.From<double>(golden.Values, shape, requiresGrad: requiresGrad),
            DType.Float32 => GradientTensor.From<float>(Array.ConvertAll(golden.Values, value => (float)value), shape, requiresGrad: requiresGrad),
            _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Goldens are compared in Float32 and Float64."),
        };
    }

    /// <summary>The elements in row-major order, widened to Float64.</summary>
    public static double[] ToDoubles(this GradientTensor tensor) => tensor.Detach().To(DType.Float64).ToArray<double>();
}
