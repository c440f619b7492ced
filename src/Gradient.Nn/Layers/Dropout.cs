namespace Gradient.Nn;

/// <summary>In training, drops elements at random and scales up the others; see <see cref="Functional.Dropout"/>.</summary>
public sealed class Dropout : Module
{
    /// <param name="probability">Of dropping an element, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is outside 0 to 1.</exception>
    public Dropout(double probability = 0.5)
    {
        if (!(probability is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "The probability of dropping an element lies between 0 and 1.");
        Probability = probability;
    }

    /// <summary>Of dropping an element.</summary>
    public double Probability { get; }

    /// <inheritdoc/>
    public override GradientTensor Forward(GradientTensor x) => Observe(Functional.Dropout(x, Probability, IsTraining));
}
