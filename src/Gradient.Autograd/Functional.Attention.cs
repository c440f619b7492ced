namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// softmax(query · keyᵀ · scale + mask) · value (Vaswani et al., Attention Is All You Need, 2017), computed without a matrix of
    /// scores (Dao et al., FlashAttention, 2022). A query whose keys are all masked has no weights: its row is NaN, as in PyTorch's
    /// formula; let each see one key at least. A masked key weighs 0, so its value should be finite, 0·∞ being NaN; but later keys of
    /// causal attention may be skipped without being looked at. Gradients of gradients, the gradient of the mask, and dropout do make
    /// the matrix.
    /// </summary>
    /// <param name="query">[…, queries, width].</param>
    /// <param name="key">[…, keys, width]; the axes in front broadcast, here and below.</param>
    /// <param name="value">[…, keys, valueWidth].</param>
    /// <param name="mask">
    /// Broadcasts to […, queries, keys]: Bool, true where a key may be seen; or floating point, added to the scores. Null for none.
    /// </param>
    /// <param name="causal">Whether query i sees keys 0 to i only.</param>
    /// <param name="dropout">The probability of dropping a weight; 0 outside of training.</param>
    /// <param name="scale">1/√width by default.</param>
    /// <returns>[…, queries, valueWidth], laid out in memory in the order of the query's axes.</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    /// <exception cref="DTypeMismatchException">The types differ, or the mask is of integers.</exception>
    public static GradientTensor ScaledDotProductAttention(
        GradientTensor query, GradientTensor key, GradientTensor value, GradientTensor? mask = null,
        bool causal = false, double dropout = 0, double? scale = null)
    {
        const string name = "scaledDotProductAttention";
        var casting = Autocast.For(name, query, key, value, mask);
        (query, key, value, mask) = (casting.Apply(query), casting.Apply(key), casting.Apply(value), casting.Apply(mask));
        CheckAlike(name, query, key, "the key");
        CheckAlike(name, query, value, "the value");
        if (query.Rank < 2 || key.Rank < 2 || value.Rank < 2 || query.Shape[-1] != key.Shape[-1] || key.Shape[-2] != value.Shape[-2])
            throw new ShapeMismatchException(
                $"{name}: query {query.Shape}, key {key.Shape} and value {value.Shape} do not fit: query and key need one width, key and value one length.");
        var front = ShapeChecks.Broadcast(name, ShapeChecks.Broadcast(name, Front(query.Shape), Front(key.Shape)), Front(value.Shape));
        var scores = CheckMask(name, mask, query, Matrices(front, query.Shape[-2], key.Shape[-2]));
        var options = new AttentionOptions { Causal = causal, Scale = scale ?? 1 / Math.Sqrt(Math.Max(1, query.Shape[-1])) };
        if (dropout > 0) return Dropout(Weights(query, key, mask, options), dropout).MatMul(value);

        front = Front(scores);
        var (y, logSumExp) = Attend(options, Expanded(query.Value), Expanded(key.Value), Expanded(value.Value), mask, scores);
        return Tape.RecordWithOutput(
            name, y, [query, key, value, mask],
            (output, g) =>
            {
                if (IsComposed(mask)) return AttentionGradients(g, query, key, value, mask, options);
                Tensor? dquery = Gradient(query), dkey = Gradient(key), dvalue = Gradient(value);
                AttendBackward(
                    options, g, Expanded(query.Value), Expanded(key.Value), Expanded(value.Value), mask, scores, output, logSumExp, dquery, dkey, dvalue);
                return [Wrap(dquery), Wrap(dkey), Wrap(dvalue), null]; // the tape sums them to their shapes
            },
            query, key, value, mask);

        Tensor Expanded(Tensor x) => x.View(x.Layout.Expand(Matrices(front, x.Shape[-2], x.Shape[-1])));

        Tensor? Gradient(GradientTensor x) => x.RequiresGrad ? EmptyAs(x.Value, Matrices(front, x.Shape[-2], x.Shape[-1])) : null;

        static GradientTensor? Wrap(Tensor? gradient) => gradient is null ? null : new(gradient);
    }

    /// <summary>
    /// Attention in several heads of tokens to each other, see
    /// <see cref="ScaledDotProductAttention(GradientTensor, GradientTensor, GradientTensor, GradientTensor?, bool, double, double?)"/>,
    /// from queries, keys and values side by side, as one projection gives them. Nothing is split or joined in memory.
    /// </summary>
    /// <param name="packed">[batch, time, 3 · width]: all heads of the queries, then of the keys, then of the values.</param>
    /// <param name="heads">How many heads; they divide the width.</param>
    /// <param name="mask">Broadcasts to [batch, heads, time, time].</param>
    /// <param name="causal">Whether each token sees itself and those before it only.</param>
    /// <param name="dropout">The probability of dropping a weight; 0 outside of training.</param>
    /// <param name="scale">1/√(width/heads) by default.</param>
    /// <returns>[batch, time, width].</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit, or the heads do not divide the width.</exception>
    /// <exception cref="DTypeMismatchException">The input is not floating point, or the mask neither of its type nor Bool.</exception>
    public static GradientTensor SelfAttention(
        GradientTensor packed, int heads, GradientTensor? mask = null, bool causal = false, double dropout = 0, double? scale = null)
    {
        const string name = "selfAttention";
        var casting = Autocast.For(name, packed, mask);
        (packed, mask) = (casting.Apply(packed), casting.Apply(mask));
        ShapeChecks.FloatingPoint(name, packed.DType);
        ShapeChecks.Rank(name, packed.Shape, 3, "[batch, time, 3 · width]");
        if (heads < 1 || packed.Shape[2] % (3 * heads) != 0)
            throw new ShapeMismatchException($"{name}: the last axis of {packed.Shape} is not 3 times the width of {heads} equal heads.");
        var (batch, time, width) = (packed.Shape[0], packed.Shape[1], packed.Shape[2] / (3 * heads));
        var split = packed.Reshape([batch, time, 3, heads, width]);
        GradientTensor y;
        if (dropout > 0)
        {
            y = ScaledDotProductAttention(Part(split, 0), Part(split, 1), Part(split, 2), mask, causal, dropout, scale);
        }
        else
        {
            Shape scores = [batch, heads, time, time];
            if (CheckMask(name, mask, packed, scores) != scores)
                throw new ShapeMismatchException($"{name}: a mask of shape {mask!.Shape} does not broadcast to {scores}.");
            var options = new AttentionOptions { Causal = causal, Scale = scale ?? 1 / Math.Sqrt(Math.Max(1, width)) };
            var (result, logSumExp) = Attend(options, PartOf(split.Value, 0), PartOf(split.Value, 1), PartOf(split.Value, 2), mask, scores);
            y = Tape.RecordWithOutput(
                name, result, [split, mask],
                (output, g) =>
                {
                    if (IsComposed(mask))
                    {
                        var gradients = AttentionGradients(g, Part(split, 0), Part(split, 1), Part(split, 2), mask, options);
                        return [GradientTensor.Stack([gradients[0]!, gradients[1]!, gradients[2]!]).Permute(1, 3, 0, 2, 4), gradients[3]];
                    }

                    var d = Tensor.Empty(split.Shape, split.DType, split.Device, "attention");
                    using Tensor dquery = PartOf(d, 0), dkey = PartOf(d, 1), dvalue = PartOf(d, 2);
                    AttendBackward(
                        options, g, PartOf(split.Value, 0), PartOf(split.Value, 1), PartOf(split.Value, 2), mask, scores, output, logSumExp, dquery, dkey, dvalue);
                    return [new GradientTensor(d), null];
                },
                split, mask);
        }

        return y.Transpose(1, 2).Reshape([batch, time, heads * width]);

        // [batch, time, 3, heads, width] → [batch, heads, time, width]
        static GradientTensor Part(GradientTensor x, int index) => x.Select(2, index).Transpose(1, 2);

        static Tensor PartOf(Tensor x, int index) => x.View(x.Layout.Select(2, index).Transpose(1, 2));
    }

    // A primitive: composed, the scores are six passes over memory that grows with the square of the length. Composed it still is where
    // the scores themselves are wanted: for dropout (above), to be differentiated again, for the gradient of the mask.
    private static bool IsComposed(GradientTensor? mask) => Tape.IsRecording || mask is { RequiresGrad: true };

    /// <summary>Runs the kernel; the operands are views made for it, which go.</summary>
    private static (Tensor Y, Tensor LogSumExp) Attend(
        in AttentionOptions options, Tensor query, Tensor key, Tensor value, GradientTensor? mask, in Shape scores)
    {
        using (query)
        using (key)
        using (value)
        using (var seen = mask?.Value.View(mask.Value.Layout.Expand(scores)))
        {
            var y = EmptyAs(query, query.Shape.With(-1, value.Shape[-1]));
            var logSumExp = Tensor.Empty(scores.Without(-1), y.DType == DType.Float64 ? DType.Float64 : DType.Float32, y.Device, "attention");
            y.Backend.Attention(options, query, key, value, seen, y, logSumExp);
            return (y, logSumExp);
        }
    }

    private static void AttendBackward(
        in AttentionOptions options, GradientTensor g, Tensor query, Tensor key, Tensor value, GradientTensor? mask, in Shape scores,
        GradientTensor y, Tensor logSumExp, Tensor? dquery, Tensor? dkey, Tensor? dvalue)
    {
        using (query)
        using (key)
        using (value)
        using (var seen = mask?.Value.View(mask.Value.Layout.Expand(scores)))
            g.Backend.AttentionBackward(options, g.Value, query, key, value, seen, y.Value, logSumExp, dquery, dkey, dvalue);
    }

    /// <summary>softmax(query · keyᵀ · scale + mask) of tensor operations.</summary>
    private static GradientTensor Weights(GradientTensor query, GradientTensor key, GradientTensor? mask, in AttentionOptions options)
    {
        // Scaling the queries costs less than scaling the scores; adding −∞ costs no pass backward, as filling would.
        var scores = (query * options.Scale).MatMul(key.Transpose());
        if (mask is { DType: DType.Bool }) mask = mask.Where(query.ScalarLike(0), query.ScalarLike(double.NegativeInfinity));
        if (options.Causal)
        {
            var future = Future(query.Shape[-2], key.Shape[-2], query.Device).Where(query.ScalarLike(double.NegativeInfinity), query.ScalarLike(0));
            mask = mask is null ? future : mask + future;
        }

        if (mask is not null) scores += mask;
        return scores.Softmax(-1);
    }

    /// <summary>With P the weights: dV = Pᵀ·dY, dS = P∘(dP − Σ dP∘P) with dP = dY·Vᵀ, dQ = dS·K·scale, dK = dSᵀ·Q·scale, dmask = dS.</summary>
    private static GradientTensor?[] AttentionGradients(
        GradientTensor g, GradientTensor query, GradientTensor key, GradientTensor value, GradientTensor? mask, in AttentionOptions options)
    {
        var weights = Weights(query, key, mask, options);
        var dweights = g.MatMul(value.Transpose());
        var dscores = weights * (dweights - (weights * dweights).Sum([-1], keepDims: true));
        return
        [
            dscores.MatMul(key) * options.Scale, dscores.Transpose().MatMul(query) * options.Scale, weights.Transpose().MatMul(g),
            mask is { RequiresGrad: true } ? dscores : null,
        ];
    }

    /// <summary>The shape of the scores, into which a mask may bring axes in front.</summary>
    private static Shape CheckMask(string name, GradientTensor? mask, GradientTensor query, in Shape scores)
    {
        if (mask is null) return scores;
        ShapeChecks.SameDevice(name, query.Value, mask.Value);
        if (mask.DType != DType.Bool && mask.DType != query.DType)
            throw new DTypeMismatchException(
                $"{name}: the mask is {mask.DType.Name()}; it is bool (true: seen), or {query.DType.Name()} as the query, to be added to the scores.");
        var all = ShapeChecks.Broadcast(name, scores, mask.Shape);
        if (all[-2] != scores[-2] || all[-1] != scores[-1])
            throw new ShapeMismatchException($"{name}: a mask of shape {mask.Shape} does not broadcast to […, queries, keys], here {scores}.");
        return all;
    }

    /// <summary>An undefined tensor of a shape, its axes in memory in the order of another's, so that views of one are views of the other.</summary>
    private static Tensor EmptyAs(Tensor other, in Shape shape)
    {
        int rank = shape.Rank;
        Span<int> order = stackalloc int[rank], inverse = stackalloc int[rank];
        Span<long> lengths = stackalloc long[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            // Widest first; a broadcast axis counts as widest, the last one stays last.
            int at = axis;
            for (; at > 0 && axis < rank - 1 && Step(order[at - 1]) < Step(axis); at--) order[at] = order[at - 1];
            order[at] = axis;
        }

        for (int i = 0; i < rank; i++) (inverse[order[i]], lengths[i]) = (i, shape[order[i]]);
        using var stored = Tensor.Empty(new Shape(lengths), other.DType, other.Device, "attention");
        return stored.View(stored.Layout.Permute(inverse));

        long Step(int axis)
        {
            int own = axis - (rank - other.Rank);
            return own < 0 || other.Shape[own] == 1 || other.Layout.Stride(own) == 0 ? long.MaxValue : Math.Abs(other.Layout.Stride(own));
        }
    }

    private static Shape Front(in Shape shape) => shape.Without(-1).Without(-1);

    private static Shape Matrices(in Shape front, long rows, long columns) => front.Insert(front.Rank, rows).Insert(front.Rank + 1, columns);

    /// <summary>Bool [queries, keys]: whether the key comes after the query.</summary>
    private static GradientTensor Future(long queries, long keys, Device device)
    {
        var rows = GradientTensor.Arange(0, queries, dtype: DType.Int64, device: device).Unsqueeze(1);
        return GradientTensor.Arange(0, keys, dtype: DType.Int64, device: device).GreaterThan(rows);
    }
}
