namespace Gradient.Training;

/// <summary>A metric of the differences between predicted and true numbers, of the same shape.</summary>
public abstract class ErrorMetric : Metric
{
    private protected ErrorMetric() { }

    /// <inheritdoc/>
    protected sealed override void Measure(GradientTensor prediction, GradientTensor target)
    {
        ShapeChecks.Equal(Name, prediction.Shape, target.Shape);
        MeasureError(Wide(prediction) - Wide(target), Wide(target));
    }

    private protected abstract void MeasureError(GradientTensor error, GradientTensor truth);

    private protected static GradientTensor Count(GradientTensor like) => GradientTensor.Scalar(like.ElementCount, DType.Int64, like.Device);

    private static GradientTensor Wide(GradientTensor x) => x.DType == DType.Float64 ? x : x.To(DType.Float32);
}
