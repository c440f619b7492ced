using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gradient.Training;

/// <summary>What stands in a checkpoint's state.json, beside the history.</summary>
/// <param name="Training">How far the training had come.</param>
/// <param name="Metric">What tells which checkpoint is the best.</param>
/// <param name="Optimizer">Its type, and the numbers of its groups.</param>
/// <param name="Schedule">Its type and state.</param>
/// <param name="Random">Where the stream of random numbers stood.</param>
/// <param name="Loader">Where the loader stood.</param>
internal sealed record CheckpointState(
    TrainingState Training, double? Metric, OptimizerDocument Optimizer, ScheduleDocument? Schedule, RandomDocument Random, DataLoaderPosition Loader)
{
    /// <summary>Reads a state.</summary>
    /// <exception cref="CorruptFileException">It is none.</exception>
    public static (CheckpointState State, TrainingHistory History) Parse(string file, ReadOnlySpan<byte> json)
    {
        CheckpointDocument document;
        try
        {
            document = JsonSerializer.Deserialize(json, CheckpointJson.Default.CheckpointDocument) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new CorruptFileException($"{file} is not the state of a training: {e.Message}", e);
        }

        var state = document.State;
        if (state.Training.Step < 0 || state.Loader.Epoch < 0 || state.Loader.Batch < 0)
            throw new CorruptFileException($"{file} counts {state.Training.Step} steps, and has the loader at {state.Loader}; none can be negative.");
        return (state, TrainingHistory.FromJson(JsonSerializer.SerializeToUtf8Bytes(document.History, CheckpointJson.Default.JsonElement), state.Training));
    }

    /// <summary>The bytes of a state.</summary>
    public byte[] ToJson(TrainingHistory history) => JsonSerializer.SerializeToUtf8Bytes(
        new CheckpointDocument(this, JsonSerializer.Deserialize(history.ToJson(), CheckpointJson.Default.JsonElement)), CheckpointJson.Default.CheckpointDocument);
}

internal sealed record CheckpointDocument(CheckpointState State, JsonElement History);

internal sealed record ScheduleDocument(string Type, IReadOnlyDictionary<string, double> Numbers);

internal sealed record RandomDocument(ulong Seed, ulong Offset);

/// <summary>The numbers of a <see cref="ParameterGroup"/>, which are changed while one trains.</summary>
internal sealed record GroupDocument(double LearningRate, double InitialLearningRate, double WeightDecay, double Momentum);

/// <summary>What an optimizer is, beside its tensors.</summary>
internal sealed record OptimizerDocument(string Type, IReadOnlyList<GroupDocument> Groups)
{
    public static OptimizerDocument Of(Optimizer optimizer) => new(
        optimizer.GetType().Name,
        [.. optimizer.Groups.Select(group => new GroupDocument(group.LearningRate, group.InitialLearningRate, group.WeightDecay, group.Momentum))]);

    /// <summary>Checks that this was written for such an optimizer; the action that comes back sets its numbers.</summary>
    /// <exception cref="GradientException">It is of another type, or has another number of groups.</exception>
    public Action Prepare(Optimizer optimizer)
    {
        if (optimizer.GetType().Name != Type || optimizer.Groups.Count != Groups.Count)
            throw new GradientException(
                $"The checkpoint was made with {Type} and {Groups.Count} groups of parameters; {optimizer.GetType().Name} and {optimizer.Groups.Count} are given.");
        foreach (var group in Groups)
            if (!(group is { LearningRate: >= 0 and < double.PositiveInfinity, WeightDecay: >= 0, Momentum: >= 0 }))
                throw new CorruptFileException($"The checkpoint has a group of parameters that no {Type} takes: {group}.");
        return () =>
        {
            for (int i = 0; i < Groups.Count; i++)
            {
                var group = optimizer.Groups[i];
                (group.LearningRate, group.InitialLearningRate) = (Groups[i].LearningRate, Groups[i].InitialLearningRate);
                (group.WeightDecay, group.Momentum) = (Groups[i].WeightDecay, Groups[i].Momentum);
            }
        };
    }
}

/// <summary>How checkpoints become JSON: without reflection; NaN and infinities by name; nothing may be missing.</summary>
[JsonSourceGenerationOptions(
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CheckpointDocument))]
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(ManifestVersion))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
