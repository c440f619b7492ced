namespace Gradient.Nn;

/// <summary>
/// Losses: (prediction, target) → a number to make small. Each loss has a form with these two arguments alone, to be passed as a
/// <c>Func&lt;GradientTensor, GradientTensor, GradientTensor&gt;</c>, and one with all that PyTorch offers. All are stable: no
/// prediction, however large, makes a NaN of itself.
/// </summary>
public static partial class Loss
{
    private static GradientTensor Reduce(GradientTensor losses, Reduction reduction) => reduction switch
    {
        Reduction.Mean => losses.Mean(),
        Reduction.Sum => losses.Sum(),
        Reduction.None => losses,
        Reduction.BatchMean => losses.Sum() / (losses.Rank == 0 ? 1 : losses.Shape[0]),
        _ => throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "not a Reduction"),
    };

    /// <summary>
    /// The two in the type that losses compute in inside of <see cref="Autocast"/>. Equal shapes: broadcasting a target is nearly always a
    /// mistake ([n, 1] against [n] compares all pairs).
    /// </summary>
    private static (GradientTensor Prediction, GradientTensor Target) Same(string name, GradientTensor prediction, GradientTensor target)
    {
        ShapeChecks.FloatingPoint(name, prediction.DType);
        if (prediction.Shape != target.Shape)
            throw new ShapeMismatchException(
                $"{name}: prediction {prediction.Shape} and target {target.Shape} must have one shape; Reshape or Squeeze one of them.");
        var casting = Autocast.For(name, prediction, target);
        return (casting.Apply(prediction), casting.Apply(target));
    }
}
