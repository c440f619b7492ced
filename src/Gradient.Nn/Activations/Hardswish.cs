namespace Gradient.Nn;

/// <summary>x·min(max(x + 3, 0), 6)/6 (Howard et al., Searching for MobileNetV3, 2019).</summary>
public sealed class Hardswish : Module
{
    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(x.Hardswish());
}
