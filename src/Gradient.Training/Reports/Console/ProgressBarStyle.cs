namespace Gradient.Training;

/// <summary>The characters and colours of a bar.</summary>
/// <param name="Unicode">Lines of half a column; else # and -.</param>
/// <param name="Color">The done part in green, the rest in gray.</param>
internal readonly record struct ProgressBarStyle(bool Unicode, bool Color)
{
    public const string Reset = "\u001b[0m", Green = "\u001b[32m", Gray = "\u001b[90m";

    /// <summary>A bar of so many columns, colour codes not counted.</summary>
    public string Draw(double done, int columns)
    {
        done = Math.Clamp(done, 0, 1);
        string full, rest;
        if (Unicode)
        {
            int halves = (int)(done * columns * 2);
            full = new string('━', halves / 2) + (halves % 2 == 1 ? "╸" : "");
            rest = new string(Color ? '━' : '─', columns - full.Length);
        }
        else
        {
            full = new string('#', (int)(done * columns));
            rest = new string('-', columns - full.Length);
        }

        return Color ? Green + full + Gray + rest + Reset : full + rest;
    }
}
