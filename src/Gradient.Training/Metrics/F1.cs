namespace Gradient.Training;

/// <summary>The harmonic mean of precision and recall: 2·right/(predicted + actual). See <see cref="ClassMetric"/> for what is rare.</summary>
public sealed class F1 : ClassMetric
{
    /// <summary>Of classes: predictions […, classes] of any scores, targets […] of labels, or […, classes] of shares.</summary>
    /// <param name="averaging">How the classes become one number; their plain mean by default.</param>
    /// <param name="ignoreIndex">The label that does not count; others outside of the classes do not either.</param>
    public F1(Averaging averaging = Averaging.Macro, long ignoreIndex = Loss.IgnoredLabel) : base(averaging, ignoreIndex, null) { }

    private F1(Averaging averaging, double threshold) : base(averaging, Loss.IgnoredLabel, threshold) { }

    /// <summary>Of yes or no: [batch] or [batch, 1] for one question, [batch, questions] for several, each a class of its own.</summary>
    /// <param name="threshold">A prediction above it is yes: 0 for logits, 0.5 for probabilities. A target above a half is.</param>
    /// <param name="averaging">How several questions become one number.</param>
    public static F1 Binary(double threshold, Averaging averaging = Averaging.Macro) => new(averaging, threshold);

    /// <inheritdoc/>
    public override string Name => "f1";

    private protected override double Value(double right, double predicted, double actual) => Ratio(2 * right, predicted + actual);
}
