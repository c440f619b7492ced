namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>Rows of a table: weight[index] for every index.</summary>
    /// <param name="indices">Int64 or Int32, any shape.</param>
    /// <param name="weight">[rows, width].</param>
    /// <param name="paddingIndex">A row that gets no gradient; null for none.</param>
    /// <returns>[…, width].</returns>
    /// <exception cref="DTypeMismatchException">The indices are no integers.</exception>
    /// <exception cref="ShapeMismatchException">The weight is no matrix; or, when the work is done, an index is outside it.</exception>
    public static GradientTensor Embedding(GradientTensor indices, GradientTensor weight, int? paddingIndex = null)
    {
        if (!indices.DType.IsInteger())
            throw new DTypeMismatchException($"embedding: indices are {indices.DType.Name()}, not integers; convert with To(DType.Int64).");
        ShapeChecks.Rank("embedding", weight.Shape, 2, "a weight [rows, width]");
        ShapeChecks.SameDevice("embedding", indices.Value, weight.Value);
        if (paddingIndex is { } p && (p < 0 || p >= weight.Shape[0]))
            throw new ShapeMismatchException($"embedding: padding index {p} is outside the {weight.Shape[0]} rows of the weight.");
        long count = indices.ElementCount, width = weight.Shape[1];
        // An index of stride 0 along the row has the kernels move whole rows.
        var rows = indices.Value.Reshape([count, 1]);
        var index = rows.View(rows.Layout.Expand([count, width]));
        var y = Tensor.Empty([count, width], weight.DType, weight.Device);
        weight.Backend.Gather(weight.Value, 0, index, y, "embedding");
        var table = weight.Shape;
        return Tape.Record("embedding", y, [weight], g =>
        {
            var places = new GradientTensor(index);
            if (paddingIndex is { } row) g = g.MaskedFill(new GradientTensor(rows).EqualTo(row), 0);
            return [g.ScatterIntoZeros(table, 0, places)];
        }, indices).Reshape(Appended(indices.Shape, width));
    }

    private static Shape Appended(in Shape shape, long length) => shape.Insert(shape.Rank, length);
}
