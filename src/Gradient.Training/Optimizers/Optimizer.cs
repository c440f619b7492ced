using System.Globalization;

namespace Gradient.Training;

/// <summary>
/// Updates parameters from their gradients. A step runs fused over all parameters of a group, in place, in the tensors'
/// own type; parameters without a gradient are left alone, and count their own steps.
/// </summary>
public abstract class Optimizer
{
    private readonly Dictionary<GradientTensor, ParameterState> states = new(ReferenceEqualityComparer.Instance);
    private readonly OptimizerKind kind;
    private readonly string[] stateNames;
    private OptimizerSlot[] slots = [];

    /// <summary>An optimizer whose rule is a fused kernel.</summary>
    /// <param name="kind">The rule.</param>
    /// <param name="stateNames">What State0, State1 … of the rule are called in the state dictionary.</param>
    /// <param name="groups">The parameters.</param>
    /// <param name="learningRate">For groups that name none.</param>
    /// <param name="weightDecay">For groups that name none.</param>
    /// <param name="momentum">For groups that name none.</param>
    /// <exception cref="ArgumentException">A parameter stands in two groups, or there are none.</exception>
    /// <exception cref="TapeException">A parameter is the result of an operation.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A rate, decay or momentum is negative or not finite.</exception>
    protected Optimizer(
        OptimizerKind kind, string[] stateNames, IEnumerable<ParameterGroup> groups, double learningRate, double weightDecay, double momentum)
    {
        this.kind = kind;
        this.stateNames = stateNames;
        Groups = [.. groups];
        foreach (var group in Groups)
        {
            group.Complete(learningRate, weightDecay, momentum);
            NotNegative(group.LearningRate, nameof(learningRate));
            NotNegative(group.WeightDecay, nameof(weightDecay));
            NotNegative(group.Momentum, nameof(momentum));
            foreach (var parameter in group.Parameters)
            {
                if (!parameter.IsLeaf)
                    throw new TapeException($"{GetType().Name}: a tensor of shape {parameter.Shape} was computed; optimizers update leaves.");
                if (!states.TryAdd(parameter, new(stateNames.Length)))
                    throw new ArgumentException($"{GetType().Name}: a parameter of shape {parameter.Shape} is given twice.", nameof(groups));
            }
        }

        if (states.Count == 0)
            throw new ArgumentException($"{GetType().Name}: there are no parameters to optimize; a module's are those it has registered.", nameof(groups));
    }

    /// <summary>The groups, whose rates and decays may be changed between steps.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>The parameters of all groups, in order.</summary>
    public IEnumerable<GradientTensor> Parameters
    {
        get
        {
            foreach (var group in Groups)
                foreach (var parameter in group.Parameters) yield return parameter;
        }
    }

    /// <summary>The learning rate of the first group; setting it sets that of all.</summary>
    public double LearningRate
    {
        get => Groups[0].LearningRate;
        set
        {
            NotNegative(value, nameof(value));
            foreach (var group in Groups) group.LearningRate = value;
        }
    }

    /// <summary>Updates every parameter that has a gradient.</summary>
    public virtual void Step()
    {
        foreach (var group in Groups)
        {
            if (slots.Length < group.Parameters.Count) slots = new OptimizerSlot[group.Parameters.Count];
            int count = 0;
            long step = 0;
            Device? device = null;
            foreach (var parameter in group.Parameters)
            {
                if (parameter.Grad is not { } gradient) continue;
                var state = states[parameter];
                state.Step++;
                // Usually all parameters are at the same step on the same device, and one call serves the group.
                if (count > 0 && (state.Step != step || !ReferenceEquals(device, parameter.Device))) Flush(group, step, ref count);
                (step, device) = (state.Step, parameter.Device);
                for (int i = 0; i < stateNames.Length; i++)
                    if (UsesState(i, group)) state.Values[i] ??= Zeros(parameter);
                slots[count++] = new(
                    parameter.Value, gradient.Value, state[0], state[1], state[2]);
            }

            if (count > 0) Flush(group, step, ref count);
        }
    }

    /// <summary>Forgets all gradients, so that the next backward starts from nothing.</summary>
    public void ZeroGrad()
    {
        foreach (var group in Groups)
            for (int i = 0; i < group.Parameters.Count; i++) group.Parameters[i].Grad = null;
    }

    /// <summary>
    /// What the optimizer remembers of each parameter: "0.step" (Int64), "0.firstMoment" …, numbered in the order of
    /// <see cref="Parameters"/>. The tensors are the optimizer's own, not copies.
    /// </summary>
    public virtual IReadOnlyDictionary<string, Tensor> StateDictionary()
    {
        var dictionary = new Dictionary<string, Tensor>();
        int index = 0;
        foreach (var parameter in Parameters)
        {
            var state = states[parameter];
            string prefix = (index++).ToString(CultureInfo.InvariantCulture);
            if (state.Step == 0) continue;
            dictionary.Add($"{prefix}.step", Tensor.From<long>([state.Step], [], Devices.Cpu));
            for (int i = 0; i < stateNames.Length; i++)
                if (state.Values[i] is { } value) dictionary.Add($"{prefix}.{stateNames[i]}", value);
        }

        return dictionary;
    }

    /// <summary>Takes over copies of what <see cref="StateDictionary"/> gave, for the same parameters in the same order.</summary>
    /// <exception cref="ShapeMismatchException">A state does not fit its parameter; nothing was changed.</exception>
    /// <exception cref="CorruptFileException">
    /// A name belongs to no parameter or rule, or a state is missing beside its steps; nothing was changed.
    /// </exception>
    public void LoadStateDictionary(IReadOnlyDictionary<string, Tensor> dictionary) => PrepareState(dictionary)();

    /// <summary>Checks and copies a state; the action that comes back takes it over, and cannot fail.</summary>
    /// <param name="dictionary">As <see cref="StateDictionary"/> gives it.</param>
    /// <param name="exact">Whether element types must be the parameters' own; else they are converted.</param>
    /// <exception cref="GradientException">As <see cref="LoadStateDictionary"/> says, or an element type differs.</exception>
    protected internal virtual Action PrepareState(IReadOnlyDictionary<string, Tensor> dictionary, bool exact = false)
    {
        var parameters = Parameters.ToArray();
        var loaded = Array.ConvertAll(parameters, _ => new ParameterState(stateNames.Length));
        foreach (var (name, value) in dictionary)
        {
            int dot = name.IndexOf('.', StringComparison.Ordinal);
            string what = name[(dot + 1)..];
            int slot = Array.IndexOf(stateNames, what);
            if (dot < 0 || !int.TryParse(name.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                || index >= parameters.Length || (slot < 0 && what != "step"))
                throw new CorruptFileException($"{GetType().Name}: the state '{name}' belongs to no parameter of this optimizer.");
            if (slot < 0)
            {
                long step = value.To(DType.Int64).Item<long>();
                loaded[index].Step = step >= 0 ? step : throw new CorruptFileException($"{GetType().Name}: the state '{name}' counts {step} steps.");
                continue;
            }

            if (value.Shape != parameters[index].Shape)
                throw new ShapeMismatchException(
                    $"{GetType().Name}: the state '{name}' has shape {value.Shape}, its parameter {parameters[index].Shape}.");
            if (exact) CheckType(name, value, parameters[index]);
            var own = Zeros(parameters[index]);
            own.CopyFrom(value);
            loaded[index].Values[slot] = own;
        }

        int at = 0;
        foreach (var group in Groups)
            for (int i = 0; i < group.Parameters.Count; i++, at++) CheckComplete(loaded[at], at, group);
        return () =>
        {
            for (int i = 0; i < parameters.Length; i++) states[parameters[i]] = loaded[i];
        };
    }

    /// <summary>The numbers of a step for one group.</summary>
    protected abstract OptimizerSettings Settings(ParameterGroup group, long step);

    /// <summary>Whether the rule, as set up, keeps its i-th state.</summary>
    protected virtual bool UsesState(int index, ParameterGroup group) => true;

    /// <summary>Checks an argument.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative or not finite.</exception>
    protected static void NotNegative(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number of at least 0.");
    }

    /// <summary>Checks an exponential decay rate.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not in [0, 1).</exception>
    protected static void Fraction(double value, string name)
    {
        if (!(value >= 0 && value < 1))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be in [0, 1).");
    }

    /// <summary>Checks that a state has the element type of its parameter.</summary>
    /// <exception cref="DTypeMismatchException">It has another.</exception>
    private protected void CheckType(string name, Tensor value, GradientTensor parameter)
    {
        if (value.DType != parameter.DType)
            throw new DTypeMismatchException($"{GetType().Name}: the state '{name}' is {value.DType}, its parameter {parameter.DType}.");
    }

    /// <summary>A parameter that made steps has all that the rule remembers; one that made none has nothing.</summary>
    private void CheckComplete(ParameterState state, int index, ParameterGroup group)
    {
        bool made = state.Step > 0;
        for (int i = 0; i < stateNames.Length; i++)
            if (made ? UsesState(i, group) && state.Values[i] is null : state.Values[i] is not null)
                throw new CorruptFileException(
                    $"{GetType().Name}: parameter {index} made {state.Step} steps, but its state '{index}.{stateNames[i]}' is {(made ? "missing" : "there")}.");
    }

    private static Tensor Zeros(GradientTensor parameter)
    {
        using var _ = TensorScope.Suppress();
        var state = Tensor.Empty(parameter.Shape, parameter.DType, parameter.Device, "optimizer state");
        state.Fill(0);
        return state;
    }

    private void Flush(ParameterGroup group, long step, ref int count)
    {
        var ready = slots.AsSpan(0, count);
        ready[0].Parameter.Backend.OptimizerStep(kind, Settings(group, step), ready);
        foreach (var slot in ready) slot.Parameter.Storage.BumpVersion();
        ready.Clear();
        count = 0;
    }

    private sealed class ParameterState(int count)
    {
        public Tensor?[] Values { get; } = new Tensor?[count];

        public Tensor? this[int index] => index < Values.Length ? Values[index] : null;

        public long Step { get; set; }
    }
}
