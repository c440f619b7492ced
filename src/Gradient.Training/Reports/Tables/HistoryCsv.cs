using System.Globalization;
using System.Text;

namespace Gradient.Training;

/// <summary>A history as one table: records, epochs and validations joined by their step.</summary>
internal static class HistoryCsv
{
    private static readonly string[] StepColumns =
        ["step", "epoch", "loss", "learningRate", "gradientNorm", "lossScale", "liveBytes", "examplesPerSecond", "elapsedSeconds"];

    public static void Write(Stream stream, TrainingHistory history)
    {
        string[] trained = Names(history.Epochs.Select(r => r.TrainMetrics)), validated = Names(history.Validations.Select(r => r.Metrics));
        string[] columns =
        [
            .. StepColumns, "train.loss", .. trained.Select(name => "train." + name), "epochSeconds",
            "validation.loss", .. validated.Select(name => "validation." + name),
        ];
        int epochAt = StepColumns.Length, validationAt = epochAt + 2 + trained.Length;
        var rows = new SortedDictionary<long, string[]>();

        foreach (var r in history.Steps)
        {
            string[] row = Row(r.Step, r.Epoch);
            (row[2], row[3], row[4], row[5]) = (Number(r.Loss), Number(r.LearningRate), Number(r.GradientNorm), Number(r.LossScale));
            (row[6], row[7], row[8]) = (Text(r.LiveBytes), Number(r.ExamplesPerSecond), Number(r.Elapsed.TotalSeconds));
        }

        foreach (var r in history.Epochs)
        {
            string[] row = Row(r.Step, r.Epoch);
            row[epochAt] = Number(r.TrainLoss);
            for (int i = 0; i < trained.Length; i++) row[epochAt + 1 + i] = Number(r.TrainMetrics, trained[i]);
            row[validationAt - 1] = Number(r.Duration.TotalSeconds);
        }

        foreach (var r in history.Validations)
        {
            string[] row = Row(r.Step, r.Epoch);
            row[validationAt] = Number(r.Loss);
            for (int i = 0; i < validated.Length; i++) row[validationAt + 1 + i] = Number(r.Metrics, validated[i]);
        }

        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\r\n" };
        writer.WriteLine(string.Join(',', columns.Select(Quote)));
        foreach (string[] row in rows.Values) writer.WriteLine(string.Join(',', row)); // numbers need no quotes

        string[] Row(long step, int epoch)
        {
            if (rows.TryGetValue(step, out string[]? row)) return row;
            row = new string[columns.Length];
            Array.Fill(row, "");
            (row[0], row[1]) = (Text(step), Text(epoch));
            return rows[step] = row;
        }
    }

    /// <summary>RFC 4180, 2.6 and 2.7: fields with commas, quotes or line ends stand in quotes, and quotes in them are doubled.</summary>
    private static string Quote(string field) => field.AsSpan().ContainsAny(",\"\r\n") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    private static string[] Names(IEnumerable<IReadOnlyDictionary<string, double>> metrics) => [.. metrics.SelectMany(m => m.Keys).Distinct(StringComparer.Ordinal)];

    private static string Number(IReadOnlyDictionary<string, double> metrics, string name) => metrics.TryGetValue(name, out double value) ? Number(value) : "";

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
