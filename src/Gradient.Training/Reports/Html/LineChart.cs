using System.Globalization;
using System.Net;
using System.Text;

namespace Gradient.Training;

/// <summary>
/// A chart over steps as HTML: the curves are an SVG that stretches to the width there is, the labels are text around it that does not
/// stretch with it. report.js shows values under the pointer; it takes them from the paths and the two axes in the data attributes.
/// </summary>
internal sealed class LineChart
{
    private const int Height = 200, MostDots = 60;

    public required string Title { get; init; }

    public required IReadOnlyList<ChartSeries> Series { get; init; }

    /// <summary>The axis that all charts of a report have in common.</summary>
    public required ChartScale Steps { get; init; }

    /// <summary>How the axis of values is chosen.</summary>
    public ScaleKind Kind { get; init; }

    /// <summary>A step to be marked: that of the best value.</summary>
    public long? Mark { get; init; }

    /// <summary>Columns of pixels that curves are thinned out for.</summary>
    public int Width { get; init; } = 560;

    /// <summary>Classes of the figure, for report.css.</summary>
    public string Classes { get; init; } = "";

    public void WriteTo(StringBuilder html)
    {
        var x = Steps;
        var y = ChartScale.OfValues(Series.SelectMany(s => s.Values), Kind);
        double? mark = Mark is { } step && step >= x.Minimum && step <= x.Maximum ? step : null;
        html.Append("<figure class=\"chart ").Append(Classes).Append("\"><figcaption><h3>").Append(WebUtility.HtmlEncode(Title))
            .Append(y.Logarithmic ? " <small>log scale</small></h3>" : "</h3>");
        WriteLegend(html, mark);
        html.Append("</figcaption><div class=\"plot\" data-x=\"").Append(Exact(x.Minimum)).Append(' ').Append(Exact(x.Maximum))
            .Append("\" data-y=\"").Append(Exact(y.Minimum)).Append(' ').Append(Exact(y.Maximum))
            .Append("\" data-scale=\"").Append(y.Logarithmic ? "log" : "linear").Append("\"><div class=\"y\">");
        foreach (var tick in y.Ticks) Label(html, "top", 1 - y.Position(tick.Value), tick.Label);
        html.Append(CultureInfo.InvariantCulture, $"</div><svg viewBox=\"0 0 {Width} {Height}\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
            .Append(WebUtility.HtmlEncode(Summary())).Append("\"><path class=\"grid\" d=\"");
        foreach (var tick in y.Ticks) html.Append("M0,").Append(Pixel((1 - y.Position(tick.Value)) * Height)).Append('H').Append(Width);
        html.Append("\"/>");
        if (mark is { } at) html.Append("<path class=\"mark\" d=\"M").Append(Pixel(x.Position(at) * Width)).Append(",0V").Append(Height).Append("\"/>");
        foreach (var series in Series) WriteSeries(html, series, x, y);
        html.Append("</svg><div class=\"unit\">step</div><div class=\"x\">");
        foreach (var tick in x.Ticks) Label(html, "left", x.Position(tick.Value), tick.Label);
        html.Append("</div></div></figure>\n");
    }

    private void WriteSeries(StringBuilder html, ChartSeries series, ChartScale x, ChartScale y)
    {
        string name = WebUtility.HtmlEncode(series.Name);
        html.Append("<path class=\"line ").Append(series.Style).Append(series.Faint ? " faint" : "").Append("\" data-name=\"").Append(name)
            .Append("\" d=\"").Append(ChartPath.Of(series, x, y, Width, Height)).Append("\"/>");
        if (series.Values.Length <= MostDots && !series.Faint)
            html.Append("<path class=\"dots ").Append(series.Style).Append("\" d=\"").Append(ChartPath.Dots(series, x, y, Width, Height)).Append("\"/>");
        if (!series.Smoothed && series.Gaps > 0)
            html.Append("<path class=\"gaps\" d=\"").Append(ChartPath.Gaps(series, x, Width)).Append("\"/>");
    }

    private void WriteLegend(StringBuilder html, double? mark)
    {
        html.Append("<ul class=\"legend\">");
        foreach (var series in Series.Count > 1 ? Series : [])
            html.Append("<li><i class=\"key ").Append(series.Style).Append(series.Faint ? " faint" : "").Append("\"></i>").Append(WebUtility.HtmlEncode(series.Name)).Append("</li>");
        int gaps = Series.Max(s => s.Gaps);
        if (gaps > 0) html.Append("<li><i class=\"key gap\"></i>").Append(ReportText.Count(gaps)).Append(" not finite</li>");
        if (mark is { } step) html.Append("<li><i class=\"key best\"></i>best, step ").Append(ReportText.Count((long)step)).Append("</li>");
        html.Append("</ul>");
    }

    /// <summary>What a screen reader says.</summary>
    private string Summary()
    {
        var text = new StringBuilder(Title);
        foreach (var series in Series.Where(s => !s.Faint))
            text.Append("; ").Append(series.Name).Append(" from ").Append(ReportText.Number(series.Values[0])).Append(" to ").Append(ReportText.Number(series.Values[^1]));
        return text.ToString();
    }

    private static void Label(StringBuilder html, string side, double position, string text) =>
        html.Append("<span style=\"").Append(side).Append(':').Append((position * 100).ToString("0.###", CultureInfo.InvariantCulture)).Append("%\">").Append(text).Append("</span>");

    private static string Pixel(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
