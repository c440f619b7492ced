using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Nn.Tests.Goldens;

/// <summary>
/// Every layer compared with PyTorch: outputs, gradients of inputs and parameters, running statistics after three training steps.
/// A Float64 run is held to 1e-10 and a Float32 run to 1e-5 of the largest element.
/// </summary>
[TestFixture]
public sealed class LayerGoldenTests
{
    private static readonly GoldenFile Goldens = GoldenFile.Open("layers");

    private static IEnumerable<string> Names => LayerTable.Cases.Keys;

    [TestCaseSource(nameof(Names))]
    public void Layer_agrees_in_Float64(string name) => Verify(name, DType.Float64, 1e-10);

    [TestCaseSource(nameof(Names))]
    public void Layer_agrees_in_Float32(string name) => Verify(name, DType.Float32, 1e-5);

    [Test]
    public void Every_golden_has_a_test() => Assert.That(LayerTable.Cases.Keys, Is.EquivalentTo(Goldens.Cases));

    private static void Verify(string name, DType dtype, double tolerance)
    {
        LayerCase layer = LayerTable.Cases[name];
        var module = layer.Load(Goldens, name, dtype);
        GradientTensor[] inputs = All($"{name}/in.", dtype, requiresGrad: true), upstream = All($"{name}/up.", dtype, requiresGrad: false);
        GradientTensor[] outputs = layer.Run(module, inputs);
        Assert.That(outputs, Has.Length.EqualTo(upstream.Length));
        for (int i = 0; i < outputs.Length; i++)
        {
            Assert.That(outputs[i].DType, Is.EqualTo(dtype));
            Closeness.Overall(outputs[i], Goldens[$"{name}/out.{i}"], tolerance);
        }

        // One loss for all outputs: Σ outputs · upstream.
        outputs.Zip(upstream, (y, g) => (y * g).Sum()).Aggregate((a, b) => a + b).Backward();
        for (int i = 0; i < inputs.Length; i++)
            if (inputs[i].RequiresGrad)
                Closeness.Overall(inputs[i].Grad!, Goldens[$"{name}/din.{i}"], tolerance);
        var parameters = module.NamedParameters().ToDictionary();
        foreach (string key in Goldens.Names($"{name}/dparam."))
            Closeness.Overall(parameters[layer.Ours(key)].Grad!, Goldens[$"{name}/dparam.{key}"], tolerance);
        if (module.IsTraining && Goldens.Contains($"{name}/warm.0"))
            foreach (var (key, buffer) in LayerCase.Buffers(module))
                Closeness.Overall(buffer, Goldens[$"{name}/buffer.{key}"], tolerance);
    }

    private static GradientTensor[] All(string prefix, DType dtype, bool requiresGrad)
    {
        var tensors = new List<GradientTensor>();
        while (Goldens.Contains($"{prefix}{tensors.Count}"))
            tensors.Add(Goldens[$"{prefix}{tensors.Count}"].ToTensor(dtype, requiresGrad));
        return [.. tensors];
    }
}
