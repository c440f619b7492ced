using System.Xml.Linq;

namespace Gradient.Training.Tests;

public sealed class HtmlReportTests
{
    /// <summary>Coordinates have two decimals: half a hundredth of a pixel of 200 is 1 of 40,000 of the axis, in steps 1 of 112,000.</summary>
    private const double Rounding = 1.01 / 40_000;

    [Test]
    public void Curves_are_the_data()
    {
        var history = Histories.Small();
        var page = ReportPage.Save(history);

        Check("Loss", "training", history.Steps.Select(r => (r.Step, r.Loss)), gaps: 1);
        Check("Loss", "validation", history.Validations.Select(r => (r.Step, r.Loss)), gaps: 0);
        Check("accuracy", "training", history.Epochs.Select(r => (r.Step, r.TrainMetrics["accuracy"])), gaps: 0);
        Check("accuracy", "validation", history.Validations.Skip(1).Select(r => (r.Step, r.Metrics["accuracy"])), gaps: 0);
        Check("top 5, \"all\"", "validation", [(25L, 0.1)], gaps: 0);
        Check("Learning rate", "rate", history.Steps.Select(r => (r.Step, r.LearningRate)), gaps: 0);
        Check("Gradient norm before clipping", "norm", history.Steps.Select(r => (r.Step, r.GradientNorm!.Value)), gaps: 1);
        Check("Loss scale", "scale", history.Steps.Skip(3).Select(r => (r.Step, 65536.0)), gaps: 0);
        Check("Examples per second", "rate", history.Steps.Select(r => (r.Step, r.ExamplesPerSecond)), gaps: 0);
        Check("Memory of tensors, MiB", "live", history.Steps.Select(r => (r.Step, r.LiveBytes / 1048576.0)), gaps: 0);
        Assert.That(page.Charts.Where(c => c.GapMarks > 0).Select(c => (c.Title, c.GapMarks)), Is.EqualTo(new[] { ("Loss", 1), ("Gradient norm before clipping", 1) }));
        Assert.That(page.Charts.Count(), Is.EqualTo(8));

        void Check(string title, string name, IEnumerable<(long Step, double Value)> data, int gaps)
        {
            var chart = page[title];
            var curve = chart.Curves.Single(c => c.Name == name);
            (long Step, double Value)[] finite = [.. data.Where(p => double.IsFinite(p.Value))];
            Assert.That(curve.Points.Select(p => p.Step), Is.EqualTo(finite.Select(p => p.Step)).Within(120 / 50_000.0), title);
            double tolerance = (chart.Y.Maximum - chart.Y.Minimum) * Rounding;
            Assert.That(curve.Points.Select(p => p.Value), Is.EqualTo(finite.Select(p => p.Value)).Within(tolerance), title);
            Assert.That(curve.Segments, Is.EqualTo(gaps + 1), title);
        }
    }

    [Test]
    public void Long_curves_are_thinned_out_without_losing_a_peak_or_a_gap()
    {
        const int count = 30_000, columns = 1120;
        var history = Histories.Long(count);
        var page = ReportPage.Save(history);
        Assert.That(page.Html, Has.Length.LessThan(250_000));

        var chart = page["Loss"];
        var raw = chart.Curves.Single(c => c.Name == "training");
        Assert.That(raw.Classes, Does.Contain("faint"));
        Assert.That(raw.Points, Has.Length.LessThanOrEqualTo(2 * columns + 2).And.Length.GreaterThan(columns));
        Assert.That(raw.Points.Max(p => p.Value), Is.EqualTo(50).Within(0.01));
        Assert.That(raw.Segments, Is.EqualTo(2));
        Assert.That(chart.GapMarks, Is.EqualTo(1));
        foreach (var column in history.Steps.Where(r => double.IsFinite(r.Loss)).GroupBy(r => (int)((double)r.Step / count * columns)))
        {
            var drawn = raw.Points.Where(p => p.Step >= column.First().Step - 0.2 && p.Step <= column.Last().Step + 0.2).Select(p => p.Value).ToArray();
            Assert.That((drawn.Min(), drawn.Max()), Is.EqualTo((column.Min(r => r.Loss), column.Max(r => r.Loss))).Using<(double, double)>(
                (a, b) => Math.Abs(a.Item1 - b.Item1) < 50 * Rounding * 1.2 && Math.Abs(a.Item2 - b.Item2) < 50 * Rounding * 1.2), $"column {column.Key}");
        }

        var mean = chart.Curves.Single(c => c.Name == "mean of 601 records");
        double[] losses = [.. history.Steps.Select(r => r.Loss)];
        foreach (var (step, value) in mean.Points)
        {
            int i = (int)Math.Round(step) - 1;
            double expected = losses[Math.Max(0, i - 300)..Math.Min(count, i + 301)].Where(double.IsFinite).Average();
            Assert.That(value, Is.EqualTo(expected).Within(0.005), $"step {step}");
        }
    }

    [Test]
    public void The_learning_rate_is_by_decades_where_it_spans_them()
    {
        var chart = ReportPage.Save(Histories.Long(2000))["Learning rate"];
        Assert.That(chart.Logarithmic);
        Assert.That(chart.YLabels, Is.EqualTo(new[] { "1e-6", "1e-5", "1e-4", "0.001" }));
        foreach (var (step, value) in chart.Curves[0].Points) // the ordinate's rounding, and the abscissa's, of three decades
            Assert.That(value, Is.EqualTo(1e-3 * Math.Pow(1e-3, step / 2000)).Within(0.05).Percent);
        Assert.That(ReportPage.Save(Histories.Small())["Learning rate"].Logarithmic, Is.False);
    }

    [Test]
    public void The_page_loads_nothing_and_encodes_everything()
    {
        string html = ReportPage.Save(Histories.Small()).Html;
        Assert.That(html, Does.Not.Match("(?i)(src|href)\\s*=|url\\(|@import|://"));
        Assert.That(html, Does.Contain("default-src 'none'").And.Contain("prefers-color-scheme: dark"));
        Assert.That(html, Does.Contain("Sequential&lt;script&gt;").And.Contain("&lt;cat&gt; &amp; dog").And.Contain("cancelled, by &quot;someone&quot;"));
        Assert.That(html, Does.Not.Contain("<script>\"").And.Not.Contain("<cat>"));
        Assert.That(System.Text.RegularExpressions.Regex.Count(html, "<script"), Is.EqualTo(1));
    }

    /// <summary>Outside of style and script, and but for the elements without an end, the page is well-formed XML: all that was opened is closed.</summary>
    [Test]
    public void The_page_is_well_formed([Values] bool empty)
    {
        string html = ReportPage.Save(empty ? Histories.Empty() : Histories.Small()).Html;
        string body = html[html.IndexOf("<main>", StringComparison.Ordinal)..(html.IndexOf("</main>", StringComparison.Ordinal) + 7)];
        Assert.That(() => XDocument.Parse(body), Throws.Nothing);
    }

    [Test]
    public void Summary_tables_and_matrix_hold_the_numbers()
    {
        var history = Histories.Small();
        string html = ReportPage.Save(history).Html;
        var main = XDocument.Parse(html[html.IndexOf("<main>", StringComparison.Ordinal)..(html.IndexOf("</main>", StringComparison.Ordinal) + 7)]);

        var tiles = Classed("section", "tiles").Elements("div").ToDictionary(t => t.Element("h3")!.Value, t => (t.Element("p")!.Value, t.Element("small")!.Value));
        Assert.That(tiles["Best value"], Is.EqualTo(("0.3333", "step 80, epoch 2")));
        Assert.That(tiles["Validation loss"], Is.EqualTo(("0.2500", "last")));
        Assert.That(tiles["Validation accuracy"], Is.EqualTo(("0.8000", "last")));
        Assert.That(tiles["Steps"], Is.EqualTo(("120", "3 epochs, 2 skipped")));
        Assert.That(tiles["Time"].Item1, Is.EqualTo("1.5 s"));

        var rows = Classed("table", "confusion").Element("tbody")!.Elements("tr").Select(r => r.Elements().Select(e => e.Value).ToArray()).ToArray();
        Assert.That(rows[0], Is.EqualTo(new[] { "<cat> & dog", "50", "3", "94.3 %" }));
        Assert.That(rows[1], Is.EqualTo(new[] { "dog", "0", "47", "100.0 %" }));
        Assert.That(Classed("table", "confusion").Element("tfoot")!.Descendants("td").Select(e => e.Value), Is.EqualTo(new[] { "100.0 %", "94.0 %", "" }));

        var epochs = main.Descendants("tbody").Last().Elements("tr").Select(r => r.Elements().Select(e => e.Value).ToArray()).ToArray();
        Assert.That(epochs[1], Is.EqualTo(new[] { "★ 2", "80", "0.4500", "0.3333", "0.9000", "0.7500", "–", "–", "765 ms" }));
        Assert.That(main.Descendants("dl").Single().Elements("div").Select(d => d.Value), Is.EqualTo(new[] { "modelSequential<script>", "seed1" }));

        XElement Classed(string element, string name) => main.Descendants(element).Single(e => ((string?)e.Attribute("class"))?.Split(' ')[0] == name);
    }

    [Test]
    public void An_empty_history_says_so()
    {
        var page = ReportPage.Save(Histories.Empty());
        Assert.That(page.Html, Does.Contain("Nothing was recorded"));
        Assert.That(page.Charts, Is.Empty);
    }

    [Test]
    public void Histories_of_one_record_or_of_nothing_finite_have_charts()
    {
        var one = Histories.Empty();
        one.Add(new TrainingRecord(1, 0, 2.5, 0.1, null, null, 0, 10, TimeSpan.FromSeconds(1)));
        var point = ReportPage.Save(one)["Loss"].Curves.Single().Points.Single();
        Assert.That((point.Step, point.Value), Is.EqualTo((1.0, 2.5)));

        var none = Histories.Empty();
        for (int i = 1; i <= 3; i++) none.Add(new TrainingRecord(i, 0, double.NaN, 0, double.NegativeInfinity, null, 0, double.NaN, TimeSpan.Zero));
        var page = ReportPage.Save(none);
        Assert.That(page["Loss"].Curves.Single().Points, Is.Empty);
        Assert.That(page["Loss"].GapMarks, Is.EqualTo(3));
        Assert.That(page.Html, Does.Not.Match("(points|d|style)=\"[^\"]*(NaN|∞|Infinity)"));
    }

    [Test]
    public void Many_classes_become_a_list_of_errors_and_many_epochs_are_thinned_out()
    {
        var history = Histories.Empty();
        for (int i = 0; i < 1000; i++) history.Add(new EpochRecord(i, i + 1, 1, new Dictionary<string, double>(), null, null, TimeSpan.FromSeconds(1)));
        var matrix = new long[100, 100];
        for (int i = 0; i < 100; i++) (matrix[i, i], matrix[i, (i + 1) % 100]) = (10, i);
        history.ConfusionMatrix = matrix;
        string html = ReportPage.Save(history).Html;
        var main = XDocument.Parse(html[html.IndexOf("<main>", StringComparison.Ordinal)..(html.IndexOf("</main>", StringComparison.Ordinal) + 7)]);
        var tables = main.Descendants("tbody").Select(t => t.Elements("tr").Select(r => r.Elements().Select(e => e.Value).ToArray()).ToArray()).ToArray();
        Assert.That(tables[0], Has.Length.EqualTo(30));
        Assert.That(tables[0].Take(2), Is.EqualTo(new[] { new[] { "99", "0", "99", "90.8 %" }, ["98", "99", "98", "90.7 %"] }));
        Assert.That(tables[1], Has.Length.EqualTo(201)); // one of five, and the last
        Assert.That(tables[1][^1][0], Is.EqualTo("1,000"));
    }

    [TestCase(new[] { 0.0, 1 }, nameof(ScaleKind.Spread), new[] { "0", "0.2", "0.4", "0.6", "0.8", "1.0" })]
    [TestCase(new[] { 12_300.0, 87_000 }, nameof(ScaleKind.FromZero), new[] { "0", "20k", "40k", "60k", "80k", "100k" })]
    [TestCase(new[] { 2e-4, 9e-4 }, nameof(ScaleKind.Spread), new[] { "2e-4", "4e-4", "6e-4", "8e-4", "1e-3" })]
    [TestCase(new[] { -3.0, 2 }, nameof(ScaleKind.Spread), new[] { "-3", "-2", "-1", "0", "1", "2" })]
    [TestCase(new[] { 0.5, 0.5 }, nameof(ScaleKind.Spread), new[] { "0", "0.2", "0.4", "0.6", "0.8", "1.0" })]
    [TestCase(new[] { 0.0, 0 }, nameof(ScaleKind.FromZero), new[] { "-1.0", "-0.5", "0", "0.5", "1.0" })]
    [TestCase(new[] { 0.011, 0.012, 3.0 }, nameof(ScaleKind.Falling), new[] { "0.01", "0.1", "1" })]
    [TestCase(new[] { 1.0, 100 }, nameof(ScaleKind.Spread), new[] { "1", "2", "5", "10", "20", "50", "100" })]
    public void Ticks_are_round_numbers(double[] values, string kind, string[] labels)
    {
        var scale = ChartScale.OfValues(values, Enum.Parse<ScaleKind>(kind));
        Assert.That(scale.Ticks.Select(t => t.Label), Is.EqualTo(labels));
        Assert.That(scale.Minimum, Is.LessThanOrEqualTo(values.Min()));
        Assert.That(scale.Maximum, Is.GreaterThanOrEqualTo(values.Max()));
        Assert.That(scale.Ticks.Select(t => scale.Position(t.Value)), Is.Ordered.And.All.InRange(-1e-9, 1 + 1e-9));
    }

    [TestCase(1e300, -1e300)]
    [TestCase(double.Epsilon, 0)]
    [TestCase(1e-300, 1e300)]
    [TestCase(-5, -5.0000000001)]
    public void Extreme_values_have_an_axis(double a, double b)
    {
        var scale = ChartScale.OfValues([a, b]);
        Assert.That(scale.Ticks, Has.Count.InRange(2, 12));
        Assert.That(new[] { scale.Position(a), scale.Position(b) }, Is.All.InRange(-0.01, 1.01));
    }
}
