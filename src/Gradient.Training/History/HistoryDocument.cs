using System.Text.Json.Serialization;

namespace Gradient.Training;

/// <summary>A <see cref="TrainingHistory"/> as it stands in a checkpoint.</summary>
internal sealed record HistoryDocument(
    IReadOnlyList<TrainingRecord> Steps, IReadOnlyList<EpochRecord> Epochs, IReadOnlyList<ValidationRecord> Validations,
    IReadOnlyList<long[]>? ConfusionMatrix, IReadOnlyList<string>? ClassNames, IReadOnlyDictionary<string, string> About);

/// <summary>How training states and histories become JSON: without reflection; NaN and infinities by name.</summary>
[JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(TrainingState))]
internal sealed partial class TrainingJson : JsonSerializerContext;
