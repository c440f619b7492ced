namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>x · weight + bias over the last axis; all other axes are rows.</summary>
    /// <param name="x">[…, inputs].</param>
    /// <param name="weight">[inputs, outputs].</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <returns>[…, outputs].</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor Linear(GradientTensor x, GradientTensor weight, GradientTensor? bias = null)
    {
        CheckAlike("linear", x, weight, "the weight");
        CheckAlike("linear", x, bias, "the bias");
        ShapeChecks.Rank("linear", weight.Shape, 2, "a weight [inputs, outputs]");
        if (x.Rank == 0 || x.Shape[-1] != weight.Shape[0])
            throw new ShapeMismatchException(
                $"linear: the last axis of an input of shape {x.Shape} must have the {weight.Shape[0]} inputs of the weight of shape {weight.Shape}.");
        CheckShape("linear", "the bias", bias, [weight.Shape[1]]);

        var shape = x.Shape.With(-1, weight.Shape[1]);
        if (x.Rank == 2) return LinearOfRows(x, weight, bias);
        // Folded explicitly: an inferred length has no value when the inputs are 0.
        long rows = x.Shape.Without(-1).ElementCount;
        return LinearOfRows(x.Reshape([rows, weight.Shape[0]]), weight, bias).Reshape(shape);
    }

    // One primitive instead of MatMul and Add: the bias is added in the product's last write.
    private static GradientTensor LinearOfRows(GradientTensor x, GradientTensor weight, GradientTensor? bias)
    {
        var y = Tensor.Empty([x.Shape[0], weight.Shape[1]], x.DType, x.Device);
        x.Backend.MatMul(x.Value, weight.Value, bias?.Value, MatMulActivation.None, y);
        bool needX = x.RequiresGrad, needWeight = weight.RequiresGrad, needBias = bias is { RequiresGrad: true };
        return Tape.Record(
            "linear", y, [x, weight, bias],
            g => [
                needX ? g.MatMul(weight.Transpose()) : null,
                needWeight ? x.Transpose().MatMul(g) : null,
                needBias ? g : null], // the tape sums it to the bias's shape
            needWeight ? x : null, needX ? weight : null);
    }
}
