using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Training.Tests.Goldens;

/// <summary>Gradient clipping compared with PyTorch's clip_grad_norm_ and clip_grad_value_.</summary>
[TestFixture]
public sealed class ClippingGoldenTests
{
    private static readonly GoldenFile Goldens = GoldenFile.Open("clipping");

    [Test]
    public void Norm_clipping_agrees(
        [Values("norm-2", "norm-2-above", "norm-1", "norm-infinity")] string name, [Values(DType.Float64, DType.Float32)] DType dtype)
    {
        (double order, double limit) = name switch
        {
            "norm-2" => (2, 1.5),
            "norm-2-above" => (2, 1e3),
            "norm-1" => (1, 4),
            _ => (double.PositiveInfinity, 0.5),
        };
        GradientTensor[] parameters = Parameters(dtype);
        var norm = Gradients.ClipNorm(parameters, limit, order);
        double tolerance = dtype == DType.Float64 ? 1e-12 : 1e-6;
        Closeness.Overall(norm, Goldens[$"{name}/norm"], tolerance);
        Verify(parameters, name, tolerance);
    }

    [Test]
    public void Value_clipping_agrees([Values(DType.Float64, DType.Float32)] DType dtype)
    {
        GradientTensor[] parameters = Parameters(dtype);
        Gradients.ClipValue(parameters, 0.75);
        Verify(parameters, "value", 1e-12);
    }

    private static GradientTensor[] Parameters(DType dtype) =>
    [
        .. Goldens.Names("gradients/").Order().Select(name =>
        {
            var gradient = Goldens[$"gradients/{name}"].ToTensor(dtype, requiresGrad: false);
            var parameter = GradientTensor.Zeros(gradient.Shape, dtype, requiresGrad: true);
            parameter.Grad = gradient;
            return parameter;
        }),
    ];

    private static void Verify(GradientTensor[] parameters, string name, double tolerance)
    {
        for (int i = 0; i < parameters.Length; i++)
            Closeness.Overall(parameters[i].Grad!, Goldens[$"{name}/{i}"], tolerance);
    }
}
