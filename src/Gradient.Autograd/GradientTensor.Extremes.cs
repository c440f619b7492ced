namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>
    /// The largest element over the axes, all by default; NaN if any is. Ties share the gradient, as with torch.amax and torch.max().
    /// </summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public GradientTensor Max(ReadOnlySpan<int> axes = default, bool keepDims = false) => Extreme("max", ReduceKind.Maximum, axes, keepDims);

    /// <summary>
    /// The largest element along an axis and where the first of them stands, which alone gets the gradient; a NaN counts as largest.
    /// </summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <param name="keepDims">Whether the axis stays with length 1.</param>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public ValuesAndIndices Max(int axis, bool keepDims = false) => Extreme("max", ArgKind.Maximum, axis, keepDims);

    /// <summary>The smallest element over the axes, all by default; NaN if any is. Ties share the gradient.</summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public GradientTensor Min(ReadOnlySpan<int> axes = default, bool keepDims = false) => Extreme("min", ReduceKind.Minimum, axes, keepDims);

    /// <summary>
    /// The smallest element along an axis and where the first of them stands, which alone gets the gradient; a NaN counts as smallest.
    /// </summary>
    /// <param name="axis">The axis; negative ones count from the end.</param>
    /// <param name="keepDims">Whether the axis stays with length 1.</param>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public ValuesAndIndices Min(int axis, bool keepDims = false) => Extreme("min", ArgKind.Minimum, axis, keepDims);

    /// <summary>The position of the first largest element in row-major order; Int64, 0-d.</summary>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public GradientTensor ArgMax() => ArgExtreme("argMax", ArgKind.Maximum, Flat(), 0, keepDims: false);

    /// <summary>The position of the first largest element along an axis; Int64.</summary>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public GradientTensor ArgMax(int axis, bool keepDims = false) => ArgExtreme("argMax", ArgKind.Maximum, Value, axis, keepDims);

    /// <summary>The position of the first smallest element in row-major order; Int64, 0-d.</summary>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public GradientTensor ArgMin() => ArgExtreme("argMin", ArgKind.Minimum, Flat(), 0, keepDims: false);

    /// <summary>The position of the first smallest element along an axis; Int64.</summary>
    /// <exception cref="ShapeMismatchException">There is no element to choose from.</exception>
    public GradientTensor ArgMin(int axis, bool keepDims = false) => ArgExtreme("argMin", ArgKind.Minimum, Value, axis, keepDims);

    private GradientTensor Extreme(string name, ReduceKind kind, ReadOnlySpan<int> axes, bool keepDims)
    {
        var set = AxisSet.Of(Shape, axes, name);
        for (int i = 0; i < Rank; i++)
            if (set.Contains(i)) CheckNotEmpty(name, Shape, i);
        var kept = Shape.Reduce(set, keepDims: true);
        return Tape.RecordWithOutput(name, Reduced(kind, set, keepDims, DType, name), [this], (y, g) =>
        {
            // Where the extreme is NaN, it is the NaNs that equal it.
            var ties = EqualTo(y.Detach().Reshape(kept)).LogicalOr(IsNaN()).To(g.DType);
            return [ties * (g.Reshape(kept) / ties.Sum(set, keepDims: true))];
        }, this);
    }

    private ValuesAndIndices Extreme(string name, ArgKind kind, int axis, bool keepDims)
    {
        axis = Shape.Axis(axis, name);
        CheckNotEmpty(name, Shape, axis);
        var kept = Shape.With(axis, 1);
        var shape = keepDims ? kept : Shape.Without(axis);
        Tensor values = Tensor.Empty(shape, DType, Device, name), indices = Tensor.Empty(shape, DType.Int64, Device, name);
        using (var valuesView = values.View(Layout.Contiguous(kept)))
        using (var indicesView = indices.View(Layout.Contiguous(kept)))
            Backend.ArgReduce(kind, Value, axis, valuesView, indicesView);
        var where = new GradientTensor(indices);
        var from = Shape;
        return new(Tape.Record(name, values, [this], g => [g.Reshape(kept).ScatterIntoZeros(from, axis, where.Reshape(kept))], where), where);
    }

    private static GradientTensor ArgExtreme(string name, ArgKind kind, Tensor x, int axis, bool keepDims)
    {
        axis = x.Shape.Axis(axis, name);
        CheckNotEmpty(name, x.Shape, axis);
        var indices = Tensor.Empty(keepDims ? x.Shape.With(axis, 1) : x.Shape.Without(axis), DType.Int64, x.Device, name);
        using var view = indices.View(Layout.Contiguous(x.Shape.With(axis, 1)));
        x.Backend.ArgReduce(kind, x, axis, null, view);
        return new(indices);
    }

    private Tensor Flat() => Value.Reshape([ElementCount]);

    private GradientTensor Sum(AxisSet axes, bool keepDims)
    {
        Span<int> list = stackalloc int[Shape.MaxRank];
        return axes.Count == 0 ? this : Sum(Axes(axes, list), keepDims);
    }

    /// <summary>The set as a list; empty means all where lists are read, so that callers see to empty sets (of 0-d tensors) first.</summary>
    private static ReadOnlySpan<int> Axes(AxisSet axes, Span<int> room)
    {
        int count = 0;
        for (int i = 0; i < Shape.MaxRank; i++)
            if (axes.Contains(i)) room[count++] = i;
        return room[..count];
    }

    private static void CheckNotEmpty(string name, in Shape shape, int axis)
    {
        if (shape[axis] == 0)
            throw new ShapeMismatchException($"{name}: axis {axis} of shape {shape} has no elements to choose from; check ElementCount before.");
    }
}
