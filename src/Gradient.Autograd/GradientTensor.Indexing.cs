using System.Runtime.CompilerServices;

namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>
    /// A part of the tensor, a view unless an index is a tensor: <c>a[1, 0..2, ^1]</c>. Axes without an index stay whole. What is
    /// written into a view in place is written into this tensor.
    /// </summary>
    /// <param name="indices">One per axis, besides <see cref="TensorIndex.NewAxis"/> and <see cref="TensorIndex.Ellipsis"/>; one tensor at most.</param>
    /// <exception cref="ShapeMismatchException">There are more indices than axes, or one lies outside its axis.</exception>
    [IndexerName("Parts")] // Item, the usual name, is the method that reads a single element
    public GradientTensor this[params ReadOnlySpan<TensorIndex> indices]
    {
        get
        {
            int consumed = 0, ellipses = 0, tensors = 0;
            foreach (var index in indices)
            {
                if (index.Kind == TensorIndex.IndexKind.Ellipsis) ellipses++;
                else if (index.Kind != TensorIndex.IndexKind.NewAxis) consumed++;
                if (index.Kind == TensorIndex.IndexKind.Tensor) tensors++;
            }

            if (consumed > Rank) throw new ShapeMismatchException($"index: {consumed} indices for shape {Shape}, which has {Rank} axes.");
            if (ellipses > 1) throw new ShapeMismatchException($"index: {ellipses} ellipses leave open which axes of {Shape} they stand for; use one.");
            if (tensors > 1) throw new UnsupportedOperationException($"index: {tensors} index tensors for shape {Shape}; use one at a time, or Gather.");
            var steps = new (TensorIndex Index, int Axis)[indices.Length];
            int count = 0, axis = 0, tensorAxis = -1;
            GradientTensor? tensor = null;
            foreach (var index in indices)
            {
                if (index.Kind == TensorIndex.IndexKind.Ellipsis) axis += Rank - consumed;
                else if (index.Kind == TensorIndex.IndexKind.All) axis++;
                else if (index.Kind == TensorIndex.IndexKind.Tensor) (tensor, tensorAxis) = (index.Tensor, axis++);
                else
                {
                    steps[count++] = (index, axis);
                    if (index.Kind != TensorIndex.IndexKind.Number) axis++;
                }
            }

            var part = count == 0 ? this : Part("index", layout => Apply(layout, steps.AsSpan(0, count)));
            return tensor is null ? part : part.IndexSelect(tensorAxis, tensor);
        }
    }

    /// <summary>
    /// Python's start:stop:step along one axis. Negative positions count from the end, those outside are clipped; a negative step
    /// walks back (with <paramref name="start"/> −1 and <paramref name="stop"/> long.MinValue, the whole axis). A view.
    /// </summary>
    public GradientTensor Slice(int axis, long start = 0, long stop = long.MaxValue, long step = 1)
    {
        axis = Shape.Axis(axis, "slice");
        if (step == 0) throw new ArgumentOutOfRangeException(nameof(step), step, "A slice needs a step other than 0.");
        (long first, long length) = TensorIndex.Resolve(start, stop, step, Shape[axis]);
        return Part("slice", layout => layout.Slice(axis, first, length, step));
    }

    /// <summary><paramref name="length"/> elements along an axis, from <paramref name="start"/>. A view.</summary>
    /// <exception cref="ShapeMismatchException">They do not lie within the axis.</exception>
    public GradientTensor Narrow(int axis, long start, long length) => Part("narrow", layout => layout.Slice(axis, start, length));

    /// <summary>The elements at one position of an axis, which goes away; negative positions count from the end. A view.</summary>
    /// <exception cref="ShapeMismatchException">The position lies outside the axis.</exception>
    public GradientTensor Select(int axis, long index) => Part("select", layout => layout.Select(axis, index));

    /// <summary>The elements [i, i + offset] of the last two axes, as a last axis in their place. A view.</summary>
    /// <param name="offset">Above 0: diagonals above the main one; below 0: under it.</param>
    /// <exception cref="ShapeMismatchException">There are fewer than two axes.</exception>
    public GradientTensor Diagonal(long offset = 0)
    {
        if (Rank < 2) throw new ShapeMismatchException($"diagonal: shape {Shape} has no matrices; two axes at least are needed.");
        return Part("diagonal", layout =>
        {
            long rows = layout.Shape[-2], columns = layout.Shape[-1];
            long length = Math.Max(0, offset >= 0 ? Math.Min(rows, columns - offset) : Math.Min(rows + offset, columns));
            long across = layout.Stride(-2) + layout.Stride(-1);
            long start = length == 0 ? 0 : offset >= 0 ? offset * layout.Stride(-1) : -offset * layout.Stride(-2);
            Span<long> strides = stackalloc long[Shape.MaxRank];
            layout.CopyStridesTo(strides);
            strides[layout.Rank - 2] = across;
            return new(layout.Shape.Without(-1).With(-1, length), strides[..(layout.Rank - 1)], layout.Offset + start);
        });
    }

    /// <summary>
    /// A view that shows each element at most once. Its gradient is 0 but for the part: the tape adds it in place into the
    /// gradient of the whole if there is one already (so that a loop over all rows costs one pass, not one per row).
    /// </summary>
    private GradientTensor Part(string name, Func<Layout, Layout> view)
    {
        var from = Shape;
        var result = Tape.Record(name, Value.View(view(Value.Layout)), [this], g => [g.PutInto(name, from, view)]);
        if (result.Node is { } node) node.Part = view;
        return result;
    }

    /// <summary>A tensor of another shape, filled with a value, and this one at the place that the view shows.</summary>
    private GradientTensor PutInto(string name, Shape whole, Func<Layout, Layout> view, double fill = 0)
    {
        var result = Tensor.Empty(whole, DType, Device, name);
        using (var part = result.View(view(result.Layout)))
        {
            if (part.ElementCount != result.ElementCount) Backend.Fill(result, fill);
            Backend.Copy(Value, part);
        }

        return Tape.Record(name, result, [this], g => [g.Part(name, view)]);
    }

    private static Layout Apply(Layout layout, ReadOnlySpan<(TensorIndex Index, int Axis)> steps)
    {
        foreach (var (index, axis) in steps)
        {
            switch (index.Kind)
            {
                case TensorIndex.IndexKind.Number:
                    layout = layout.Select(axis, index.Number);
                    break;
                case TensorIndex.IndexKind.NewAxis:
                    layout = layout.Unsqueeze(axis);
                    break;
                default:
                    (long start, long length) = index.Resolve(layout.Shape[axis]);
                    layout = layout.Slice(axis, start, length, index.Step);
                    break;
            }
        }

        return layout;
    }
}
