namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>Whether all elements along the axes are other than 0; over all axes by default. Bool.</summary>
    public GradientTensor All(ReadOnlySpan<int> axes = default, bool keepDims = false) => ReduceTo("all", ReduceKind.All, axes, keepDims, DType.Bool);

    /// <summary>Whether any element along the axes is other than 0; over all axes by default. Bool.</summary>
    public GradientTensor Any(ReadOnlySpan<int> axes = default, bool keepDims = false) => ReduceTo("any", ReduceKind.Any, axes, keepDims, DType.Bool);

    /// <summary>Reduces without recording.</summary>
    private GradientTensor ReduceTo(string name, ReduceKind kind, ReadOnlySpan<int> axes, bool keepDims, DType dtype)
    {
        var set = AxisSet.Of(Shape, axes);
        var result = Tensor.Empty(Shape.Reduce(set, keepDims: true), dtype, Device);
        Backend.Reduce(kind, Value, set, result);
        return new(keepDims ? result : result.View(Layout.Contiguous(Shape.Reduce(set, keepDims: false))));
    }
}
