using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Gradient.Training.Tests;

/// <summary>A report read back: its charts, and their curves as values, from the paths and the axes that the page tells its script.</summary>
internal sealed partial class ReportPage(string html)
{
    public string Html { get; } = html;

    public sealed record Curve(string Name, string Classes, (double Step, double Value)[] Points, int Segments);

    public sealed record Chart(string Title, bool Logarithmic, (double Minimum, double Maximum) Y, Curve[] Curves, string[] YLabels, int GapMarks);

    public static ReportPage Save(TrainingHistory history)
    {
        string folder = Directory.CreateTempSubdirectory("gradient-report-").FullName;
        try
        {
            history.SaveReport(Path.Combine(folder, "new", "report.html"));
            Assert.That(Directory.GetFileSystemEntries(Path.Combine(folder, "new")), Has.Length.EqualTo(1), "nothing temporary is left");
            return new(File.ReadAllText(Path.Combine(folder, "new", "report.html")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public Chart this[string title] => Charts.Single(chart => chart.Title == title);

    public IEnumerable<Chart> Charts => Figure().Matches(Html).Select(match => Read(match.Value));

    private static Chart Read(string figure)
    {
        double[] x = Numbers(Attribute(figure, "data-x")), y = Numbers(Attribute(figure, "data-y")), box = Numbers(Attribute(figure, "viewBox"));
        bool logarithmic = Attribute(figure, "data-scale") == "log";
        var curves = Line().Matches(figure).Select(match =>
        {
            string path = match.Groups["path"].Value;
            var points = Pair().Matches(path).Select(pair => (
                x[0] + (Number(pair.Groups[1].Value) / box[2] * (x[1] - x[0])), Value(1 - (Number(pair.Groups[2].Value) / box[3]))));
            return new Curve(WebUtility.HtmlDecode(match.Groups["name"].Value), match.Groups["classes"].Value, [.. points], path.Count(c => c == 'M'));
        });
        string labels = Regex.Match(figure, """<div class="y">(.*?)</div>""").Groups[1].Value;
        return new(
            WebUtility.HtmlDecode(Title().Match(figure).Groups[1].Value), logarithmic, (y[0], y[1]), [.. curves],
            [.. Regex.Matches(labels, ">([^<]+)</span>").Select(m => m.Groups[1].Value)], Regex.Match(figure, """class="gaps" d="([^"]*)""").Groups[1].Value.Count(c => c == 'M'));

        double Value(double share) => logarithmic ? y[0] * Math.Pow(y[1] / y[0], share) : y[0] + ((y[1] - y[0]) * share);
    }

    private static string Attribute(string figure, string name) => Regex.Match(figure, $"{name}=\"([^\"]*)\"").Groups[1].Value;

    private static double[] Numbers(string text) => [.. text.Split(' ').Select(Number)];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("<figure.*?</figure>", RegexOptions.Singleline)]
    private static partial Regex Figure();

    [GeneratedRegex("""<path class="line (?<classes>[^"]*)" data-name="(?<name>[^"]*)" d="(?<path>[^"]*)"/>""")]
    private static partial Regex Line();

    [GeneratedRegex("([-0-9.]+),([-0-9.]+)")]
    private static partial Regex Pair();

    [GeneratedRegex("<h3>([^<]*?)(?: <small>.*?</small>)?</h3>")]
    private static partial Regex Title();
}
