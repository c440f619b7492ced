using System.Text.Json;

namespace Gradient.Training;

/// <summary>What was measured in a training, over all its runs: a resumed one goes on in the history of its checkpoint.</summary>
public sealed partial class TrainingHistory
{
    private readonly List<TrainingRecord> steps = [];
    private readonly List<EpochRecord> epochs = [];
    private readonly List<ValidationRecord> validations = [];
    private readonly Dictionary<string, string> about = [];
    private readonly TrainingState state;

    internal TrainingHistory(TrainingState state) => this.state = state;

    /// <summary>A record per <see cref="TrainingOptions.LogEvery"/> steps.</summary>
    public IReadOnlyList<TrainingRecord> Steps => steps;

    /// <summary>A record per finished epoch.</summary>
    public IReadOnlyList<EpochRecord> Epochs => epochs;

    /// <summary>A record per validation.</summary>
    public IReadOnlyList<ValidationRecord> Validations => validations;

    /// <summary>How often an example of class [row] was taken for class [column], in the last validation; null if it was not measured.</summary>
    public long[,]? ConfusionMatrix { get; internal set; }

    /// <summary>The names of the classes, if someone has told them.</summary>
    public IReadOnlyList<string>? ClassNames { get; set; }

    /// <summary>What was trained: "model", "parameters", "optimizer", "device", "version", "seed" …</summary>
    public IReadOnlyDictionary<string, string> About => about;

    /// <summary>The best value of the watched metric; null if there was none.</summary>
    public double? BestMetric => state.BestMetric;

    /// <summary>The step at which it was measured.</summary>
    public long BestStep => state.BestStep;

    /// <summary>Why the training ended before its last epoch; null if it did not.</summary>
    public string? StopReason => state.StopReason;

    /// <summary>Steps left out because of NaN or infinities.</summary>
    public long SkippedSteps => state.SkippedSteps;

    internal void Add(TrainingRecord record) => steps.Add(record);

    internal void Add(EpochRecord record) => epochs.Add(record);

    internal void Add(ValidationRecord record) => validations.Add(record);

    /// <summary>Adds a line to <see cref="About"/>, or changes it.</summary>
    internal void Tell(string name, string value) => about[name] = value;

    /// <summary>The whole history as UTF-8 JSON, but what stands in the <see cref="TrainingState"/>.</summary>
    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(
        new HistoryDocument(steps, epochs, validations, Rows(ConfusionMatrix), ClassNames, about), TrainingJson.Default.HistoryDocument);

    /// <summary>A history from what <see cref="ToJson"/> gave, and the state beside it.</summary>
    /// <exception cref="CorruptFileException">It is not a history.</exception>
    internal static TrainingHistory FromJson(ReadOnlySpan<byte> json, TrainingState state)
    {
        HistoryDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, TrainingJson.Default.HistoryDocument);
        }
        catch (JsonException e)
        {
            throw new CorruptFileException($"The training history cannot be read: {e.Message}", e);
        }

        if (document is not { Steps: not null, Epochs: not null, Validations: not null, About: not null })
            throw new CorruptFileException("The training history lacks steps, epochs, validations or what it is about.");
        var history = new TrainingHistory(state) { ConfusionMatrix = Matrix(document.ConfusionMatrix), ClassNames = document.ClassNames };
        history.steps.AddRange(document.Steps);
        history.epochs.AddRange(document.Epochs);
        history.validations.AddRange(document.Validations);
        foreach (var (name, value) in document.About) history.about[name] = value;
        return history;
    }

    private static long[][]? Rows(long[,]? matrix)
    {
        if (matrix is null) return null;
        var rows = new long[matrix.GetLength(0)][];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = new long[matrix.GetLength(1)];
            for (int j = 0; j < rows[i].Length; j++) rows[i][j] = matrix[i, j];
        }

        return rows;
    }

    private static long[,]? Matrix(IReadOnlyList<long[]>? rows)
    {
        if (rows is null) return null;
        var matrix = new long[rows.Count, rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i]?.Length != rows.Count) throw new CorruptFileException("The confusion matrix of the training history is not square.");
            for (int j = 0; j < rows.Count; j++) matrix[i, j] = rows[i][j];
        }

        return matrix;
    }
}
