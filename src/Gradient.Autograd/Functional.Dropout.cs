namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// In training, each element is 0 with a probability, else divided by 1 − probability, so that means stay
    /// (Srivastava et al., Dropout, 2014). Random numbers come from <see cref="RandomNumbers.Default"/>, which
    /// <see cref="Tape.Checkpoint(Func{GradientTensor, GradientTensor}, GradientTensor)"/> replays.
    /// </summary>
    /// <param name="x">Any shape.</param>
    /// <param name="probability">Of dropping, 0 to 1.</param>
    /// <param name="training">Otherwise nothing happens.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is outside 0 to 1.</exception>
    public static GradientTensor Dropout(GradientTensor x, double probability = 0.5, bool training = true)
    {
        ShapeChecks.FloatingPoint("dropout", x.DType);
        if (!(probability is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "The probability of dropping an element lies between 0 and 1.");
        if (!training || probability == 0) return x;
        double kept = probability == 1 ? 0 : 1 / (1 - probability);
        return x * GradientTensor.Random(RandomKind.Bernoulli, new(probability, kept), x.Shape, null, x.DType, x.Device, false);
    }
}
