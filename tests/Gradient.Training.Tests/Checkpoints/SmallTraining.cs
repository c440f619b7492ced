using System.Security.Cryptography;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests.Checkpoints;

/// <summary>
/// A training of a few hundred parameters with all that a checkpoint must hold: buffers, dropout, shuffling, two groups, two moments,
/// a schedule, two batches per step. Its stream of random numbers is its own, so that several run side by side.
/// </summary>
internal sealed class SmallTraining : IDisposable
{
    private const int BatchesPerStep = 2;
    private readonly DataLoader loader;
    private DataLoaderPosition position;

    public SmallTraining(DType dtype = DType.Float32, int width = 16, Func<Optimizer, Schedule>? schedule = null)
    {
        using var _ = RandomNumbers.Use(Random);
        var inputs = Tensor.Empty([70, 6], dtype, Devices.Cpu);
        inputs.CopyFrom(GradientTensor.Randn([70, 6], seed: 5).Value);
        var targets = GradientTensor.RandInt(0, 3, [70], seed: 6).Value;
        Model = new Sequential(new Linear(6, width), new BatchNorm1d(width), new ReLU(), new Dropout(0.3f), new Linear(width, 3));
        if (dtype != DType.Float32) Model.To(dtype);
        var parameters = Model.Parameters();
        Optimizer = new AdamW([new(parameters.Take(2)), new(parameters.Skip(2)) { LearningRate = 0.02, WeightDecay = 0 }], learningRate: 0.01);
        Schedule = schedule is null ? new CosineAnnealing(Optimizer, totalSteps: 60, warmupSteps: 5) : schedule(Optimizer);
        loader = new(new TensorDataset(inputs, targets), batchSize: 8, shuffle: true, seed: 3, device: Devices.Cpu);
    }

    public Sequential Model { get; }

    public AdamW Optimizer { get; }

    public Schedule Schedule { get; }

    public RandomState Random { get; } = new(11);

    public TrainingState State { get; private set; } = new();

    public double? Metric { get; set; }

    /// <summary>Trains up to a step; 9 batches make an epoch, so that steps go across its end.</summary>
    public void Run(long steps)
    {
        using var _ = RandomNumbers.Use(Random);
        Model.Train();
        int batches = 0;
        if (State.Step > 0) loader.Position = position;
        while (State.Step < steps)
        {
            foreach (var (inputs, targets) in loader)
            {
                (Loss.CrossEntropy(Model.Forward(inputs), targets) / BatchesPerStep).Backward();
                if (++batches % BatchesPerStep != 0) continue;
                Optimizer.Step();
                Optimizer.ZeroGrad();
                if (Schedule is ReduceOnPlateau plateau) plateau.Step(1);
                else Schedule.Step();
                State.Step++;
                position = loader.Position;
                if (State.Step == steps) break;
            }
        }
    }

    public Checkpoint Capture() => Checkpoint.Capture(
        Model, Optimizer, State, new TrainingHistory(State), position, Schedule, metric: Metric, random: Random);

    public void Restore(Checkpoint checkpoint)
    {
        checkpoint.Restore(Model, Optimizer, Schedule, Random);
        (State, position) = (checkpoint.Training, checkpoint.Position);
    }

    /// <summary>Every bit of what training depends on, as a hash.</summary>
    public string Bits()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Text(string text) => hash.AppendData(System.Text.Encoding.UTF8.GetBytes(text));
        foreach (var (name, tensor) in Model.StateDictionary().Concat(Optimizer.StateDictionary().OrderBy(pair => pair.Key)))
        {
            Text($"{name} {tensor.DType} {tensor.Shape}");
            var bytes = new byte[tensor.ElementCount * tensor.DType.Size()];
            var contiguous = tensor.Contiguous();
            contiguous.Backend.Download(contiguous.Storage, contiguous.Layout.Offset * tensor.DType.Size(), bytes);
            hash.AppendData(bytes);
        }

        foreach (var group in Optimizer.Groups) Text($"{group.LearningRate:R} {group.InitialLearningRate:R} {group.WeightDecay:R} {group.Momentum:R}");
        foreach (var (name, value) in Schedule.StateDictionary()) Text($"{name} {value:R}");
        Text($"{Random.Position} {position} {loader.Position} {State.Step}");
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public void Dispose() => loader.Dispose();
}
