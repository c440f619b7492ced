using System.Globalization;
using System.Net;
using System.Text;

namespace Gradient.Training;

/// <summary>
/// A history as one HTML file that needs nothing else: styles, curves and script are inside, and the page's policy forbids to load more.
/// All text of others is encoded.
/// </summary>
internal static class HtmlReport
{
    private const int MostEpochs = 200;

    public static string Of(TrainingHistory history, DateTimeOffset now)
    {
        var html = new StringBuilder();
        string model = history.About.GetValueOrDefault("model", "");
        html.Append("""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
            <meta name="color-scheme" content="light dark">
            """).Append("<title>Training report").Append(model.Length > 0 ? ": " : "").Append(Encode(model)).Append("</title>\n<style>\n")
            .Append(Resource("report.css")).Append("</style></head>\n<body><main>\n");
        WriteHeader(html, history, model);
        if (history.Steps.Count + history.Epochs.Count + history.Validations.Count == 0)
            html.Append("<p class=\"empty\">Nothing was recorded: no step, epoch or validation has finished yet.</p>\n");
        else
        {
            WriteTiles(html, history);
            html.Append("<section class=\"charts\">\n");
            foreach (var chart in ReportCharts.Of(history)) chart.WriteTo(html);
            html.Append("</section>\n");
        }

        if (history.ConfusionMatrix is { Length: > 0 } matrix) ConfusionTable.Write(html, matrix, history.ClassNames);
        if (history.Epochs.Count > 0) WriteEpochs(html, history);
        WriteAbout(html, history);
        html.Append("<footer>Written by Gradient on ").Append(now.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)).Append(" UTC</footer>\n</main>\n<script>\n")
            .Append(Resource("report.js")).Append("</script></body></html>\n");
        return html.ToString();
    }

    private static void WriteHeader(StringBuilder html, TrainingHistory history, string model)
    {
        html.Append("<header><div><p class=\"kind\">Training report</p><h1>").Append(Encode(model.Length > 0 ? model : "A model")).Append("</h1></div>");
        if (history.StopReason is { } reason) html.Append("<p class=\"state stopped\">stopped: ").Append(Encode(reason)).Append("</p>");
        html.Append("</header>\n");
    }

    /// <summary>The numbers that one looks for first.</summary>
    private static void WriteTiles(StringBuilder html, TrainingHistory history)
    {
        var tiles = new List<(string Name, string Value, string Note)>();
        var (steps, epochs, validations) = (history.Steps, history.Epochs, history.Validations);
        if (Best(history) is { } best) tiles.Add((best.Name, ReportText.Number(best.Value), $"step {ReportText.Count(best.Step)}, epoch {ReportText.Count(best.Epoch + 1)}"));
        if (validations is [.., var validation])
        {
            tiles.Add(("Validation loss", ReportText.Number(validation.Loss), "last"));
            foreach (var (name, value) in validation.Metrics.Take(2)) tiles.Add(("Validation " + name, ReportText.Number(value), "last"));
        }

        if (epochs is [.., var epoch]) tiles.Add(("Training loss", ReportText.Number(epoch.TrainLoss), "last epoch"));
        else if (steps is [.., var record]) tiles.Add(("Training loss", ReportText.Number(record.Loss), "last record"));
        long last = Math.Max(steps is [.., var s] ? s.Step : 0, epochs is [.., var e] ? e.Step : 0);
        string skipped = history.SkippedSteps > 0 ? $", {ReportText.Count(history.SkippedSteps)} skipped" : "";
        tiles.Add(("Steps", ReportText.Count(last), (epochs.Count == 1 ? "1 epoch" : $"{ReportText.Count(epochs.Count)} epochs") + skipped));
        if (steps is [.., { Elapsed: var elapsed }]) tiles.Add(("Time", ReportText.Duration(elapsed), $"{ReportText.Rate(Median(steps))} examples/s"));
        html.Append(CultureInfo.InvariantCulture, $"<section class=\"tiles\" style=\"--tiles:{tiles.Count};--half:{(tiles.Count + 1) / 2}\">\n");
        foreach (var (name, value, note) in tiles)
            html.Append("<div><h3>").Append(Encode(name)).Append("</h3><p>").Append(value).Append("</p><small>").Append(note).Append("</small></div>\n");
        html.Append("</section>\n");
    }

    /// <summary>The watched metric's best value, or else the least validation loss.</summary>
    private static (string Name, double Value, long Step, int Epoch)? Best(TrainingHistory history)
    {
        if (history.BestMetric is { } value)
        {
            int epoch = 0;
            foreach (var record in history.Epochs)
                if (record.Step < history.BestStep) epoch = record.Epoch + 1;
            return ("Best " + history.About.GetValueOrDefault("watched", "value").Replace('.', ' '), value, history.BestStep, epoch);
        }

        var least = history.Validations.Where(r => !double.IsNaN(r.Loss)).MinBy(r => r.Loss);
        return least is null ? null : ("Least validation loss", least.Loss, least.Step, least.Epoch);
    }

    private static void WriteEpochs(StringBuilder html, TrainingHistory history)
    {
        var epochs = history.Epochs;
        int best = history.BestMetric is null ? -1 : epochs.TakeWhile(r => r.Step < history.BestStep).Count();
        int every = ((epochs.Count - 1) / MostEpochs) + 1;
        string[] metrics = [.. ReportCharts.MetricNames(history)];
        html.Append("<section><h2>Epochs</h2>");
        if (every > 1) html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">One of {every}, the best and the last.</p>");
        html.Append("<div class=\"scroll\"><table><thead><tr><th>epoch</th><th>step</th><th>training loss</th><th>validation loss</th>");
        foreach (string name in metrics) html.Append("<th>training ").Append(Encode(name)).Append("</th><th>validation ").Append(Encode(name)).Append("</th>");
        html.Append("<th>time</th></tr></thead><tbody>\n");
        for (int i = 0; i < epochs.Count; i++)
        {
            if (i % every != 0 && i != best && i != epochs.Count - 1) continue;
            var record = epochs[i];
            html.Append(i == best ? "<tr class=\"best\"><td>★ " : "<tr><td>").Append(ReportText.Count(record.Epoch + 1));
            Cell(ReportText.Count(record.Step));
            Cell(ReportText.Number(record.TrainLoss));
            Cell(Optional(record.ValidationLoss));
            foreach (string name in metrics)
            {
                Cell(Optional(record.TrainMetrics.TryGetValue(name, out double train) ? train : null));
                Cell(Optional(record.ValidationMetrics is { } measured && measured.TryGetValue(name, out double value) ? value : null));
            }

            Cell(ReportText.Duration(record.Duration));
            html.Append("</td></tr>\n");
        }

        html.Append("</tbody></table></div></section>\n");

        void Cell(string text) => html.Append("</td><td>").Append(text);
    }

    private static void WriteAbout(StringBuilder html, TrainingHistory history)
    {
        if (history.About.Count == 0) return;
        html.Append("<section><h2>The run</h2><dl>");
        foreach (var (name, value) in history.About)
            html.Append("<div><dt>").Append(Encode(name)).Append("</dt><dd>").Append(Encode(name == "parameters" && long.TryParse(value, CultureInfo.InvariantCulture, out long count) ? ReportText.Count(count) : value)).Append("</dd></div>");
        html.Append("</dl></section>\n");
    }

    private static double Median(IReadOnlyList<TrainingRecord> records)
    {
        double[] rates = [.. records.Select(r => r.ExamplesPerSecond).Order()];
        return rates[rates.Length / 2];
    }

    private static string Optional(double? value) => value is { } number ? ReportText.Number(number) : "–";

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
