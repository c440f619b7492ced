using System.Globalization;
using System.Text.Json;
using Gradient.Data;

namespace Gradient.Training.Tests;

public sealed class HistoryTableTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("gradient-tables-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    private string FilePath => Path.Combine(folder, "new", "history");

    [Test]
    public void Csv_has_a_row_per_step_and_every_digit()
    {
        var history = Histories.Small();
        history.SaveCsv(FilePath);
        string text = File.ReadAllText(FilePath);
        string[] lines = text.Split("\r\n");
        Assert.That(text, Does.EndWith("\r\n").And.Not.Match("[^\r]\n"));
        Assert.That(lines[0], Is.EqualTo(
            "step,epoch,loss,learningRate,gradientNorm,lossScale,liveBytes,examplesPerSecond,elapsedSeconds,train.loss,train.accuracy,epochSeconds," +
            "validation.loss,\"validation.top 5, \"\"all\"\"\",validation.accuracy"));
        Assert.That(lines, Has.Length.EqualTo(1 + 13 + 1)); // twelve records and the validation between two of them

        var rows = lines[1..^1].Select(line => line.Split(',')).ToDictionary(row => long.Parse(row[0], CultureInfo.InvariantCulture));
        Assert.That(rows.Keys, Is.Ordered);
        foreach (var record in history.Steps)
        {
            string[] row = rows[record.Step];
            Assert.That(row[1], Is.EqualTo(record.Epoch.ToString(CultureInfo.InvariantCulture)));
            double[] expected = [record.Loss, record.LearningRate, record.GradientNorm!.Value, record.LossScale ?? 0, record.LiveBytes, record.ExamplesPerSecond, record.Elapsed.TotalSeconds];
            Assert.That(row[2..9].Select(Parse), Is.EqualTo(expected)); // bit for bit
        }

        Assert.That((rows[50][2], rows[60][4], rows[10][5]), Is.EqualTo(("NaN", "Infinity", "")));
        Assert.That(rows[25], Is.EqualTo(new[] { "25", "0", "", "", "", "", "", "", "", "", "", "", "0.7", "0.1", "" }));
        Assert.That(rows[80][9..].Select(Parse), Is.EqualTo(new[] { 0.45, 0.9, 0.7654321, 1.0 / 3, 0, 0.75 }));

        static double Parse(string field) => field.Length == 0 ? 0 : double.Parse(field, CultureInfo.InvariantCulture);
    }

    [Test]
    public void The_own_csv_reader_reads_it()
    {
        var history = Histories.Small();
        history.SaveCsv(FilePath);
        var data = new CsvDataset(FilePath, new CsvOptions { Inputs = ["step", "loss", "validation.top 5, \"all\""], Targets = ["learningRate"], Missing = -1 });
        Assert.That(data.Count, Is.EqualTo(13));
        var (input, target) = data.GetItem(4); // step 40
        Assert.That(input.ToArray<float>(), Is.EqualTo(new[] { 40, (float)history.Steps[3].Loss, -1 }));
        Assert.That(target.ToArray<float>()[0], Is.EqualTo((float)history.Steps[3].LearningRate));
        Assert.That(data.GetItem(2).Input.ToArray<float>(), Is.EqualTo(new[] { 25, -1, 0.1f }));
        Assert.That(float.IsNaN(data.GetItem(5).Input.ToArray<float>()[1]));
    }

    [Test]
    public void Json_lines_hold_everything_in_order()
    {
        var history = Histories.Small();
        history.SaveJsonLines(FilePath);
        string[] lines = File.ReadAllText(FilePath).Split('\n');
        Assert.That(lines[^1], Is.Empty);
        var objects = lines[..^1].Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        string[] types = [.. objects.Select(o => o.GetProperty("type").GetString()!)];
        Assert.That(types, Is.EqualTo(new[]
        {
            "about", "step", "step", "validation", "step", "step", "validation", "epoch", "step", "step", "step", "step", "validation", "epoch",
            "step", "step", "step", "step", "validation", "epoch", "confusion", "end",
        }));
        Assert.That(objects[0].GetProperty("model").GetString(), Is.EqualTo("Sequential<script>"));

        var steps = objects.Where(o => o.GetProperty("type").GetString() == "step").ToArray();
        Assert.That(steps.Select(ReadStep), Is.EqualTo(history.Steps));
        Assert.That(steps[4].GetProperty("loss").GetString(), Is.EqualTo("NaN"));
        Assert.That(steps[0].GetProperty("lossScale").ValueKind, Is.EqualTo(JsonValueKind.Null));
        var epoch = objects[13];
        Assert.That(epoch.GetProperty("train.loss").GetDouble(), Is.EqualTo(0.45));
        Assert.That(epoch.GetProperty("validation.metrics").GetProperty("accuracy").GetDouble(), Is.EqualTo(0.75));
        Assert.That(objects[^2].GetProperty("matrix").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetInt64()).ToArray()),
            Is.EqualTo(new[] { new long[] { 50, 3 }, [0, 47] }));
        Assert.That(objects[^2].GetProperty("classes").EnumerateArray().Select(c => c.GetString()), Is.EqualTo(history.ClassNames));
        Assert.That((objects[^1].GetProperty("bestMetric").GetDouble(), objects[^1].GetProperty("bestStep").GetInt64(), objects[^1].GetProperty("stopReason").GetString()),
            Is.EqualTo((1.0 / 3, 80L, history.StopReason)));

        static TrainingRecord ReadStep(JsonElement o) => new(
            o.GetProperty("step").GetInt64(), o.GetProperty("epoch").GetInt32(), Number(o, "loss")!.Value, Number(o, "learningRate")!.Value, Number(o, "gradientNorm"),
            Number(o, "lossScale"), o.GetProperty("liveBytes").GetInt64(), Number(o, "examplesPerSecond")!.Value, TimeSpan.FromSeconds(Number(o, "elapsedSeconds")!.Value));

        static double? Number(JsonElement o, string name) => o.GetProperty(name) switch
        {
            { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } text => double.Parse(text.GetString()!, CultureInfo.InvariantCulture),
            var number => number.GetDouble(),
        };
    }

    [Test]
    public void Empty_histories_and_existing_files()
    {
        Histories.Small().SaveCsv(FilePath);
        Histories.Empty().SaveCsv(FilePath); // replaces
        Assert.That(File.ReadAllLines(FilePath), Has.Length.EqualTo(1));
        Histories.Empty().SaveJsonLines(FilePath);
        Assert.That(File.ReadAllLines(FilePath), Is.EqualTo(new[]
        {
            """{"type":"about"}""", """{"type":"end","bestMetric":null,"bestStep":0,"skippedSteps":0,"stopReason":null}""",
        }));
        Assert.That(Directory.GetFiles(Path.Combine(folder, "new")), Has.Length.EqualTo(1));
    }
}
