using System.Text.Json;

namespace Gradient.Training;

/// <summary>A history as one JSON object per line.</summary>
internal static class HistoryJsonLines
{
    public static void Write(Stream stream, TrainingHistory history)
    {
        using var json = new Utf8JsonWriter(stream);
        Line("about", () =>
        {
            foreach (var (name, value) in history.About) json.WriteString(name, value);
        });

        // At a step: what it measured, then its validation, then its epoch.
        var (steps, validations, epochs) = (history.Steps, history.Validations, history.Epochs);
        for (int s = 0, v = 0, e = 0; s < steps.Count || v < validations.Count || e < epochs.Count;)
        {
            long step = s < steps.Count ? steps[s].Step : long.MaxValue;
            long validation = v < validations.Count ? validations[v].Step : long.MaxValue, epoch = e < epochs.Count ? epochs[e].Step : long.MaxValue;
            if (step <= validation && step <= epoch) Line("step", () => WriteStep(json, steps[s++]));
            else if (validation <= epoch) Line("validation", () => WriteValidation(json, validations[v++]));
            else Line("epoch", () => WriteEpoch(json, epochs[e++]));
        }

        if (history.ConfusionMatrix is { } matrix) Line("confusion", () => WriteConfusion(json, matrix, history.ClassNames));
        Line("end", () =>
        {
            Number(json, "bestMetric", history.BestMetric);
            json.WriteNumber("bestStep", history.BestStep);
            json.WriteNumber("skippedSteps", history.SkippedSteps);
            json.WriteString("stopReason", history.StopReason);
        });

        void Line(string type, Action content)
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            content();
            json.WriteEndObject();
            json.Flush();
            stream.Write("\n"u8);
            json.Reset();
        }
    }

    private static void WriteStep(Utf8JsonWriter json, TrainingRecord record)
    {
        json.WriteNumber("step", record.Step);
        json.WriteNumber("epoch", record.Epoch);
        Number(json, "loss", record.Loss);
        Number(json, "learningRate", record.LearningRate);
        Number(json, "gradientNorm", record.GradientNorm);
        Number(json, "lossScale", record.LossScale);
        json.WriteNumber("liveBytes", record.LiveBytes);
        Number(json, "examplesPerSecond", record.ExamplesPerSecond);
        Number(json, "elapsedSeconds", record.Elapsed.TotalSeconds);
    }

    private static void WriteValidation(Utf8JsonWriter json, ValidationRecord record)
    {
        json.WriteNumber("step", record.Step);
        json.WriteNumber("epoch", record.Epoch);
        Number(json, "loss", record.Loss);
        Metrics(json, "metrics", record.Metrics);
    }

    private static void WriteEpoch(Utf8JsonWriter json, EpochRecord record)
    {
        json.WriteNumber("step", record.Step);
        json.WriteNumber("epoch", record.Epoch);
        Number(json, "train.loss", record.TrainLoss);
        Metrics(json, "train.metrics", record.TrainMetrics);
        Number(json, "validation.loss", record.ValidationLoss);
        Metrics(json, "validation.metrics", record.ValidationMetrics);
        Number(json, "epochSeconds", record.Duration.TotalSeconds);
    }

    private static void WriteConfusion(Utf8JsonWriter json, long[,] matrix, IReadOnlyList<string>? classes)
    {
        json.WriteStartArray("matrix");
        for (int i = 0; i < matrix.GetLength(0); i++)
        {
            json.WriteStartArray();
            for (int j = 0; j < matrix.GetLength(1); j++) json.WriteNumberValue(matrix[i, j]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        if (classes is null)
        {
            json.WriteNull("classes");
            return;
        }

        json.WriteStartArray("classes");
        foreach (string name in classes) json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void Metrics(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, double>? metrics)
    {
        if (metrics is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        foreach (var (metric, value) in metrics) Number(json, metric, value);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is not { } number) json.WriteNull(name);
        else if (double.IsFinite(number)) json.WriteNumber(name, number);
        else json.WriteString(name, double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
    }
}
