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

    /// <summary>The axes from <paramref name="start"/> to <paramref name="end"/>, inclusive, made one; all by default. A view where possible.</summary>
    /// <exception cref="ShapeMismatchException">The start lies behind the end.</exception>
    public GradientTensor Flatten(int start = 0, int end = -1)
    {
        if (Rank == 0) return Reshape([1]);
        (start, end) = (Shape.Axis(start, "flatten"), Shape.Axis(end, "flatten"));
        if (start > end) throw new ShapeMismatchException($"flatten: axes {start} to {end} of {Shape}; the first lies behind the last.");
        long length = 1;
        for (int i = start; i <= end; i++) length *= Shape[i];
        Span<long> lengths = stackalloc long[Shape.MaxRank];
        int rank = 0;
        for (int i = 0; i < Rank; i++)
        {
            if (i == start) lengths[rank++] = length;
            else if (i < start || i > end) lengths[rank++] = Shape[i];
        }

        return Reshape(new Shape(lengths[..rank]));
    }

    /// <summary>The axes walked backwards, all by default. A view.</summary>
    public GradientTensor Flip(params ReadOnlySpan<int> axes)
    {
        var set = AxisSet.Of(Shape, axes, "flip");
        var view = Value.Layout;
        for (int i = 0; i < Rank; i++)
            if (set.Contains(i)) view = view.Flip(i);
        int[] list = axes.ToArray();
        return Tape.Record("flip", Value.View(view), [this], g => [g.Flip(list)]);
    }

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
        var expanded = Shape;
        var result = Tensor.Empty(shape, DType, Device);
        using (var view = result.View(Layout.Contiguous(Shape.Reduce(new((byte)mask), keepDims: true))))
            Backend.Reduce(ReduceKind.Sum, Value, new((byte)mask), view);
        return Tape.Record("sumTo", result, [this], g => [g.Expand(expanded)]);
    }

    private GradientTensor ViewedAs(string name, in Layout view)
    {
        var from = Shape;
        return Tape.Record(name, Value.View(view), [this], g => [g.Reshape(from)]);
    }
}
