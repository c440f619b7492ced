using System.Globalization;
using System.Net;
using System.Text;

namespace Gradient.Training;

/// <summary>
/// A confusion matrix as a table of counts with recall and precision: blue by the share of a class that is right, orange by how frequent an
/// error is among all errors of the table. Above <see cref="MostClasses"/> classes it is a list of the most frequent errors.
/// </summary>
internal static class ConfusionTable
{
    public const int MostClasses = 40;
    private const int MostErrors = 30;

    public static void Write(StringBuilder html, long[,] matrix, IReadOnlyList<string>? names)
    {
        int classes = matrix.GetLength(0);
        long total = 0, right = 0, mostErrors = 0;
        long[] ofRow = new long[classes], ofColumn = new long[classes];
        for (int i = 0; i < classes; i++)
            for (int j = 0; j < classes; j++)
            {
                long count = matrix[i, j];
                (total, ofRow[i], ofColumn[j]) = (total + count, ofRow[i] + count, ofColumn[j] + count);
                if (i == j) right += count;
                else mostErrors = Math.Max(mostErrors, count);
            }

        html.Append("<section><h2>Confusion matrix</h2><p class=\"note\">The last validation: ").Append(ReportText.Count(right)).Append(" of ")
            .Append(ReportText.Count(total)).Append(" examples right").Append(total > 0 ? $" ({Percent(right, total)})" : "").Append(". ");
        if (classes <= MostClasses)
        {
            html.Append("Rows are the true classes, columns what the model said. Blue: the share of the class that is right; orange: errors, the most frequent one strongest.</p>");
            WriteTable(html, matrix, names, ofRow, ofColumn, mostErrors);
        }
        else
        {
            html.Append("Of ").Append(ReportText.Count(classes)).Append(" classes, the most frequent errors:</p>");
            WriteErrors(html, matrix, names, ofRow);
        }

        html.Append("</section>\n");
    }

    private static void WriteTable(StringBuilder html, long[,] matrix, IReadOnlyList<string>? names, long[] ofRow, long[] ofColumn, long mostErrors)
    {
        int classes = ofRow.Length;
        bool upright = Enumerable.Range(0, classes).All(i => Name(names, i).Length <= 4);
        html.Append("<div class=\"scroll\"><table class=\"confusion").Append(classes > 20 ? " dense" : "").Append("\"><thead><tr><th class=\"corner\">true \\ said</th>");
        for (int j = 0; j < classes; j++)
            html.Append(upright ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"turned\">").Append("<span title=\"").Append(Encoded(names, j)).Append("\">").Append(Encoded(names, j)).Append("</span></th>");
        html.Append(upright ? "<th scope=\"col\" class=\"rate\">recall</th>" : "<th scope=\"col\" class=\"rate turned\"><span>recall</span></th>").Append("</tr></thead><tbody>\n");
        for (int i = 0; i < classes; i++)
        {
            html.Append("<tr><th scope=\"row\"><span title=\"").Append(Encoded(names, i)).Append("\">").Append(Encoded(names, i)).Append("</span></th>");
            for (int j = 0; j < classes; j++) WriteCell(html, matrix[i, j], i == j, i == j ? ofRow[i] : mostErrors);
            html.Append("<td class=\"rate\">").Append(Percent(matrix[i, i], ofRow[i])).Append("</td></tr>\n");
        }

        html.Append("</tbody><tfoot><tr><th scope=\"row\">precision</th>");
        for (int j = 0; j < classes; j++) html.Append("<td class=\"rate\">").Append(Percent(matrix[j, j], ofColumn[j])).Append("</td>");
        html.Append("<td class=\"rate\"></td></tr></tfoot></table></div>");
    }

    /// <summary>A cell whose colour has the strength count ÷ greatest, and how strong that is for the text upon it.</summary>
    private static void WriteCell(StringBuilder html, long count, bool right, long greatest)
    {
        double share = greatest == 0 ? 0 : (double)count / greatest;
        html.Append("<td class=\"").Append(right ? "right" : "wrong").Append(count == 0 ? " none" : share > 0.85 ? " strong" : share > 0.6 ? " middle" : "").Append('"');
        if (count > 0) html.Append(CultureInfo.InvariantCulture, $" style=\"--share:{Math.Max(0.08, share):0.###}\"");
        html.Append('>').Append(ReportText.Count(count)).Append("</td>");
    }

    private static void WriteErrors(StringBuilder html, long[,] matrix, IReadOnlyList<string>? names, long[] ofRow)
    {
        var worst = new PriorityQueue<(int True, int Said), long>();
        for (int i = 0; i < ofRow.Length; i++)
            for (int j = 0; j < ofRow.Length; j++)
            {
                if (i == j || matrix[i, j] == 0) continue;
                worst.Enqueue((i, j), matrix[i, j]);
                if (worst.Count > MostErrors) worst.Dequeue();
            }

        var errors = new List<(int True, int Said)>();
        while (worst.TryDequeue(out var error, out _)) errors.Add(error);
        errors.Reverse();
        html.Append("<div class=\"scroll\"><table><thead><tr><th class=\"text\">class</th><th class=\"text\">taken for</th><th>times</th><th>of the class</th></tr></thead><tbody>\n");
        foreach (var (i, j) in errors)
            html.Append("<tr><td class=\"text\">").Append(Encoded(names, i)).Append("</td><td class=\"text\">").Append(Encoded(names, j)).Append("</td><td>")
                .Append(ReportText.Count(matrix[i, j])).Append("</td><td>").Append(Percent(matrix[i, j], ofRow[i])).Append("</td></tr>\n");
        html.Append("</tbody></table></div>");
    }

    private static string Name(IReadOnlyList<string>? names, int i) =>
        names is not null && i < names.Count ? names[i] : i.ToString(CultureInfo.InvariantCulture);

    private static string Encoded(IReadOnlyList<string>? names, int i) => WebUtility.HtmlEncode(Name(names, i));

    private static string Percent(long part, long whole) =>
        whole == 0 ? "–" : (100.0 * part / whole).ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
