namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// softmax(query · keyᵀ · scale + mask) · value (Vaswani et al., Attention Is All You Need, 2017). A query whose keys are all
    /// masked has no weights: its row is NaN, as in PyTorch's formula; let each see one key at least.
    /// </summary>
    /// <param name="query">[…, queries, width].</param>
    /// <param name="key">[…, keys, width].</param>
    /// <param name="value">[…, keys, valueWidth].</param>
    /// <param name="mask">
    /// Broadcasts to […, queries, keys]: Bool, true where a key may be seen; or floating point, added to the scores. Null for none.
    /// </param>
    /// <param name="causal">Whether query i sees keys 0 to i only.</param>
    /// <param name="dropout">The probability of dropping a weight; 0 outside of training.</param>
    /// <param name="scale">1/√width by default.</param>
    /// <returns>[…, queries, valueWidth].</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    /// <exception cref="DTypeMismatchException">The types differ, or the mask is of integers.</exception>
    public static GradientTensor ScaledDotProductAttention(
        GradientTensor query, GradientTensor key, GradientTensor value, GradientTensor? mask = null,
        bool causal = false, double dropout = 0, double? scale = null)
    {
        const string name = "scaledDotProductAttention";
        CheckAlike(name, query, key, "the key");
        CheckAlike(name, query, value, "the value");
        if (query.Rank < 2 || key.Rank < 2 || value.Rank < 2 || query.Shape[-1] != key.Shape[-1] || key.Shape[-2] != value.Shape[-2])
            throw new ShapeMismatchException(
                $"{name}: query {query.Shape}, key {key.Shape} and value {value.Shape} do not fit: query and key need one width, key and value one length.");
        if (mask is not null && mask.DType != DType.Bool && mask.DType != query.DType)
            throw new DTypeMismatchException(
                $"{name}: the mask is {mask.DType.Name()}; it is bool (true: seen), or {query.DType.Name()} as the query, to be added to the scores.");
        // Scaling the queries costs less than scaling the scores; adding −∞ costs no pass backward, as filling would.
        var scores = (query * (scale ?? 1 / Math.Sqrt(query.Shape[-1]))).MatMul(key.Transpose());
        if (mask is { DType: DType.Bool }) mask = mask.Where(query.ScalarLike(0), query.ScalarLike(double.NegativeInfinity));
        if (causal)
        {
            var future = Future(query.Shape[-2], key.Shape[-2], query.Device).Where(query.ScalarLike(double.NegativeInfinity), query.ScalarLike(0));
            mask = mask is null ? future : mask + future;
        }

        if (mask is not null) scores += mask;
        return Dropout(scores.Softmax(-1), dropout).MatMul(value);
    }

    /// <summary>Bool [queries, keys]: whether the key comes after the query.</summary>
    private static GradientTensor Future(long queries, long keys, Device device)
    {
        var rows = GradientTensor.Arange(0, queries, dtype: DType.Int64, device: device).Unsqueeze(1);
        return GradientTensor.Arange(0, keys, dtype: DType.Int64, device: device).GreaterThan(rows);
    }
}
