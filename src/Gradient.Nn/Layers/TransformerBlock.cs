namespace Gradient.Nn;

/// <summary>
/// A transformer's block with the normalization in front (Radford et al., Language Models Are Unsupervised Multitask Learners, 2019):
/// x ← x + attention(norm1(x)), then x + mlp(norm2(x)) with a hidden layer of four times the width and an exact GELU.
/// </summary>
public sealed class TransformerBlock : Module
{
    private readonly LayerNorm norm1, norm2;
    private readonly MultiHeadAttention attention;
    private readonly Sequential mlp;
    private readonly Dropout? drop;
    private readonly bool checkpoint;

    /// <param name="width">The length of a token's vector; a multiple of the heads.</param>
    /// <param name="heads">How many heads of attention.</param>
    /// <param name="causal">Whether each token sees itself and those before it only.</param>
    /// <param name="dropout">The probability of dropping attention weights and elements of both branches in training.</param>
    /// <param name="hidden">The width of the hidden layer; four times <paramref name="width"/> by default.</param>
    /// <param name="checkpoint">
    /// Whether only the input is kept until backward, which computes the block again, see
    /// <see cref="Tape.Checkpoint(Func{GradientTensor, GradientTensor}, GradientTensor)"/>.
    /// </param>
    /// <exception cref="ArgumentException">The width does not divide by the heads.</exception>
    public TransformerBlock(int width, int heads, bool causal = false, double dropout = 0, int? hidden = null, bool checkpoint = false)
    {
        this.checkpoint = checkpoint;
        int inner = hidden ?? 4 * width;
        norm1 = Register("norm1", new LayerNorm(width));
        attention = Register("attention", new MultiHeadAttention(width, heads, causal, dropout));
        norm2 = Register("norm2", new LayerNorm(width));
        mlp = Register("mlp", new Sequential(new Linear(width, inner), new GELU(), new Linear(inner, width)));
        if (dropout > 0) drop = Register("dropout", new Dropout(dropout));
    }

    /// <summary>[batch, time, width] → [batch, time, width].</summary>
    public override GradientTensor Forward(GradientTensor x) => Forward(x, mask: null);

    /// <summary>The same with a mask, see <see cref="MultiHeadAttention.Forward(GradientTensor, GradientTensor?)"/>.</summary>
    public GradientTensor Forward(GradientTensor x, GradientTensor? mask) => Observe(
        !checkpoint ? Run(x, mask)
        : mask is null ? Tape.Checkpoint(input => Run(input, null), x)
        : Tape.Checkpoint(inputs => Run(inputs[0], inputs[1]), x, mask));

    private GradientTensor Run(GradientTensor x, GradientTensor? mask)
    {
        x += Dropped(attention.Forward(norm1.Forward(x), mask));
        return x + Dropped(mlp.Forward(norm2.Forward(x)));
    }

    private GradientTensor Dropped(GradientTensor x) => drop is null ? x : drop.Forward(x);
}
