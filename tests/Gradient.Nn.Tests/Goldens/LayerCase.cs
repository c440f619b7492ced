using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Nn.Tests.Goldens;

/// <summary>How a case of layers.safetensors is built and called.</summary>
/// <param name="Make">A new layer, whose parameters are then overwritten.</param>
/// <param name="Call">From inputs to outputs; Forward of the first input by default.</param>
/// <param name="Rename">From PyTorch's parameter names to ours; the same by default.</param>
internal sealed record LayerCase(
    Func<Module> Make, Func<Module, GradientTensor[], GradientTensor[]>? Call = null, Func<string, string>? Rename = null)
{
    /// <summary>The layer with the parameters and buffers of the golden, in training mode unless the case ends in "-eval".</summary>
    public Module Load(GoldenFile goldens, string name, DType dtype)
    {
        var module = Make().To(dtype).Train(!name.EndsWith("-eval", StringComparison.Ordinal));
        string[] names = [.. goldens.Names($"{name}/param.")];
        var parameters = module.NamedParameters().ToDictionary();
        Assert.That(names.Select(Ours), Is.EquivalentTo(parameters.Keys), "parameters");
        foreach (string key in names)
            parameters[Ours(key)].Value.CopyFrom(goldens[$"{name}/param.{key}"].ToTensor(dtype).Value);
        if (!module.IsTraining)
            foreach (var (key, buffer) in Buffers(module))
                buffer.Value.CopyFrom(goldens[$"{name}/buffer.{key}"].ToTensor(dtype).Value);
        for (int i = 0; goldens.Contains($"{name}/warm.{i}"); i++)
            module.Forward(goldens[$"{name}/warm.{i}"].ToTensor(dtype));
        return module;
    }

    public GradientTensor[] Run(Module module, GradientTensor[] inputs) => Call?.Invoke(module, inputs) ?? [module.Forward(inputs[0])];

    public string Ours(string pytorchName) => Rename?.Invoke(pytorchName) ?? pytorchName;

    /// <summary>The buffers under PyTorch's names.</summary>
    public static IEnumerable<KeyValuePair<string, GradientTensor>> Buffers(Module module) => module.NamedBuffers();
}
