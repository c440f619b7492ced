namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>
    /// The positions of an axis that an index names (torch.index_select), which becomes the axes of the index: rows of a table for
    /// axis 0, as an embedding needs.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Int64 or Int32, any shape, 0 to length − 1.</param>
    /// <exception cref="ShapeMismatchException">An index is outside the axis.</exception>
    public GradientTensor IndexSelect(int axis, GradientTensor index)
    {
        axis = Shape.Axis(axis, "indexSelect");
        CheckIndex("indexSelect", index);
        var flat = index.Value.Reshape([index.ElementCount]);
        var selected = Shape.With(axis, index.ElementCount);
        // Expanded with stride 0 over the other axes, the index moves whole rows.
        Span<long> strides = stackalloc long[Rank];
        strides.Clear();
        strides[axis] = flat.Layout.Stride(0);
        var rows = new GradientTensor(flat.View(new Layout(selected, strides, flat.Layout.Offset)));
        var picked = Gather("indexSelect", axis, rows, selected);
        if (index.Rank == 1) return picked;
        Shape shape = selected.Without(axis);
        for (int i = 0; i < index.Rank; i++) shape = shape.Insert(axis + i, index.Shape[i]);
        return picked.Reshape(shape);
    }

    /// <summary>y[i, j, k] = x[i, index[i, j, k], k] for axis 1, likewise for others (torch.gather).</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Int64 or Int32; off the axis its shape is at most that of this tensor.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit, or an index is outside the axis.</exception>
    public GradientTensor Gather(int axis, GradientTensor index)
    {
        axis = Shape.Axis(axis, "gather");
        CheckIndex("gather", index);
        CheckWithin("gather", index.Shape, Shape, axis);
        return Gather("gather", axis, index, index.Shape);
    }

    /// <summary>
    /// A copy with y[i, index[i, j, k], k] += source[i, j, k] for axis 1, likewise for others (torch.scatter_add). Sums are
    /// deterministic.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Int64 or Int32; off the axis its shape is at most that of this tensor.</param>
    /// <param name="source">What is added, of at least the shape of the index.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit, or an index is outside the axis.</exception>
    public GradientTensor ScatterAdd(int axis, GradientTensor index, GradientTensor source)
    {
        (axis, var into, source) = PrepareScatter("scatterAdd", axis, index, source);
        var result = into.Value.Copy();
        Backend.Scatter(ScatterKind.Add, axis, index.Value, source.Value, result, "scatterAdd");
        bool needSelf = into.RequiresGrad, needSource = source.RequiresGrad;
        return Tape.Record("scatterAdd", result, [into, source], g => [needSelf ? g : null, needSource ? g.Gather(axis, index) : null], index);
    }

    /// <summary>
    /// A copy with y[i, index[i, j, k], k] = source[i, j, k] for axis 1, likewise for others (torch.scatter). Where several sources
    /// meet, the last stays; the gradient is right where none do, as in PyTorch.
    /// </summary>
    /// <param name="axis">The axis.</param>
    /// <param name="index">Int64 or Int32; off the axis its shape is at most that of this tensor.</param>
    /// <param name="source">What is written, of at least the shape of the index.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit, or an index is outside the axis.</exception>
    public GradientTensor Scatter(int axis, GradientTensor index, GradientTensor source)
    {
        (axis, var into, source) = PrepareScatter("scatter", axis, index, source);
        var result = into.Value.Copy();
        Backend.Scatter(ScatterKind.Assign, axis, index.Value, source.Value, result);
        bool needSelf = into.RequiresGrad, needSource = source.RequiresGrad;
        return Tape.Record("scatter", result, [into, source], g =>
        [
            needSelf ? g.Scatter(axis, index, Zeros(index.Shape, g.DType, g.Device)) : null,
            needSource ? g.Gather(axis, index) : null,
        ], index);
    }

    /// <summary>
    /// Each class index as a vector of one 1 among zeros, along a new last axis. Float32 by default, ready for a loss (PyTorch makes
    /// Int64). An index outside 0 … classes − 1 becomes all zeros.
    /// </summary>
    /// <param name="classes">The length of the new axis.</param>
    /// <param name="dtype">The type of the result.</param>
    /// <exception cref="DTypeMismatchException">This tensor holds no integers.</exception>
    public GradientTensor OneHot(long classes, DType dtype = DType.Float32)
    {
        CheckIndex("oneHot", this);
        return Unsqueeze(-1).EqualTo(Arange(0, classes, dtype: DType, device: Device)).To(dtype);
    }

    /// <summary>The lower triangle of the last two axes, zeros above the given diagonal (0: the main one, above it positive).</summary>
    /// <exception cref="ShapeMismatchException">There are fewer than two axes.</exception>
    public GradientTensor Tril(long diagonal = 0) => Where(RowMinusColumn("tril").GreaterOrEqual(-diagonal));

    /// <summary>The upper triangle of the last two axes, zeros below the given diagonal (0: the main one, above it positive).</summary>
    /// <exception cref="ShapeMismatchException">There are fewer than two axes.</exception>
    public GradientTensor Triu(long diagonal = 0) => Where(RowMinusColumn("triu").LessOrEqual(-diagonal));

    private GradientTensor Where(GradientTensor mask) => mask.Where(this, ScalarLike(0).To(DType));

    private GradientTensor RowMinusColumn(string name)
    {
        if (Rank < 2) throw new ShapeMismatchException($"{name}: shape {Shape} has no matrices; two axes at least are needed.");
        return Arange(0, Shape[^2], dtype: DType.Int64, device: Device).Unsqueeze(1) - Arange(0, Shape[^1], dtype: DType.Int64, device: Device);
    }

    /// <summary>The same for a shape that is checked already, under the name that the user called.</summary>
    internal GradientTensor Gather(string name, int axis, GradientTensor index, Shape shape)
    {
        var result = Tensor.Empty(shape, DType, Device, name);
        Backend.Gather(Value, axis, index.Value, result, name);
        var from = Shape;
        return Tape.Record(name, result, [this], g => [g.ScatterIntoZeros(from, axis, index)], index);
    }

    /// <summary>The counterpart of Gather: zeros of a shape, and this added at the places of the index.</summary>
    internal GradientTensor ScatterIntoZeros(Shape shape, int axis, GradientTensor index)
    {
        var result = Tensor.Empty(shape, DType, Device, "scatterAdd");
        Backend.Fill(result, 0);
        Backend.Scatter(ScatterKind.Add, axis, index.Value, Value, result);
        return Tape.Record("scatterAdd", result, [this], g => [g.Gather("gather", axis, index, index.Shape)], index);
    }

    private (int Axis, GradientTensor Into, GradientTensor Source) PrepareScatter(string name, int axis, GradientTensor index, GradientTensor source)
    {
        axis = Shape.Axis(axis, name);
        CheckIndex(name, index);
        CheckWithin(name, index.Shape, Shape, axis);
        CheckWithin(name, index.Shape, source.Shape, -1);
        ShapeChecks.SameDevice(name, Value, source.Value);
        var into = this;
        if (Autocast.IsEnabled && DType.IsFloatingPoint() && source.DType.IsFloatingPoint())
        {
            // Who calls it there has not chosen the types.
            var widest = DTypes.Promote(DType, source.DType);
            (into, source) = (To(widest), source.To(widest));
        }

        if (source.DType != into.DType)
            throw new DTypeMismatchException($"{name}: a source of {source.DType.Name()} into {DType.Name()}; convert it with To(DType.{DType}).");
        for (int i = 0; i < Rank; i++)
            if (source.Shape[i] != index.Shape[i]) source = source.Narrow(i, 0, index.Shape[i]);
        return (axis, into, source);
    }

    private void CheckIndex(string name, GradientTensor index)
    {
        if (!index.DType.IsInteger())
            throw new DTypeMismatchException($"{name}: the index is {index.DType.Name()}; it must be int64 or int32. For masks, use Where or MaskedFill.");
        ShapeChecks.SameDevice(name, Value, index.Value);
    }

    private static void CheckWithin(string name, in Shape index, in Shape shape, int axis)
    {
        bool fits = index.Rank == shape.Rank;
        for (int i = 0; fits && i < shape.Rank; i++) fits = i == axis || index[i] <= shape[i];
        if (!fits) throw new ShapeMismatchException($"{name}: an index of shape {index} does not lie within {shape}{(axis < 0 ? "" : $" off axis {axis}")}.");
    }
}
