namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>The elements along an axis in order, and where they stood. Stable; NaN is the largest.</summary>
    /// <param name="axis">The axis, the last by default.</param>
    /// <param name="descending">Whether the largest comes first.</param>
    public ValuesAndIndices Sort(int axis = -1, bool descending = false) => Sorted("sort", axis, Shape[axis], descending);

    /// <summary>The k largest (or smallest) elements along an axis, the most extreme first, and where they stood.</summary>
    /// <param name="k">How many.</param>
    /// <param name="axis">The axis, the last by default.</param>
    /// <param name="largest">Whether the largest are wanted, not the smallest.</param>
    /// <exception cref="ShapeMismatchException">The axis has fewer than k elements.</exception>
    public ValuesAndIndices TopK(long k, int axis = -1, bool largest = true)
    {
        if (k < 0 || k > Shape[axis])
            throw new ShapeMismatchException($"topK: {k} elements of axis {axis} of shape {Shape}, which has {Shape[axis]}.");
        return Sorted("topK", axis, k, descending: largest);
    }

    /// <summary>Where the elements along an axis would come from if it were sorted. Int64; stable.</summary>
    public GradientTensor ArgSort(int axis = -1, bool descending = false)
    {
        using (Tape.NoGrad()) return Sort(axis, descending).Indices;
    }

    private ValuesAndIndices Sorted(string name, int axis, long k, bool descending)
    {
        axis = Shape.Axis(axis, name);
        var shape = Shape.With(axis, k);
        Tensor values = Tensor.Empty(shape, DType, Device, name), indices = Tensor.Empty(shape, DType.Int64, Device, name);
        Backend.Sort(Value, axis, descending, values, indices);
        var where = new GradientTensor(indices);
        var from = Shape;
        return new(Tape.Record(name, values, [this], g => [g.ScatterIntoZeros(from, axis, where)], where), where);
    }
}
