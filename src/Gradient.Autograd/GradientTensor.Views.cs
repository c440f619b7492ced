namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>
    /// The same elements in order under another shape, a view where the layout allows; one length may be −1, which is inferred.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The numbers of elements differ.</exception>
    public GradientTensor Reshape(params Shape shape)
    {
        var from = Shape;
        return Tape.Record("reshape", Value.Reshape(shape), [this], g => [g.Reshape(from)]);
    }

    /// <summary>The axes in another order: axis i of the result is axis <c>order[i]</c> of this. A view.</summary>
    /// <exception cref="ShapeMismatchException">The order does not name every axis once.</exception>
    public GradientTensor Permute(params ReadOnlySpan<int> order)
    {
        var inverse = new int[order.Length];
        var view = Value.Layout.Permute(order);
        for (int i = 0; i < order.Length; i++) inverse[Shape.Axis(order[i])] = i;
        return Tape.Record("permute", Value.View(view), [this], g => [g.Permute(inverse)]);
    }

    /// <summary>Two axes exchanged, the last two by default. A view.</summary>
    public GradientTensor Transpose(int axis0 = -2, int axis1 = -1) =>
        Tape.Record("transpose", Value.View(Value.Layout.Transpose(axis0, axis1)), [this], g => [g.Transpose(axis0, axis1)]);

    /// <summary>Broadcast to a shape without a copy; a −1 keeps a length. A view.</summary>
    /// <exception cref="ShapeMismatchException">The shape does not broadcast so.</exception>
    public GradientTensor Expand(params Shape shape) =>
        // The tape sums the gradient back to this tensor's shape.
        Tape.Record("expand", Value.View(Value.Layout.Expand(shape)), [this], g => [g]);

    /// <summary>Without the axis, which has length 1. A view.</summary>
    public GradientTensor Squeeze(int axis) => ViewedAs("squeeze", Value.Layout.Squeeze(axis));

    /// <summary>Without any axis of length 1. A view.</summary>
    public GradientTensor Squeeze() => ViewedAs("squeeze", Value.Layout.Squeeze());

    /// <summary>With one more axis of length 1, which has the number <paramref name="axis"/> in the result. A view.</summary>
    public GradientTensor Unsqueeze(int axis) => ViewedAs("unsqueeze", Value.Layout.Unsqueeze(axis));

    /// <summary>Summed over what was broadcast, so that the result has the given shape.</summary>
    /// <exception cref="ShapeMismatchException">The shape does not broadcast to this one.</exception>
    public GradientTensor SumTo(Shape shape)
    {
        if (shape == Shape) return this;
        int added = Rank - shape.Rank;
        if (!Shape.TryBroadcast(shape, Shape, out var both) || both != Shape)
            throw new ShapeMismatchException($"sumTo: {shape} does not broadcast to {Shape}.");
        int mask = 0;
        for (int i = 0; i < Rank; i++)
            if (i < added || (shape[i - added] == 1 && Shape[i] != 1)) mask |= 1 << i;
        var axes = new AxisSet((byte)mask);
        var result = Tensor.Empty(Shape.Reduce(axes, keepDims: true), DType, Device);
        Backend.Reduce(ReduceKind.Sum, Value, axes, result);
        var expanded = Shape;
        // The result keeps its own storage handle when no axis goes away, so that the tape may use it as it is.
        if (added == 0) return Tape.Record("sumTo", result, [this], g => [g.Expand(expanded)]);
        var view = result.View(Layout.Contiguous(shape));
        result.Dispose();
        return Tape.Record("sumTo", view, [this], g => [g.Expand(expanded)]);
    }

    private GradientTensor ViewedAs(string name, in Layout view)
    {
        var from = Shape;
        return Tape.Record(name, Value.View(view), [this], g => [g.Reshape(from)]);
    }
}
