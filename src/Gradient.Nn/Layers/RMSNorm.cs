namespace Gradient.Nn;

/// <summary>Divides each row by its root mean square over the last axes, see <see cref="Functional.RmsNorm"/>. The weight starts at 1.</summary>
public sealed class RMSNorm : Module
{
    private readonly Shape normalizedShape;
    private readonly double? epsilon;

    /// <param name="width">The length of the last axis.</param>
    /// <param name="epsilon">Added to the mean square; the rounding unit of the input's type by default.</param>
    /// <param name="affine">Whether there is a weight.</param>
    public RMSNorm(int width, double? epsilon = null, bool affine = true) : this(new Shape([width]), epsilon, affine)
    {
    }

    /// <param name="normalizedShape">The lengths of the last axes, over which a row reaches.</param>
    /// <param name="epsilon">Added to the mean square; the rounding unit of the input's type by default.</param>
    /// <param name="affine">Whether there is a weight.</param>
    public RMSNorm(Shape normalizedShape, double? epsilon = null, bool affine = true)
    {
        (this.normalizedShape, this.epsilon) = (normalizedShape, epsilon);
        if (affine) Weight = Register("weight", GradientTensor.Ones(normalizedShape));
    }

    /// <summary>Of the normalized shape, or null.</summary>
    public GradientTensor? Weight { get; }

    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(Functional.RmsNorm(x, normalizedShape, Weight, epsilon));
}
