namespace Gradient.LinearAlgebra;

/// <summary>
/// The products that all else is made of, forward beside backward. They are closed under differentiation: the derivative of a product is a
/// sampled product and a product with the transposed matrix; that of a sampled product is two products.
/// </summary>
internal static class SparseOperations
{
    /// <summary>A·b, with A as the pattern and values say (null: ones) and b [columns, n] (null: the identity, which makes A dense).</summary>
    public static GradientTensor MatMul(string name, SparsePattern pattern, GradientTensor? values, GradientTensor? b)
    {
        return Tape.Record(name, Forward, Inputs(values, b), g =>
        {
            var left = values is { RequiresGrad: true } ? Sample(name, pattern, g, b) : null;
            var right = b is { RequiresGrad: true } ? Transposed(name, pattern, values, g) : null;
            return values is null ? [right] : b is null ? [left] : [left, right];
        });

        GradientTensor Forward()
        {
            var like = (values ?? b)!;
            var y = Tensor.Empty([pattern.Rows, b?.Shape[1] ?? pattern.Columns], like.DType, like.Device, name);
            like.Value.Backend.SparseMatMul(pattern.OffsetTensor, pattern.IndexTensor, values?.Value, b?.Value, y);
            return new(y);
        }
    }

    /// <summary>Σⱼ a[i, j]·b[k, j] for each entry (i, k) of the pattern, or a[i, k] where b is null.</summary>
    public static GradientTensor Sample(string name, SparsePattern pattern, GradientTensor a, GradientTensor? b)
    {
        return Tape.Record(name, Forward, Inputs(a, b), g =>
        {
            var left = a.RequiresGrad ? MatMul(name, pattern, g, b) : null;
            return b is null ? [left] : [left, b.RequiresGrad ? Transposed(name, pattern, g, a) : null];
        });

        GradientTensor Forward()
        {
            var y = Tensor.Empty([pattern.Count], a.DType, a.Device, name);
            a.Value.Backend.SparseSample(pattern.OffsetTensor, pattern.IndexTensor, a.Value, b?.Value, y);
            return new(y);
        }
    }

    /// <summary>x[index] for a matrix that selects.</summary>
    public static GradientTensor Select(string name, SparsePattern selection, GradientTensor x) => Tape.Record(
        name, () => x.IndexSelect(0, new GradientTensor(selection.IndexTensor)), [x],
        g => [Gathered(name, selection.Transposed.Pattern, g)]);

    /// <summary>S·x for a vector x and a matrix S of ones: sums of elements.</summary>
    public static GradientTensor Gathered(string name, SparsePattern sums, GradientTensor x) => MatMul(name, sums, null, x.Unsqueeze(1)).Squeeze(1);

    /// <summary>Aᵀ·b.</summary>
    private static GradientTensor Transposed(string name, SparsePattern pattern, GradientTensor? values, GradientTensor b)
    {
        var (transposed, selection) = pattern.Transposed;
        return MatMul(name, transposed, values is null ? null : Select(name, selection, values), b);
    }

    private static GradientTensor[] Inputs(GradientTensor? first, GradientTensor? second) => first is null ? [second!] : second is null ? [first] : [first, second];
}
