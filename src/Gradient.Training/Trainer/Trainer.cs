using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gradient.Training;

/// <summary>
/// Trains a model: epochs of steps, accumulation, clipping, schedule, validation, early stopping, checkpoints, and a history of what was
/// measured. Every batch runs in a <see cref="TensorScope"/>, losses and metrics are summed on the device, and a training is a function of
/// its seeds: the same twice, and the same if it was interrupted and resumed, bit for bit.
/// </summary>
public sealed partial class Trainer
{
    private readonly Func<GradientTensor, GradientTensor, GradientTensor> loss;
    private readonly GradientTensor[] parameters;
    private readonly RandomState? random;
    private readonly ILogger logger;
    private int running;
    private bool betweenSteps = true;

    /// <summary>A trainer; nothing happens yet.</summary>
    /// <param name="model">What to train; already on its device.</param>
    /// <param name="optimizer">What trains it, made with the model's parameters.</param>
    /// <param name="loss">
    /// (prediction, target) → a number, the mean over the examples of the batch: <see cref="Loss.CrossEntropy(GradientTensor, GradientTensor)"/>.
    /// </param>
    /// <param name="options">How; one epoch if null.</param>
    /// <param name="loggerFactory">Where to log; nowhere if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of the options is outside of what it may be.</exception>
    /// <exception cref="ArgumentException">The optimizer has no parameter of the model, or the schedule is another optimizer's.</exception>
    /// <exception cref="UnsupportedOperationException">The optimizer evaluates the loss itself, as <see cref="Lbfgs"/>.</exception>
    public Trainer(
        Module model, Optimizer optimizer, Func<GradientTensor, GradientTensor, GradientTensor> loss, TrainingOptions? options = null,
        ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(loss);
        Options = options ?? new();
        Options.Check();
        if (optimizer is Lbfgs)
            throw new UnsupportedOperationException("Trainer: L-BFGS evaluates the loss itself, several times a step; call its Step in a loop of your own.");
        Model = model;
        Optimizer = optimizer;
        this.loss = loss;
        parameters = [.. optimizer.Parameters];
        if (!model.Parameters().Intersect(parameters).Any())
            throw new ArgumentException("The optimizer has none of the model's parameters: make it with model.Parameters().", nameof(optimizer));
        if (Options.Schedule is { } schedule && !schedule.Steers(optimizer))
            throw new ArgumentException("The schedule changes the rates of another optimizer: make it with the trainer's.", nameof(options));
        if (Options.MixedPrecision == MixedPrecision.Float16) scaler = Options.LossScaler ?? new();
        if (Options.Seed is { } seed) random = new(unchecked((ulong)seed));
        logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<Trainer>();
        State = new();
        History = new(State);
    }

    /// <summary>What is trained.</summary>
    public Module Model { get; }

    /// <summary>What trains it.</summary>
    public Optimizer Optimizer { get; }

    /// <summary>How.</summary>
    public TrainingOptions Options { get; }

    /// <summary>How far the training has come.</summary>
    public TrainingState State { get; private set; }

    /// <summary>What was measured so far.</summary>
    public TrainingHistory History { get; private set; }

    /// <summary>What is measured of predictions, in training and validation.</summary>
    public IList<Metric> Metrics { get; } = new List<Metric>();

    /// <summary>What else happens.</summary>
    public IList<TrainingCallback> Callbacks { get; } = new List<TrainingCallback>();

    /// <summary>What shows people how far it has come; null for nothing.</summary>
    public ProgressReporter? Progress { get; set; }

    private Device Device => parameters[0].Device;

    private RandomState Random => random ?? RandomNumbers.Default;

    /// <summary>
    /// Trains, on another thread than the caller's, until <see cref="TrainingOptions.Epochs"/> are done in all, or something stops it.
    /// See <see cref="Fit"/>.
    /// </summary>
    public Task<TrainingHistory> FitAsync(DataLoader train, DataLoader? validation = null, CancellationToken cancellation = default) =>
        Task.Run(() => Fit(train, validation, cancellation), CancellationToken.None);

    /// <summary>
    /// Trains until <see cref="TrainingOptions.Epochs"/> are done in all, or something stops it. Epoch e of the training is epoch e of the
    /// loader, whatever it was used for before. The model is switched to training.
    /// </summary>
    /// <param name="train">What to learn from.</param>
    /// <param name="validation">What to measure on; null for nothing.</param>
    /// <param name="cancellation">Ends the training after the step that runs, with a checkpoint if there is a directory for them.</param>
    /// <returns><see cref="History"/>.</returns>
    /// <exception cref="OperationCanceledException">The training was cancelled; <see cref="Resume"/> or another call goes on.</exception>
    /// <exception cref="NotFiniteException">A loss or gradient is not finite and <see cref="NanPolicy.Stop"/> is chosen.</exception>
    /// <exception cref="GradientException">
    /// The trainer trains already; a metric's name is there twice; the directory has checkpoints of a training that is further on; a loader gives no
    /// batch; or it has another batch size than the one in whose epoch a resumed training stands.
    /// </exception>
    public TrainingHistory Fit(DataLoader train, DataLoader? validation = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (Interlocked.Exchange(ref running, 1) != 0) throw new GradientException("Trainer.Fit: it trains already; wait, or use another trainer.");
        try
        {
            using var noScope = TensorScope.Suppress();
            using var recording = Tape.EnableGrad();
            using var numbers = random is null ? null : RandomNumbers.Use(random);
            Prepare(train, validation);
            RunWatched(train, validation, cancellation);
            return History;
        }
        finally
        {
            Volatile.Write(ref running, 0);
        }
    }

    private void Prepare(DataLoader train, DataLoader? validation)
    {
        var names = new HashSet<string> { "loss" };
        foreach (var metric in Metrics)
            if (!names.Add(metric.Name)) throw new GradientException($"Trainer: there are two metrics of the name '{metric.Name}'; reports would mix them up.");
        State.StopReason = null;
        monitor = new(Options.EarlyStopping, [.. Metrics], validation is not null, Options.MeasureTraining, State);
        context = new(Model, Optimizer, Options, State, History) { BatchCount = train.KnownBatchCount };
        if (context.BatchCount is { } batches)
        {
            long steps = (long)Options.Epochs * ((batches + Options.AccumulationSteps - 1) / Options.AccumulationSteps);
            context.StepCount = Math.Min(steps, Options.MaxSteps ?? long.MaxValue);
        }

        checkpoints = Options.CheckpointDirectory is { } directory
            ? new(directory, new() { Keep = Options.KeepCheckpoints, Compress = Options.Compress, HigherIsBetter = monitor.HigherIsBetter }, logger)
            : null;
        checkpoints?.CheckStep(State.Step);
        if (State.BatchInEpoch > 0 && State.BatchSize != train.BatchSize)
            throw new GradientException(
                $"Trainer.Fit: the training stands at batch {State.BatchInEpoch} of an epoch of batches of {State.BatchSize}, and the loader gives {train.BatchSize}; "
                + "other examples would be left out or come twice. Give the loader the same batch size until the epoch is done.");
        State.BatchSize = train.BatchSize;
        TakeSums();
        Tell();
        Model.Train();
        Optimizer.ZeroGrad();
        SetUpBuffers();
        (betweenSteps, stoppedEarly, checkpointDue) = (true, false, false);
    }

    private void Run(DataLoader train, DataLoader? validation, CancellationToken cancellation)
    {
        elapsedBefore = State.Elapsed;
        clock = Stopwatch.StartNew();
        try
        {
            Notify(static (callback, context) => callback.OnTrainingStart(context));
            if (monitor.IsOutOfPatience) StopEarly(); // as a resumed training may be
            while (State.Epoch < Options.Epochs && GoesOn(cancellation)) RunEpoch(train, validation, cancellation);
            cancellation.ThrowIfCancellationRequested();
            Finish();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && betweenSteps)
        {
            State.StopReason = "Cancelled.";
            SaveCheckpoint();
            throw;
        }
        finally
        {
            Notify(static (callback, context) => callback.OnTrainingEnd(context));
            ForgetGradients();
        }
    }

    /// <summary>Runs what is left of the epoch; returns in its middle if the training is to end.</summary>
    private void RunEpoch(DataLoader train, DataLoader? validation, CancellationToken cancellation)
    {
        using var span = TrainingSpans.Epoch(State.Epoch);
        var waited = train.Statistics.WaitTime;
        if (State is { BatchInEpoch: 0, EpochExamples: 0 }) Notify(static (callback, context) => callback.OnEpochStart(context));
        using (var batches = Batches(train))
        {
            do
            {
                AfterStep(validation, cancellation); // first for the step before an interruption
                if (!GoesOn(cancellation)) return;
            }
            while (RunStep(batches));
        }

        if (State.BatchInEpoch == 0)
            throw new GradientException($"Trainer.Fit: the loader gives no batch (batch size {train.BatchSize}, dropLast {(train.DropLast ? "true" : "false")}); is there data?");
        EndEpoch(validation, cancellation);
        TellEpoch(History.Epochs[^1], train, waited);
    }

    /// <summary>The batches of the epoch that are not done yet.</summary>
    private IEnumerator<Batch> Batches(DataLoader train)
    {
        train.Position = new(State.Epoch, State.BatchInEpoch);
        // The loader goes on to the next epoch where all batches of this one were delivered.
        return train.Position.Epoch == State.Epoch ? train.GetEnumerator() : Enumerable.Empty<Batch>().GetEnumerator();
    }

    private bool GoesOn(CancellationToken cancellation)
    {
        if (State.Step >= Options.MaxSteps) context.Stop(string.Create(CultureInfo.InvariantCulture, $"{Options.MaxSteps} steps are done."));
        return !State.StopRequested && !cancellation.IsCancellationRequested;
    }

    /// <summary>What is due at the step that was just done: each thing once, also if it was interrupted and is due again after a resume.</summary>
    private void AfterStep(DataLoader? validation, CancellationToken cancellation)
    {
        if (State.Step == 0) return;
        if (State.Step % Options.LogEvery == 0) Record();
        if (validation is not null && State.Step % Options.ValidateEvery == 0 && State.ValidatedStep < State.Step)
        {
            ValidateAndLook(validation, cancellation);
            checkpointDue |= Options.CheckpointEvery is null;
        }

        checkpointDue |= State.Step % Options.CheckpointEvery == 0 && savedAt?.Step != State.Step;
        if (checkpointDue) SaveCheckpoint();
    }

    private void EndEpoch(DataLoader? validation, CancellationToken cancellation)
    {
        Record();
        if (validation is not null && Options.ValidateEvery is null && State.ValidatedStep < State.Step) ValidateAndLook(validation, cancellation);
        var record = CloseEpoch();
        if (Options is { Schedule: { } schedule and not ReduceOnPlateau, SchedulePer: SchedulePer.Epoch }) schedule.Step();
        Look("train", record.TrainLoss, record.TrainMetrics);
        if (validation is null && Options.Schedule is ReduceOnPlateau plateau) plateau.Step(record.TrainLoss);
        State.Epoch++;
        State.BatchInEpoch = 0;
        Notify(static (callback, context) => callback.OnEpochEnd(context));
        checkpointDue |= Options.CheckpointEvery is null;
        if (checkpointDue) SaveCheckpoint();
    }

    /// <summary>The end of a training that was not cancelled.</summary>
    private void Finish()
    {
        SaveCheckpoint();
        bool ownEnd = State.Epoch >= Options.Epochs || stoppedEarly;
        if (ownEnd && Options.EarlyStopping is { RestoreBest: true }) RestoreBest();
    }

    private void Notify(Action<TrainingCallback, TrainingContext> turn)
    {
        State.Elapsed = elapsedBefore + clock.Elapsed;
        for (int i = 0; i < Callbacks.Count; i++) turn(Callbacks[i], context);
        if (Progress is { } progress) turn(progress, context);
    }

    /// <summary>What the history says the training is about.</summary>
    private void Tell()
    {
        History.Tell("model", Model.GetType().Name);
        History.Tell("parameters", Model.ParameterCount.ToString(CultureInfo.InvariantCulture));
        History.Tell("optimizer", Optimizer.GetType().Name);
        History.Tell("device", Device.ToString() ?? "");
        History.Tell("version", typeof(Trainer).Assembly.GetName().Version?.ToString(3) ?? "");
        History.Tell("watched", monitor.Name);
        if (Options.Seed is { } seed) History.Tell("seed", seed.ToString(CultureInfo.InvariantCulture));
        if (Options.MixedPrecision != MixedPrecision.None) History.Tell("precision", Options.MixedPrecision.ToString());
    }
}
