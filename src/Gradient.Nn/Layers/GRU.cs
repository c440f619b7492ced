namespace Gradient.Nn;

/// <summary>
/// Gated recurrent unit (Cho et al., Learning Phrase Representations, 2014), in PyTorch's form: n = tanh(x·Wₙ + σ(r)·(h·Uₙ + b)),
/// h ← (1 − σ(z))·n + σ(z)·h, gates in the order r, z, n. Batch first.
/// </summary>
/// <param name="inputs">The features of the input.</param>
/// <param name="hidden">The length of a hidden state.</param>
/// <param name="layers">How many layers lie on each other.</param>
/// <param name="bias">Whether there are biases, two per layer and direction as in PyTorch.</param>
/// <param name="dropout">The probability of dropping an element between layers in training.</param>
/// <param name="bidirectional">Whether each layer also walks back in time.</param>
public sealed class GRU(int inputs, int hidden, int layers = 1, bool bias = true, double dropout = 0, bool bidirectional = false)
    : Recurrent(3, inputs, hidden, layers, bias, dropout, bidirectional)
{
    /// <summary>[batch, time, inputs] → [batch, time, directions·hidden], from a state of zeros.</summary>
    public override GradientTensor Forward(GradientTensor x) => Forward(x, null).Output;

    /// <summary>The outputs, and the state [layers·directions, batch, hidden] after the last step; from a given state, or zeros.</summary>
    /// <exception cref="ShapeMismatchException">The input or the state has another shape.</exception>
    public (GradientTensor Output, GradientTensor State) Forward(GradientTensor x, GradientTensor? state)
    {
        var (output, states) = Run(x, [state]);
        return (output, states[0]);
    }

    private protected override GradientTensor[] Step(Cell cell, GradientTensor input, GradientTensor[] states)
    {
        var ours = input.Chunk(3, -1);
        var before = Functional.Linear(states[0], cell.HiddenWeight, cell.HiddenBias).Chunk(3, -1);
        var (reset, update) = ((ours[0] + before[0]).Sigmoid(), (ours[1] + before[1]).Sigmoid());
        var candidate = (ours[2] + reset * before[2]).Tanh();
        return [candidate + update * (states[0] - candidate)];
    }
}
