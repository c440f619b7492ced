namespace Gradient.Nn;

/// <summary>
/// Attention in several heads (Vaswani et al., Attention Is All You Need, 2017): one projection to queries, keys and values, each
/// split into heads, see <see cref="Functional.ScaledDotProductAttention"/>, and one projection of the joined result.
/// The projection to queries, keys and values starts Xavier uniform, the other as <see cref="Linear"/> does, biases at 0, as in PyTorch.
/// </summary>
public sealed class MultiHeadAttention : Module
{
    private readonly Linear qkv, projection;
    private readonly int heads;
    private readonly double dropout;
    private readonly bool causal;

    /// <param name="width">The length of a token's vector; a multiple of the heads.</param>
    /// <param name="heads">How many heads.</param>
    /// <param name="causal">Whether each token sees itself and those before it only.</param>
    /// <param name="dropout">The probability of dropping an attention weight in training.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    /// <exception cref="ArgumentException">The width does not divide by the heads.</exception>
    public MultiHeadAttention(int width, int heads, bool causal = false, double dropout = 0, bool bias = true)
    {
        if (heads < 1 || width % heads != 0) throw new ArgumentException($"A width of {width} cannot be split into {heads} equal heads.", nameof(heads));
        (this.heads, this.causal, this.dropout) = (heads, causal, dropout);
        qkv = Register("qkv", new Linear(width, 3 * width, bias));
        projection = Register("projection", new Linear(width, width, bias));
        Initializers.XavierUniform(qkv.Weight);
        if (qkv.Bias is { } first) Initializers.Constant(first, 0);
        if (projection.Bias is { } last) Initializers.Constant(last, 0);
    }

    /// <summary>Self-attention: [batch, time, width] → [batch, time, width].</summary>
    public override GradientTensor Forward(GradientTensor x) => Forward(x, mask: null);

    /// <summary>
    /// Self-attention with a mask that broadcasts to [batch, heads, queries, keys]: Bool, true where a key may be seen, or added to the scores.
    /// </summary>
    public GradientTensor Forward(GradientTensor x, GradientTensor? mask)
    {
        ShapeChecks.Rank("MultiHeadAttention", x.Shape, 3, "[batch, time, width]");
        return Observe(projection.Forward(Functional.SelfAttention(qkv.Forward(x), heads, mask, causal, IsTraining ? dropout : 0)));
    }

    /// <summary>Attention of the queries [batch, queries, width] to other tokens [batch, keys, width].</summary>
    public GradientTensor Forward(GradientTensor query, GradientTensor key, GradientTensor value, GradientTensor? mask = null)
    {
        var weights = qkv.Weight.Chunk(3, -1);
        var biases = qkv.Bias?.Chunk(3, -1);
        var heard = Functional.ScaledDotProductAttention(
            Heads(Functional.Linear(query, weights[0], biases?[0])),
            Heads(Functional.Linear(key, weights[1], biases?[1])),
            Heads(Functional.Linear(value, weights[2], biases?[2])), mask, causal, IsTraining ? dropout : 0);
        return Observe(projection.Forward(heard.Transpose(1, 2).Reshape(query.Shape)));
    }

    // [batch, time, width] → [batch, heads, time, width/heads]
    private GradientTensor Heads(GradientTensor x)
    {
        ShapeChecks.Rank("MultiHeadAttention", x.Shape, 3, "[batch, time, width]");
        return x.Reshape([x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads]).Transpose(1, 2);
    }
}
