using System.Reflection;
using System.Text;

namespace Gradient.Mutation.Tests;

/// <summary>
/// All mutants of all shaders, found by rules, and the edits that put them into the text, each behind a switch.
/// <list type="bullet">
/// <item>A barrier is deleted.</item>
/// <item>A comparison (&lt;, &lt;=, &gt;, &gt;=) that is a condition of a loop is off by one.</item>
/// <item>Any other is off by one, and lets everything pass: it is true, or false where what follows is <c>return</c> or <c>continue</c>.</item>
/// <item>A <c>min</c> of two is the first of them, and is the second.</item>
/// </list>
/// Left out are comparisons with a floating-point literal, trip counts (a loop from a literal to a constant of the compiler), and the functions
/// of <see cref="Numbers"/>, which compare numbers and touch no memory.
/// </summary>
public sealed class MutantList
{
    /// <summary>Functions of values alone: a test holds that they index nothing.</summary>
    public static IReadOnlyDictionary<string, string[]> Numbers { get; } = new Dictionary<string, string[]>
    {
        ["common.metal"] = ["minimum", "maximum", "reduce_exp"],
        ["elementwise.metal"] = ["power", "unary_of", "binary_of", "gradient_of", "divide_whole", "remainder_of", "compare_of"],
        ["many.metal"] = ["operator"],
        ["random.metal"] = ["integer_of", "values_of"],
        ["reduce.metal"] = ["operator"],
        ["team.metal"] = ["operator"],
    };

    private static readonly string[] Comparisons = ["<", "<=", ">", ">="];
    private readonly List<Mutant> mutants = [];
    private readonly StringBuilder edits = new();
    private readonly Dictionary<string, int> repeated = [];
    private readonly List<string> leftOut = [];

    private MutantList()
    {
        foreach (string file in Files) AddFile(file);
    }

    /// <summary>The shaders by name.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.EndsWith(".metal", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The list for the shaders of this build.</summary>
    public static MutantList Instance { get; } = new();

    /// <summary>The mutants; number n is at n − 1.</summary>
    public IReadOnlyList<Mutant> Mutants => mutants;

    /// <summary>The comparisons that have no mutants, and why.</summary>
    public IReadOnlyList<string> LeftOut => leftOut;

    /// <summary>The file of edits that SoftMetal reads: every changed line, with all its mutants.</summary>
    public string Edits => edits.ToString();

    /// <summary>The text of a resource of this assembly.</summary>
    public static string Read(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private void AddFile(string file)
    {
        var shader = new ShaderText(Read(file));
        var numbers = Numbers.GetValueOrDefault(file, []);
        for (int line = 0; line < shader.Lines.Count; line++)
        {
            if (numbers.Contains(shader.Functions[line]))
            {
                leftOut.AddRange(ShaderText.Sign().Matches(shader.Lines[line]).Select(_ => $"{file}:{line + 1} {shader.Functions[line]}: a function of numbers"));
                continue;
            }

            string text = shader.Lines[line], changed = Render(shader, file, line, 0, text.Length);
            if (changed != text) edits.Append(System.Globalization.CultureInfo.InvariantCulture, $"{file}:{line + 1}:{changed}\n");
        }
    }

    /// <summary>The text between two columns of a line with its mutants.</summary>
    private string Render(ShaderText shader, string file, int line, int begin, int end)
    {
        string text = shader.Lines[line];
        var changed = new StringBuilder();
        while (begin < end)
        {
            string rest = text[begin..end];
            if (ShaderText.Barrier().Match(rest) is { Success: true, Index: 0 } barrier)
            {
                changed.Append(System.Globalization.CultureInfo.InvariantCulture, $"if (!softmetal_mutant({Add(MutantKind.Barrier, $"{barrier.Value} → nothing")})) {barrier.Value}");
                begin += barrier.Length;
            }
            else if (shader.MinimumAt(line, begin, end) is var (comma, close))
            {
                int open = begin + "min(".Length;
                string left = text[open..comma].Trim(), right = text[(comma + 1)..close].Trim();
                int first = Add(MutantKind.Minimum, $"min({left}, {right}) → {left}"), second = Add(MutantKind.Minimum, $"min({left}, {right}) → {right}");
                changed.Append(System.Globalization.CultureInfo.InvariantCulture,
                    $"(softmetal_mutant({first}) ? {left} : softmetal_mutant({second}) ? {right} : min({Render(shader, file, line, open, comma)}, {Render(shader, file, line, comma + 1, close).Trim()}))");
                begin = close + 1;
            }
            else if (shader.ComparisonAt(line, begin, end) is { } comparison)
            {
                var (sign, stop) = (comparison.Sign, comparison.End);
                string left = text[begin..comparison.At].TrimEnd(), right = text[(comparison.At + sign.Length)..stop].Trim();
                if (comparison.LeftOut is { } reason)
                {
                    leftOut.Add($"{file}:{line + 1} {shader.Functions[line]}: {left} {sign} {right}, {reason}");
                    changed.Append(text, begin, stop - begin);
                    begin = stop;
                    continue;
                }

                string other = Comparisons[Array.IndexOf(Comparisons, sign) ^ 1];
                int boundary = Add(MutantKind.Boundary, $"{left} {sign} {right} → {other}");
                string mutated = $"softmetal_mutant({boundary}) ? {left} {other} {right} : "
                    + $"{Render(shader, file, line, begin, comparison.At).TrimEnd()} {sign} {Render(shader, file, line, comparison.At + sign.Length, stop).Trim()}";
                if (!comparison.IsLoop)
                {
                    string passes = comparison.Rejects ? "false" : "true";
                    mutated = $"softmetal_mutant({Add(MutantKind.Guard, $"{left} {sign} {right} → {passes}")}) ? {passes} : {mutated}";
                }

                changed.Append('(').Append(mutated).Append(')');
                begin = stop;
            }
            else
            {
                changed.Append(text[begin++]);
            }
        }

        return changed.ToString();

        int Add(MutantKind kind, string change)
        {
            string function = shader.Functions[line], key = $"{file} {function}: {change}";
            int times = repeated[key] = repeated.GetValueOrDefault(key) + 1;
            mutants.Add(new(mutants.Count + 1, file, line + 1, function, kind, times == 1 ? change : $"{change} #{times}"));
            return mutants.Count;
        }
    }
}
