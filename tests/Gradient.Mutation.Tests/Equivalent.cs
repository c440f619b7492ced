namespace Gradient.Mutation.Tests;

/// <summary>The mutants that change nothing that any test could see, and why: equivalent.txt.</summary>
public static class Equivalent
{
    /// <summary>The reasons by <see cref="Mutant.Key"/>. In the file, indented lines are the reason for the keys above them.</summary>
    public static IReadOnlyDictionary<string, string> Reasons { get; } = Parse(MutantList.Read("equivalent.txt"));

    private static Dictionary<string, string> Parse(string text)
    {
        var reasons = new Dictionary<string, string>();
        var keys = new List<string>();
        bool inReason = false;
        foreach (string line in text.Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            if (char.IsWhiteSpace(line[0]))
            {
                foreach (string key in keys) reasons[key] = $"{reasons.GetValueOrDefault(key)} {line.Trim()}".Trim();
                inReason = true;
                continue;
            }

            if (inReason) keys.Clear();
            inReason = false;
            keys.Add(line.TrimEnd());
        }

        return reasons;
    }
}
