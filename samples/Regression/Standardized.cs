using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Samples.Regression;

/// <summary>
/// A network that sees every column with mean 0 and standard deviation 1, whatever its unit, and answers in the unit of the target. The numbers for it are
/// buffers: they are saved with the weights.
/// </summary>
internal sealed class Standardized : Module
{
    private readonly Module network;
    private readonly GradientTensor inputMean, inputDeviation, targetMean;

    public Standardized(Module network, Dataset data)
    {
        this.network = Register("network", network);
        int[] all = [.. Enumerable.Range(0, data.Count)];
        var (inputs, targets) = data.GetBatch(all);
        (inputMean, inputDeviation) = (Register("inputMean", Mean(inputs)), Register("inputDeviation", Deviation(inputs)));
        (targetMean, TargetDeviation) = (Register("targetMean", Mean(targets)), Register("targetDeviation", Deviation(targets)));
    }

    /// <summary>The standard deviation of the target in the data, [columns].</summary>
    public GradientTensor TargetDeviation { get; }

    /// <summary>[batch, columns] → [batch, targets].</summary>
    public override GradientTensor Forward(GradientTensor x) =>
        (network.Forward((x - inputMean) / inputDeviation) * TargetDeviation) + targetMean;

    private static Tensor Mean(Tensor rows) => new GradientTensor(rows).Mean(axis: 0).Value;

    /// <summary>At least a millionth, so that a column of one value does no harm.</summary>
    private static Tensor Deviation(Tensor rows) => new GradientTensor(rows).Std(axis: 0).Clamp(min: 1e-6).Value;
}
