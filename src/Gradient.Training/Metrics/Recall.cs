namespace Gradient.Training;

/// <summary>The share of what is of a class that was taken for it. See <see cref="ClassMetric"/> for what is rare.</summary>
public sealed class Recall : ClassMetric
{
    /// <summary>Of classes: predictions […, classes] of any scores, targets […] of labels, or […, classes] of shares.</summary>
    /// <param name="averaging">How the classes become one number; their plain mean by default.</param>
    /// <param name="ignoreIndex">The label that does not count; others outside of the classes do not either.</param>
    public Recall(Averaging averaging = Averaging.Macro, long ignoreIndex = Loss.IgnoredLabel) : base(averaging, ignoreIndex, null) { }

    private Recall(Averaging averaging, double threshold) : base(averaging, Loss.IgnoredLabel, threshold) { }

    /// <summary>Of yes or no: [batch] or [batch, 1] for one question, [batch, questions] for several, each a class of its own.</summary>
    /// <param name="threshold">A prediction above it is yes: 0 for logits, 0.5 for probabilities. A target above a half is.</param>
    /// <param name="averaging">How several questions become one number.</param>
    public static Recall Binary(double threshold, Averaging averaging = Averaging.Macro) => new(averaging, threshold);

    /// <inheritdoc/>
    public override string Name => "recall";

    private protected override double Value(double right, double predicted, double actual) => Ratio(right, actual);
}
