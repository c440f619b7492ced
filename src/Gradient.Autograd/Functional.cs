namespace Gradient.Autograd;

/// <summary>
/// Layers as functions of tensors: what modules are made of, for those who hold the weights themselves. One file per topic, the
/// backward of an operation beside its forward. Images are [batch, height, width, channels].
/// </summary>
public static partial class Functional
{
    /// <summary>The rule for an operation's inputs: floating point, one type, one device.</summary>
    private static void CheckAlike(string operation, GradientTensor x, GradientTensor? other, string name)
    {
        ShapeChecks.FloatingPoint(operation, x.DType);
        if (other is null) return;
        ShapeChecks.SameDevice(operation, x.Value, other.Value);
        if (other.DType != x.DType)
            throw new DTypeMismatchException(
                $"{operation}: the input is {x.DType.Name()} but {name} is {other.DType.Name()}; convert one with To(DType.{x.DType}).");
    }

    private static void CheckShape(string operation, string name, GradientTensor? tensor, in Shape expected, GradientTensor x)
    {
        if (tensor is not null && tensor.Shape != expected)
            throw new ShapeMismatchException($"{operation}: {name} has shape {tensor.Shape} where {expected} is needed for an input of shape {x.Shape}.");
    }
}
