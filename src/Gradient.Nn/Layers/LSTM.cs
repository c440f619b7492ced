namespace Gradient.Nn;

/// <summary>The state of an <see cref="LSTM"/>.</summary>
/// <param name="Hidden">[layers·directions, batch, hidden].</param>
/// <param name="Cell">[layers·directions, batch, hidden].</param>
public sealed record LstmState(GradientTensor Hidden, GradientTensor Cell);

/// <summary>
/// Long short-term memory (Hochreiter, Schmidhuber, 1997; with forget gates, Gers et al., 2000): c ← σ(f)·c + σ(i)·tanh(g),
/// h ← σ(o)·tanh(c), gates in PyTorch's order i, f, g, o. Batch first.
/// </summary>
/// <param name="inputs">The features of the input.</param>
/// <param name="hidden">The length of a hidden state.</param>
/// <param name="layers">How many layers lie on each other.</param>
/// <param name="bias">Whether there are biases, two per layer and direction as in PyTorch.</param>
/// <param name="dropout">The probability of dropping an element between layers in training.</param>
/// <param name="bidirectional">Whether each layer also walks back in time.</param>
public sealed class LSTM(int inputs, int hidden, int layers = 1, bool bias = true, double dropout = 0, bool bidirectional = false)
    : Recurrent(4, inputs, hidden, layers, bias, dropout, bidirectional)
{
    /// <summary>[batch, time, inputs] → [batch, time, directions·hidden], from a state of zeros.</summary>
    public override GradientTensor Forward(GradientTensor x) => Forward(x, null).Output;

    /// <summary>The outputs, and the state after the last step; from a given state, or zeros.</summary>
    /// <exception cref="ShapeMismatchException">The input or the state has another shape.</exception>
    public (GradientTensor Output, LstmState State) Forward(GradientTensor x, LstmState? state)
    {
        var (output, states) = Run(x, [state?.Hidden, state?.Cell]);
        return (output, new(states[0], states[1]));
    }

    private protected override GradientTensor[] Step(Cell cell, GradientTensor input, GradientTensor[] states)
    {
        var gates = (input + Functional.Linear(states[0], cell.HiddenWeight, cell.HiddenBias)).Chunk(4, -1);
        var memory = gates[1].Sigmoid() * states[1] + gates[0].Sigmoid() * gates[2].Tanh();
        return [gates[3].Sigmoid() * memory.Tanh(), memory];
    }
}
