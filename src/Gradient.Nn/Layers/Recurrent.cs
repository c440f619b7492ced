namespace Gradient.Nn;

/// <summary>
/// What LSTM and GRU share: weights per layer and direction under PyTorch's names ("weight_ih_l0", "weight_hh_l1_reverse" …), uniform
/// in ±1/√hidden at first, and the walk over layers, directions and time. Weights are [inputs, gates·hidden].
/// </summary>
public abstract class Recurrent : Module
{
    private readonly List<Cell> cells = [];

    private protected Recurrent(int gates, int inputs, int hidden, int layers, bool bias, double dropout, bool bidirectional)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        (Hidden, Layers, Dropout, Bidirectional) = (hidden, layers, dropout, bidirectional);
        double bound = hidden > 0 ? 1 / Math.Sqrt(hidden) : 0;
        for (int layer = 0; layer < layers; layer++)
            for (int direction = 0; direction < Directions; direction++)
            {
                string suffix = $"l{layer}{(direction == 1 ? "_reverse" : "")}";
                int width = layer == 0 ? inputs : Directions * hidden;
                cells.Add(new(
                    Parameter($"weight_ih_{suffix}", [width, gates * hidden]), Parameter($"weight_hh_{suffix}", [hidden, gates * hidden]),
                    bias ? Parameter($"bias_ih_{suffix}", [gates * hidden]) : null, bias ? Parameter($"bias_hh_{suffix}", [gates * hidden]) : null));
            }

        GradientTensor Parameter(string name, Shape shape) =>
            Register(name, Initializers.Uniform(GradientTensor.Zeros(shape), -bound, bound));
    }

    /// <summary>The length of a hidden state.</summary>
    public int Hidden { get; }

    /// <summary>How many layers lie on each other.</summary>
    public int Layers { get; }

    /// <summary>The probability of dropping an element between layers in training.</summary>
    public double Dropout { get; }

    /// <summary>Whether each layer also walks back in time; its outputs stand behind those of the walk forward.</summary>
    public bool Bidirectional { get; }

    private int Directions => Bidirectional ? 2 : 1;

    /// <summary>The weights of one layer in one direction.</summary>
    private protected sealed record Cell(
        GradientTensor InputWeight, GradientTensor HiddenWeight, GradientTensor? InputBias, GradientTensor? HiddenBias);

    /// <summary>One step: from the input's share of the gates [batch, gates·hidden] and the states before to those after; the first is the output.</summary>
    private protected abstract GradientTensor[] Step(Cell cell, GradientTensor input, GradientTensor[] states);

    /// <summary>
    /// Runs over [batch, time, inputs]; states, each [layers·directions, batch, hidden], start as given, or at 0.
    /// </summary>
    private protected (GradientTensor Output, GradientTensor[] States) Run(GradientTensor x, GradientTensor?[] initial)
    {
        string name = GetType().Name;
        ShapeChecks.Rank(name, x.Shape, 3, "[batch, time, features]");
        if (x.Shape[1] == 0) throw new ShapeMismatchException($"{name}: an input of shape {x.Shape} has no time steps.");
        Shape stateShape = [cells.Count, x.Shape[0], Hidden];
        foreach (var state in initial)
            if (state is not null) ShapeChecks.Equal($"{name} (an initial state)", state.Shape, stateShape);
        var final = new GradientTensor[initial.Length][];
        for (int s = 0; s < final.Length; s++) final[s] = new GradientTensor[cells.Count];
        for (int layer = 0; layer < Layers; layer++)
        {
            if (layer > 0) x = Functional.Dropout(x, Dropout, IsTraining && Dropout > 0);
            var outputs = new GradientTensor[Directions];
            for (int direction = 0; direction < Directions; direction++)
            {
                int at = (layer * Directions) + direction;
                var states = new GradientTensor[initial.Length];
                for (int s = 0; s < states.Length; s++)
                    states[s] = initial[s]?.Select(0, at) ?? GradientTensor.Zeros([x.Shape[0], Hidden], x.DType, x.Device);
                outputs[direction] = Walk(cells[at], x, states, backwards: direction == 1);
                for (int s = 0; s < states.Length; s++) final[s][at] = states[s];
            }

            x = outputs.Length == 1 ? outputs[0] : GradientTensor.Cat(outputs, -1);
        }

        var last = new GradientTensor[final.Length];
        for (int s = 0; s < last.Length; s++) last[s] = GradientTensor.Stack(final[s]);
        return (Observe(x), last);
    }

    private GradientTensor Walk(Cell cell, GradientTensor x, GradientTensor[] states, bool backwards)
    {
        // The input's share of all gates at all times is one matrix product.
        var steps = Functional.Linear(x, cell.InputWeight, cell.InputBias).Unbind(1);
        var outputs = new GradientTensor[steps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            int time = backwards ? steps.Length - 1 - i : i;
            Step(cell, steps[time], states).CopyTo(states, 0);
            outputs[time] = states[0];
        }

        return GradientTensor.Stack(outputs, 1);
    }
}
