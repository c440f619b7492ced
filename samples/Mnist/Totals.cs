using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Samples.Mnist;

/// <summary>Sums of loss and right answers, kept on the device: nothing waits for them until they are shown.</summary>
internal sealed class Totals(Device device)
{
    private readonly GradientTensor loss = GradientTensor.Scalar(0, device: device);
    private readonly GradientTensor right = GradientTensor.Scalar(0, DType.Int64, device);

    public int Count { get; private set; }

    public int Right => (int)right.Item<long>();

    public void Add(GradientTensor? meanLoss, GradientTensor logits, GradientTensor labels)
    {
        using var noGrad = Tape.NoGrad();
        int count = (int)labels.Shape[0];
        if (meanLoss is not null) loss.AddInPlace(meanLoss.Detach() * count);
        right.AddInPlace(logits.Detach().ArgMax(axis: 1).EqualTo(labels).To(DType.Int64).Sum());
        Count += count;
    }

    public override string ToString() => $"loss {loss.Item() / Math.Max(1, Count):0.0000}  accuracy {100.0 * Right / Math.Max(1, Count):0.00} %";
}
