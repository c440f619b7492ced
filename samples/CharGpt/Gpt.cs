using Gradient.Autograd;
using Gradient.Nn;

namespace Gradient.Samples.CharGpt;

/// <summary>
/// A transformer that sees a text from the left and says what comes next (Radford et al., Language Models are Unsupervised Multitask
/// Learners, 2019), character by character. Paths of parameters are those of the PyTorch model in tests/goldens/chargpt_peer.py.
/// </summary>
internal sealed class Gpt : Module
{
    private readonly Embedding tokens, positions;
    private readonly Sequential body;
    private readonly LayerNorm norm;
    private readonly Linear head;

    public Gpt(int vocabulary, int context, int width, int layers, int heads)
    {
        Context = context;
        tokens = Register("tok", new Embedding(vocabulary, width));
        positions = Register("pos", new Embedding(context, width));
        var blocks = new Module[layers];
        for (int i = 0; i < layers; i++) blocks[i] = new Block(width, heads);
        body = Register("body", new Sequential(blocks));
        norm = Register("norm", new LayerNorm(width));
        head = Register("head", new Linear(width, vocabulary));
    }

    /// <summary>How many characters it sees at once.</summary>
    public int Context { get; }

    /// <summary>[batch, length] characters → [batch, length, vocabulary]: for each place, how likely each next character is (logits).</summary>
    public override GradientTensor Forward(GradientTensor x) =>
        head.Forward(norm.Forward(body.Forward(tokens.Forward(x) + positions.Weight.Narrow(0, 0, x.Shape[1]))));
}

/// <summary>Attention, then a small network for each place, each added to its normalized input.</summary>
internal sealed class Block : Module
{
    private readonly LayerNorm norm1, norm2;
    private readonly Attention attention;
    private readonly Sequential network;

    public Block(int width, int heads)
    {
        norm1 = Register("n1", new LayerNorm(width));
        attention = Register("att", new Attention(width, heads));
        norm2 = Register("n2", new LayerNorm(width));
        network = Register("mlp", new Sequential(new Linear(width, 4 * width), new GELU(), new Linear(4 * width, width)));
    }

    public override GradientTensor Forward(GradientTensor x)
    {
        x += attention.Forward(norm1.Forward(x));
        return x + network.Forward(norm2.Forward(x));
    }
}

/// <summary>Every place looks back at all before it, in several heads at once.</summary>
internal sealed class Attention : Module
{
    private readonly Linear inputs, output;
    private readonly int heads;

    public Attention(int width, int heads)
    {
        this.heads = heads;
        inputs = Register("qkv", new Linear(width, 3 * width));
        output = Register("proj", new Linear(width, width));
    }

    public override GradientTensor Forward(GradientTensor x) =>
        output.Forward(Functional.SelfAttention(inputs.Forward(x), heads, causal: true));
}
