using System.Globalization;
using System.Text;

namespace Gradient.Training;

/// <summary>
/// A curve as the data of an SVG path, small whatever the number of points: of those that fall upon one column of pixels only the least and
/// the greatest are drawn, so that no peak is lost. What is not finite interrupts the line.
/// </summary>
internal static class ChartPath
{
    /// <summary>The path data.</summary>
    /// <param name="series">The curve.</param>
    /// <param name="x">The axis of steps.</param>
    /// <param name="y">The axis of values.</param>
    /// <param name="width">Columns of pixels.</param>
    /// <param name="height">Rows of pixels; 0 is the top.</param>
    public static string Of(ChartSeries series, ChartScale x, ChartScale y, int width, int height)
    {
        var path = new StringBuilder();
        var (steps, values) = (series.Steps, series.Values);
        bool thin = values.Length > 2 * width, open = false, lone = false;
        for (int i = 0; i < values.Length;)
        {
            int column = Column(i), end = i + 1, low = -1, high = -1;
            bool gap = false;
            if (thin)
                while (end < values.Length && Column(end) == column) end++;
            for (; i < end; i++)
            {
                if (!ChartScale.HasPlace(values[i]))
                {
                    gap = true;
                    continue;
                }

                if (low < 0 || values[i] < values[low]) low = i;
                if (high < 0 || values[i] > values[high]) high = i;
            }

            if (gap) Close();
            if (low < 0) continue;
            Add(Math.Min(low, high));
            if (low != high) Add(Math.Max(low, high));
        }

        Close();
        return path.ToString();

        int Column(int i) => (int)(x.Position(steps[i]) * width);

        void Add(int i)
        {
            path.Append(open ? 'L' : 'M')
                .Append(Pixel(x.Position(steps[i]) * width)).Append(',').Append(Pixel((1 - y.Position(values[i])) * height));
            (open, lone) = (true, !open);
        }

        // A line of no length is drawn as a dot by its round caps.
        void Close()
        {
            if (lone) path.Append("h0");
            (open, lone) = (false, false);
        }
    }

    /// <summary>A dot for each finite point.</summary>
    public static string Dots(ChartSeries series, ChartScale x, ChartScale y, int width, int height)
    {
        var path = new StringBuilder();
        for (int i = 0; i < series.Values.Length; i++)
            if (ChartScale.HasPlace(series.Values[i]))
                path.Append('M').Append(Pixel(x.Position(series.Steps[i]) * width)).Append(',').Append(Pixel((1 - y.Position(series.Values[i])) * height)).Append("h0");
        return path.ToString();
    }

    /// <summary>A short stroke at the top for each column with a value that is not finite.</summary>
    public static string Gaps(ChartSeries series, ChartScale x, int width)
    {
        var path = new StringBuilder();
        int last = -1;
        for (int i = 0; i < series.Values.Length; i++)
        {
            double at = x.Position(series.Steps[i]) * width;
            if (ChartScale.HasPlace(series.Values[i]) || (int)at == last) continue;
            last = (int)at;
            path.Append('M').Append(Pixel(at)).Append(",0v8");
        }

        return path.ToString();
    }

    private static string Pixel(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
