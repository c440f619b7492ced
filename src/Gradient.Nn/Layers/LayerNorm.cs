namespace Gradient.Nn;

/// <summary>Normalizes each row over its last axes, see <see cref="Functional.LayerNorm"/>. The weight starts at 1, the bias at 0.</summary>
public sealed class LayerNorm : Module
{
    private readonly Shape normalizedShape;
    private readonly double epsilon;

    /// <param name="width">The length of the last axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    /// <param name="bias">Whether there is a bias, if affine.</param>
    public LayerNorm(int width, double epsilon = 1e-5, bool affine = true, bool bias = true) : this(new Shape([width]), epsilon, affine, bias)
    {
    }

    /// <param name="normalizedShape">The lengths of the last axes, over which a row reaches.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="affine">Whether there are a weight and a bias.</param>
    /// <param name="bias">Whether there is a bias, if affine.</param>
    public LayerNorm(Shape normalizedShape, double epsilon = 1e-5, bool affine = true, bool bias = true)
    {
        (this.normalizedShape, this.epsilon) = (normalizedShape, epsilon);
        if (affine) Weight = Register("weight", GradientTensor.Ones(normalizedShape));
        if (affine && bias) Bias = Register("bias", GradientTensor.Zeros(normalizedShape));
    }

    /// <summary>Of the normalized shape, or null.</summary>
    public GradientTensor? Weight { get; }

    /// <summary>Of the normalized shape, or null.</summary>
    public GradientTensor? Bias { get; }

    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(Functional.LayerNorm(x, normalizedShape, Weight, Bias, epsilon));
}
