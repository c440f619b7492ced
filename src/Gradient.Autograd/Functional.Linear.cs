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
        var casting = Autocast.For("linear", x, weight, bias);
        (x, weight, bias) = (casting.Apply(x), casting.Apply(weight), casting.Apply(bias));
        CheckAlike("linear", x, weight, "the weight");
        CheckAlike("linear", x, bias, "the bias");
        ShapeChecks.Rank("linear", weight.Shape, 2, "a weight [inputs, outputs]");
        if (x.Rank == 0 || x.Shape[-1] != weight.Shape[0])
            throw new ShapeMismatchException(
                $"linear: the last axis of an input of shape {x.Shape} must have the {weight.Shape[0]} inputs of the weight of shape {weight.Shape}.");
        CheckShape("linear", "the bias", bias, [weight.Shape[1]], x);

        // One product instead of MatMul and Add: the bias is added in its last write.
        return GradientTensor.MatMul("linear", x, weight, bias);
    }
}
