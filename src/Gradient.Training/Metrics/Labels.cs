namespace Gradient.Training;

/// <summary>Predictions of classes beside the classes they should have been, one per row: what the metrics of classes begin with.</summary>
/// <param name="Scores">[rows, classes].</param>
/// <param name="True">[rows], Int64; −1 for rows that do not count.</param>
internal readonly record struct Labels(GradientTensor Scores, GradientTensor True)
{
    /// <summary>The number of classes.</summary>
    public long Classes => Scores.Shape[-1];

    /// <summary>[rows], Int64: the class of the highest score.</summary>
    public GradientTensor Predicted => Scores.ArgMax(-1);

    /// <summary>[rows], Bool: what counts.</summary>
    public GradientTensor Counts => True.GreaterOrEqual(0);

    /// <summary>Reads predictions […, classes] with labels […] or with probabilities or one-hot vectors […, classes].</summary>
    /// <param name="metric">What errors call it.</param>
    /// <param name="prediction">Logits, probabilities or any scores.</param>
    /// <param name="target">Integers; −1 is put for <paramref name="ignored"/> and for what is no class. Or the classes' shares.</param>
    /// <param name="ignored">The label that does not count.</param>
    public static Labels Of(string metric, GradientTensor prediction, GradientTensor target, long ignored)
    {
        if (prediction.Rank < 2)
            throw new ShapeMismatchException(
                $"{metric}: predictions of classes have shape […, classes], not {prediction.Shape}; for yes or no per element give a threshold.");
        if (target.Shape == prediction.Shape) target = target.ArgMax(-1);
        else if (target.Shape != prediction.Shape.Without(prediction.Rank - 1) || target.DType.IsFloatingPoint())
            throw new ShapeMismatchException(
                $"{metric}: predictions of shape {prediction.Shape} want integer labels of shape {prediction.Shape.Without(prediction.Rank - 1)} "
                + $"or shares of classes of shape {prediction.Shape}, not {target.DType.Name()} of shape {target.Shape}.");
        long classes = prediction.Shape[-1];
        var labels = target.To(DType.Int64).Reshape(-1);
        var outside = labels.EqualTo(ignored).LogicalOr(labels.LessThan(0)).LogicalOr(labels.GreaterOrEqual(classes));
        return new(prediction.Reshape(-1, classes), labels.MaskedFill(outside, -1));
    }
}
