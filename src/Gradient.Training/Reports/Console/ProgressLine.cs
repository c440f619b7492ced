using System.Text;

namespace Gradient.Training;

/// <summary>
/// A line of the parts that fit a width: the head first, then the others by their importance, shown in their order. What is left over
/// becomes the bar, from ten columns on.
/// </summary>
internal sealed class ProgressLine(string head)
{
    private const int LeastBar = 10, GreatestBar = 40;
    private const string Gap = "  ";

    private readonly List<(string Text, int Importance)> parts = [];

    /// <summary>Adds a part; one of lower importance is left out before one of higher.</summary>
    public void Add(string text, int importance) => parts.Add((text, importance));

    /// <summary>All parts, without a bar.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(head);
        foreach (var part in parts) text.Append(Gap).Append(part.Text);
        return text.ToString();
    }

    /// <summary>The line with a bar, in at most so many columns.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="done">How much is done, 0 to 1; null draws no bar.</param>
    /// <param name="style">How the bar looks.</param>
    public string Fit(int columns, double? done, ProgressBarStyle style)
    {
        if (head.Length >= columns) return head[..Math.Max(0, columns)];
        bool[] shown = new bool[parts.Count];
        int free = columns - head.Length, reserved = done is null ? 0 : Gap.Length + LeastBar;
        // Most important first; the first that does not fit ends it, so that a line does not show trifles in place of the loss.
        for (int count = 0; count < parts.Count; count++)
        {
            int next = -1;
            for (int i = 0; i < parts.Count; i++)
                if (!shown[i] && (next < 0 || parts[i].Importance > parts[next].Importance)) next = i;
            int length = Gap.Length + parts[next].Text.Length;
            if (length > free) break;
            // The bar yields to the two most important parts.
            if (length > free - reserved && count >= 2) break;
            shown[next] = true;
            free -= length;
        }

        var text = new StringBuilder(head);
        int bar = Math.Min(free - Gap.Length, GreatestBar);
        if (done is { } share && bar >= LeastBar) text.Append(Gap).Append(style.Draw(share, bar));
        for (int i = 0; i < shown.Length; i++)
            if (shown[i]) text.Append(Gap).Append(parts[i].Text);
        return text.ToString();
    }
}
