using System.Globalization;
using System.Text.RegularExpressions;

namespace Gradient.Mutation.Tests;

/// <summary>What became of a mutant.</summary>
/// <param name="By">What noticed it; null if nothing did.</param>
/// <param name="Test">The test in which.</param>
/// <param name="Message">What it said.</param>
/// <param name="Tried">How many tests ran.</param>
internal sealed partial record Fate(string? By, string Test, string Message, int Tried)
{
    public const string Hang = "hang";

    /// <summary>Who may notice: the checker by a race or an access outside, a barrier that not all reach, a loop without end, a wrong result.</summary>
    public static readonly string[] Notices = ["race", "bounds", "divergent", "endless", "page", "result", Hang, "crash"];

    /// <summary>The mutant ends its process, whatever came before it there.</summary>
    public static Fate Crash { get; } = new("crash", "", "", 0);

    /// <summary>What a failed test tells.</summary>
    public static Fate Of(string test, string message, int tried) => new(Kind(message), test, OneLine(message), tried);

    /// <summary>As a line, behind the mutant's number.</summary>
    public string Line(int number) => string.Create(CultureInfo.InvariantCulture, $"{number}\t{By}\t{Test}\t{Message}\t{Tried}");

    /// <summary>Reads a line.</summary>
    public static (int Number, Fate Fate) Parse(string line)
    {
        string[] fields = line.Split('\t');
        return (int.Parse(fields[0], CultureInfo.InvariantCulture), new(fields[1].Length == 0 ? null : fields[1], fields[2], fields[3], int.Parse(fields[4], CultureInfo.InvariantCulture)));
    }

    public static string OneLine(string text) => Blanks().Replace(text, " ").Trim();

    private static string Kind(string message) =>
        message.Contains("out of bounds", StringComparison.Ordinal) ? "bounds"
        : message.Contains("race", StringComparison.Ordinal) ? "race"
        : message.Contains("endless", StringComparison.Ordinal) ? "endless"
        : message.Contains("divergent", StringComparison.Ordinal) ? "divergent"
        : message.Contains("touches memory", StringComparison.Ordinal) || message.Contains("SIG", StringComparison.Ordinal) ? "page"
        : "result";

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
