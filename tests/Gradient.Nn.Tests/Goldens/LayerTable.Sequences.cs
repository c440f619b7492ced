using Gradient.Autograd;

namespace Gradient.Nn.Tests.Goldens;

internal static partial class LayerTable
{
    private static Dictionary<string, LayerCase> Sequences() => new()
    {
        ["scaled-dot-product"] = new(
            () => new Sequential(), (_, x) => [Functional.ScaledDotProductAttention(x[0], x[1], x[2])]),
        ["attention"] = new(() => new MultiHeadAttention(6, 2), Rename: AttentionName),
        ["attention-causal"] = new(() => new MultiHeadAttention(8, 4, causal: true), Rename: AttentionName),
        ["transformer-block"] = new(() => new TransformerBlock(8, 2), Rename: BlockName),
        ["transformer-block-causal"] = new(() => new TransformerBlock(8, 2, causal: true), Rename: BlockName),
        ["lstm"] = new(() => new LSTM(3, 4), Lstm),
        ["lstm-2-layers"] = new(() => new LSTM(3, 4, layers: 2), Lstm),
        ["lstm-bidirectional"] = new(() => new LSTM(3, 4, layers: 2, bidirectional: true), Lstm),
        ["lstm-no-bias"] = new(() => new LSTM(3, 4, bias: false), Lstm),
        ["lstm-initial-state"] = new(() => new LSTM(3, 4), Lstm),
        ["gru"] = new(() => new GRU(3, 4), Gru),
        ["gru-2-layers"] = new(() => new GRU(3, 4, layers: 2), Gru),
        ["gru-bidirectional"] = new(() => new GRU(3, 4, layers: 2, bidirectional: true), Gru),
        ["gru-no-bias"] = new(() => new GRU(3, 4, bias: false), Gru),
        ["gru-initial-state"] = new(() => new GRU(3, 4), Gru),
    };

    private static GradientTensor[] Lstm(Module module, GradientTensor[] x)
    {
        var (output, state) = ((LSTM)module).Forward(x[0], x.Length == 1 ? null : new LstmState(x[1], x[2]));
        return [output, state.Hidden, state.Cell];
    }

    private static GradientTensor[] Gru(Module module, GradientTensor[] x)
    {
        var (output, state) = ((GRU)module).Forward(x[0], x.Length == 1 ? null : x[1]);
        return [output, state];
    }

    private static string AttentionName(string name) => name.Replace("proj.", "projection.", StringComparison.Ordinal);

    private static string BlockName(string name) => AttentionName(name)
        .Replace("n1.", "norm1.", StringComparison.Ordinal)
        .Replace("n2.", "norm2.", StringComparison.Ordinal)
        .Replace("att.", "attention.", StringComparison.Ordinal);
}
