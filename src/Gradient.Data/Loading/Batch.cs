using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>
/// Examples stacked along the first axis: <c>foreach (var (images, labels) in loader)</c>. It belongs to no <see cref="TensorScope"/>;
/// disposing gives its memory back at once instead of after a collection, and is never needed.
/// </summary>
public sealed class Batch : IDisposable
{
    /// <summary>A batch of these tensors.</summary>
    public Batch(GradientTensor inputs, GradientTensor targets)
    {
        Inputs = inputs;
        Targets = targets;
    }

    /// <summary>The inputs, [batch, …].</summary>
    public GradientTensor Inputs { get; }

    /// <summary>The targets, [batch, …].</summary>
    public GradientTensor Targets { get; }

    /// <summary>The number of examples.</summary>
    public int Count => (int)Inputs.Shape[0];

    /// <summary>Inputs and targets as a pair.</summary>
    public void Deconstruct(out GradientTensor inputs, out GradientTensor targets) => (inputs, targets) = (Inputs, Targets);

    /// <summary>Gives the memory of both tensors back now.</summary>
    public void Dispose()
    {
        Inputs.Value.Dispose();
        Targets.Value.Dispose();
    }
}
