namespace Gradient.Training;

/// <summary>
/// Changes the learning rates of an optimizer's groups over time. Create it after the optimizer; call <see cref="Step"/>
/// after each optimizer step (or epoch; the unit is yours). All but <see cref="OneCycle"/>, which rises by itself, may
/// begin with a linear warm-up: for the first <c>warmupSteps</c> steps the rate rises from warmupStart·η to η, and the schedule proper starts after.
/// </summary>
public abstract class Schedule
{
    private readonly Optimizer optimizer;
    private readonly double warmupStart;

    /// <summary>A schedule at its step 0; the derived constructor calls <see cref="Apply()"/> last.</summary>
    /// <param name="optimizer">Whose rates to change; what they are now is the initial rate η.</param>
    /// <param name="warmupSteps">How long to warm up.</param>
    /// <param name="warmupStart">The share of η to begin with, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of steps is negative, or the share outside [0, 1].</exception>
    protected Schedule(Optimizer optimizer, long warmupSteps, double warmupStart)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(warmupSteps);
        if (!(warmupStart is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(warmupStart), warmupStart, "warmupStart is a share of the learning rate, 0 to 1.");
        this.optimizer = optimizer;
        this.warmupStart = warmupStart;
        WarmupSteps = warmupSteps;
    }

    /// <summary>How many steps were taken.</summary>
    public long StepCount { get; private set; }

    /// <summary>How long the warm-up lasts.</summary>
    public long WarmupSteps { get; }

    /// <summary>The learning rate of the first group now.</summary>
    public double LearningRate => optimizer.LearningRate;

    /// <summary>The groups whose rates change.</summary>
    protected IReadOnlyList<ParameterGroup> Groups => optimizer.Groups;

    /// <summary>Whether it is this optimizer whose rates change.</summary>
    internal bool Steers(Optimizer other) => ReferenceEquals(optimizer, other);

    /// <summary>Goes one step on and sets the rates.</summary>
    public void Step()
    {
        StepCount++;
        Apply();
    }

    /// <summary>Goes to a step, as if <see cref="Step"/> had been called so often: to continue from a checkpoint.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is negative.</exception>
    public void JumpTo(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        StepCount = step;
        Apply();
    }

    /// <summary>What the schedule remembers, as numbers by name: "step", and what a derived class adds.</summary>
    public IReadOnlyDictionary<string, double> StateDictionary()
    {
        var state = new Dictionary<string, double> { ["step"] = StepCount };
        WriteState(state);
        return state;
    }

    /// <summary>Takes over what <see cref="StateDictionary"/> gave, and sets the rates.</summary>
    /// <exception cref="CorruptFileException">A number is missing, unknown or impossible; nothing was changed.</exception>
    public void LoadStateDictionary(IReadOnlyDictionary<string, double> state) => PrepareState(state)();

    /// <summary>Checks a state; the action that comes back takes it over, and cannot fail.</summary>
    /// <exception cref="CorruptFileException">As <see cref="LoadStateDictionary"/> says.</exception>
    internal Action PrepareState(IReadOnlyDictionary<string, double> state)
    {
        var own = StateDictionary();
        foreach (string name in own.Keys.Concat(state.Keys))
            if (!own.ContainsKey(name) || !state.ContainsKey(name))
                throw new CorruptFileException(
                    $"{GetType().Name}: its state is {string.Join(", ", own.Keys)}, but {string.Join(", ", state.Keys)} was given.");
        long step = Count(state, "step");
        var rest = ReadState(state);
        return () =>
        {
            rest();
            JumpTo(step);
        };
    }

    /// <summary>Adds what a derived class remembers.</summary>
    protected virtual void WriteState(IDictionary<string, double> state)
    {
    }

    /// <summary>Checks what <see cref="WriteState"/> added, all of which is there; the action that comes back takes it over.</summary>
    /// <exception cref="CorruptFileException">A number is impossible.</exception>
    protected virtual Action ReadState(IReadOnlyDictionary<string, double> state) => static () => { };

    /// <summary>A number of a state that counts something.</summary>
    /// <exception cref="CorruptFileException">It is no whole number, or negative.</exception>
    protected long Count(IReadOnlyDictionary<string, double> state, string name)
    {
        double value = state[name];
        return value >= 0 && value <= 1L << 53 && value == Math.Floor(value) ? (long)value
            : throw new CorruptFileException($"{GetType().Name}: the state '{name}' is {value}, which counts nothing.");
    }

    /// <summary>Sets the rates for the current step.</summary>
    protected void Apply()
    {
        foreach (var group in Groups)
        {
            if (StepCount < WarmupSteps)
                group.LearningRate = group.InitialLearningRate * (warmupStart + ((1 - warmupStart) * StepCount / WarmupSteps));
            else
                Apply(group, StepCount - WarmupSteps);
        }
    }

    /// <summary>Sets what the schedule steers of a group, at a step counted from the end of the warm-up.</summary>
    protected virtual void Apply(ParameterGroup group, long step) => group.LearningRate = Rate(group.InitialLearningRate, step);

    /// <summary>The learning rate at a step counted from the end of the warm-up.</summary>
    /// <param name="initial">The rate at the start, η.</param>
    /// <param name="step">From 0.</param>
    protected abstract double Rate(double initial, long step);
}
