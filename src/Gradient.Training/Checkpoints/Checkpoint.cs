using Microsoft.Extensions.Logging;

namespace Gradient.Training;

/// <summary>
/// A training at one moment: the values of the model, what optimizer, schedule and random numbers remember, how far the loader came, and what was
/// measured. <see cref="Capture"/> shares the tensors of the training, so save before the next step; what <see cref="Open"/>
/// reads are copies on the processor. <see cref="CheckpointManager"/> keeps checkpoints in a folder.
/// </summary>
public sealed class Checkpoint
{
    internal Checkpoint(
        CheckpointState state, TrainingHistory history, IReadOnlyDictionary<string, Tensor> model, IReadOnlyDictionary<string, Tensor> optimizer,
        IReadOnlyDictionary<string, Tensor> sums)
    {
        State = state;
        History = history;
        (Model, Optimizer, Sums) = (model, optimizer, sums);
    }

    /// <summary>Steps of the optimizer before it.</summary>
    public long Step => State.Training.Step;

    /// <summary>What <see cref="CheckpointManager.Best"/> compares; null if nothing was measured.</summary>
    public double? Metric => State.Metric;

    /// <summary>How far the training had come.</summary>
    public TrainingState Training => State.Training;

    /// <summary>What was measured until then.</summary>
    public TrainingHistory History { get; }

    /// <summary>How far the loader of the training data had come.</summary>
    public DataLoaderPosition Position => State.Loader;

    /// <summary>Parameters and buffers by path.</summary>
    public IReadOnlyDictionary<string, Tensor> Model { get; }

    /// <summary>What the optimizer remembers, as its state dictionary.</summary>
    public IReadOnlyDictionary<string, Tensor> Optimizer { get; }

    /// <summary>Running sums of losses and metrics, which a training that goes on in the middle of an epoch needs; often empty.</summary>
    public IReadOnlyDictionary<string, Tensor> Sums { get; }

    internal CheckpointState State { get; }

    /// <summary>Takes a training as it is now, between two steps.</summary>
    /// <param name="model">Its parameters and buffers are shared, not copied.</param>
    /// <param name="optimizer">Its state is shared, not copied.</param>
    /// <param name="training">How far the training has come.</param>
    /// <param name="history">What was measured.</param>
    /// <param name="position">How far the loader has come.</param>
    /// <param name="schedule">What changes the learning rates; null if nothing does.</param>
    /// <param name="sums">Running sums of losses and metrics.</param>
    /// <param name="metric">What tells which checkpoint is the best.</param>
    /// <param name="random">The stream of random numbers; <see cref="RandomNumbers.Default"/> if null.</param>
    public static Checkpoint Capture(
        Module model, Optimizer optimizer, TrainingState training, TrainingHistory history, DataLoaderPosition position, Schedule? schedule = null,
        IReadOnlyDictionary<string, Tensor>? sums = null, double? metric = null, RandomState? random = null)
    {
        var (seed, offset) = (random ?? RandomNumbers.Default).Position;
        var state = new CheckpointState(
            training, metric, OptimizerDocument.Of(optimizer), schedule is null ? null : new(schedule.GetType().Name, schedule.StateDictionary()),
            new(seed, offset), position);
        return new(state, history, model.StateDictionary(), optimizer.StateDictionary(), sums ?? new Dictionary<string, Tensor>());
    }

    /// <summary>
    /// Reads a checkpoint and verifies all of it. A folder that a <see cref="CheckpointManager"/> fills gives the newest one in it that
    /// can be read.
    /// </summary>
    /// <param name="path">The folder of a checkpoint, a folder of such folders, or a file made by <see cref="CheckpointInfo.Export"/>.</param>
    /// <param name="logger">Is told which checkpoints were passed over, and why.</param>
    /// <exception cref="CorruptFileException">It is damaged, incomplete, or of another version; or none in the folder can be read.</exception>
    /// <exception cref="IOException">There is nothing at the path, or it cannot be read.</exception>
    public static Checkpoint Open(string path, ILogger? logger = null)
    {
        if (File.Exists(path)) return CheckpointArchive.Read(path);
        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"There is no checkpoint at {path}.");
        if (CheckpointFolder.Is(path)) return CheckpointFolder.Read(path);
        return new CheckpointManager(path, logger: logger).LoadLatest() ?? throw new FileNotFoundException($"There are no checkpoints in {path}.");
    }

    /// <summary>
    /// Gives everything its state back. All is checked first, names, shapes and element types too; if anything does not fit, nothing is changed.
    /// <see cref="Training"/>, <see cref="History"/>, <see cref="Position"/> and <see cref="Sums"/> are for the caller to take.
    /// </summary>
    /// <param name="model">The same model as it was captured from.</param>
    /// <param name="optimizer">The same kind of optimizer, with the same groups of parameters.</param>
    /// <param name="schedule">The same kind of schedule; null if there was none.</param>
    /// <param name="random">The stream of random numbers; <see cref="RandomNumbers.Default"/> if null.</param>
    /// <exception cref="StateMismatchException">The model has other paths, shapes or element types.</exception>
    /// <exception cref="GradientException">The optimizer or the schedule is another, or its state does not fit.</exception>
    public void Restore(Module model, Optimizer optimizer, Schedule? schedule = null, RandomState? random = null)
    {
        model.CheckStateDictionary(Model, sameTypes: true);
        var takeGroups = State.Optimizer.Prepare(optimizer);
        var takeOptimizer = optimizer.PrepareState(Optimizer, exact: true);
        var takeSchedule = PrepareSchedule(schedule);

        model.LoadStateDictionary(Model);
        takeOptimizer();
        takeSchedule();
        takeGroups(); // last: rates may have been changed by hand since the schedule set them
        (random ?? RandomNumbers.Default).Position = (State.Random.Seed, State.Random.Offset);
    }

    private Action PrepareSchedule(Schedule? schedule)
    {
        if (State.Schedule?.Type != schedule?.GetType().Name)
            throw new GradientException(
                $"The checkpoint of step {Step} was made with {State.Schedule?.Type ?? "no schedule"}; {schedule?.GetType().Name ?? "none"} is given.");
        return schedule is null ? static () => { } : schedule.PrepareState(State.Schedule!.Numbers);
    }
}
