using System.Text.RegularExpressions;

namespace Gradient.Mutation.Tests;

/// <summary>
/// A shader as text: its lines without comments, the function that each belongs to, and where comparisons and minima stand in a line. It
/// relies on the style of the shaders: an operator of two operands has blanks around it, a bracket of a template has not.
/// </summary>
public sealed partial class ShaderText
{
    private readonly HashSet<string> constants = [];

    /// <summary>Reads a text.</summary>
    public ShaderText(string text)
    {
        Lines = [.. text.Split('\n').Select(line => LineComment().Replace(line, "").TrimEnd())];
        foreach (Match match in Constant().Matches(string.Join('\n', Lines))) constants.UnionWith(Name().Matches(match.Value).Select(name => name.Value));
        Functions = FindFunctions();
    }

    /// <summary>The lines, without comments.</summary>
    public IReadOnlyList<string> Lines { get; }

    /// <summary>The function around each line; empty outside.</summary>
    public IReadOnlyList<string> Functions { get; }

    /// <summary>A barrier.</summary>
    [GeneratedRegex(@"\b(threadgroup|simdgroup)_barrier\([^)]*\)")]
    public static partial Regex Barrier();

    /// <summary>A comparison of a line.</summary>
    /// <param name="At">The column of its sign.</param>
    /// <param name="Sign">The sign.</param>
    /// <param name="End">The column after its right operand.</param>
    /// <param name="IsLoop">Whether it is a condition of a loop.</param>
    /// <param name="Rejects">Whether what follows if it holds is return or continue.</param>
    /// <param name="LeftOut">Why it has no mutants; null if it has.</param>
    public readonly record struct Comparison(int At, string Sign, int End, bool IsLoop, bool Rejects, string? LeftOut);

    /// <summary>The comparison whose left operand begins at a column.</summary>
    public Comparison? ComparisonAt(int line, int begin, int end)
    {
        string text = Lines[line];
        if (!char.IsLetterOrDigit(text[begin]) && text[begin] is not ('(' or '_' or '!' or '-')) return null;
        if (begin > 0 && (char.IsLetterOrDigit(text[begin - 1]) || text[begin - 1] is '_' or '.' or '>')) return null;
        int stop = EndOfOperand(text, begin, end);
        var sign = Sign().Match(text, begin, Math.Max(0, stop - begin));
        // The sign stands outside of parentheses: nothing between it and the operand's begin is open.
        while (sign.Success && Depth(text, begin, sign.Index) != 0) sign = sign.NextMatch();
        if (!sign.Success) return null;
        int at = sign.Index + 1, after = at + sign.Length - 2;
        if (BeginOfOperand(text, sign.Index) != begin) return null;
        string? leftOut = FloatLiteral().IsMatch(text[begin..stop]) ? "of floating-point numbers" : IsTripCount(text, begin, after, stop) ? "a trip count" : null;
        var (loop, rejects) = Around(text, begin);
        return new(at, sign.Value.Trim(), stop, loop, rejects, leftOut);
    }

    /// <summary>The columns of the comma and the closing parenthesis of a min( that begins at a column.</summary>
    public (int Comma, int Close)? MinimumAt(int line, int begin, int end)
    {
        string text = Lines[line];
        if (string.CompareOrdinal(text, begin, "min(", 0, 4) != 0 || (begin > 0 && (char.IsLetterOrDigit(text[begin - 1]) || text[begin - 1] is '_'))) return null;
        int open = begin + 4, comma = EndOfOperand(text, open, end);
        int close = EndOfOperand(text, comma + 1, end);
        return text[comma] == ',' && text[close] == ')' ? (comma, close) : null;
    }

    private static int Depth(string text, int begin, int end) => text[begin..end].Count(c => c is '(' or '[') - text[begin..end].Count(c => c is ')' or ']');

    /// <summary>What ends an operand of a comparison or of min: a bracket that closes, a comma, a semicolon, a logical operator.</summary>
    private static int EndOfOperand(string text, int at, int end)
    {
        int depth = 0;
        for (; at < end; at++)
        {
            char c = text[at];
            if (c is '(' or '[' or '{') depth++;
            else if (c is ')' or ']' or '}' && depth-- == 0) return at;
            else if (depth == 0 && (c is ',' or ';' || (c == ' ' && Boundary().Match(text, at, end - at) is { Success: true } match && match.Index == at))) return at;
        }

        return end;
    }

    private static int BeginOfOperand(string text, int at)
    {
        int depth = 0, begin = at;
        for (int i = at - 1; i >= 0; i--)
        {
            char c = text[i];
            if (c is ')' or ']' or '}') depth++;
            else if (c is '(' or '[' or '{' && depth-- == 0) return begin;
            else if (depth == 0 && (c is ',' or ';' || Opening().IsMatch(text[..(i + 1)]))) return begin;
            if (c != ' ') begin = i;
        }

        return begin;
    }

    /// <summary>Whether a comparison is a condition of a loop, and else whether an if that it belongs to leaves.</summary>
    private static (bool IsLoop, bool Rejects) Around(string text, int begin)
    {
        var head = Head().Match(text);
        for (; head.Success; head = head.NextMatch())
        {
            int open = head.Index + head.Length, close = CloseOf(text, open);
            if (begin < open || begin >= close) continue;
            if (head.Groups[1].Value != "if") return (true, false);
            string then = text[Math.Min(close + 1, text.Length)..].TrimStart();
            return (false, Leaves().IsMatch(then));
        }

        return (false, false);
    }

    private static int CloseOf(string text, int at)
    {
        for (int depth = 0; at < text.Length; at++)
            if (text[at] == '(') depth++;
            else if (text[at] == ')' && depth-- == 0) return at;
        return text.Length;
    }

    /// <summary>for (int i = 2; i &lt; constant of the compiler; …): the same for every thread and size.</summary>
    private bool IsTripCount(string text, int begin, int right, int end)
    {
        var loop = FromLiteral().Match(text[..begin]);
        return loop.Success && text[right..end] is var bound && !bound.Contains('.', StringComparison.Ordinal)
            && Name().Matches(bound).All(name => constants.Contains(name.Value));
    }

    private string[] FindFunctions()
    {
        var functions = new string[Lines.Count];
        var scopes = new Stack<string>();
        string head = "";
        for (int line = 0; line < Lines.Count; line++)
        {
            string inside = scopes.FirstOrDefault(name => name.Length > 0) ?? "";
            if (!Lines[line].StartsWith('#'))
            {
                foreach (char c in Lines[line])
                {
                    if (c == '{') (head, _) = ("", Push(NameOf(head)));
                    else if (c == '}') (head, _) = ("", scopes.Pop());
                    else if (c == ';' && head.Count(x => x == '(') == head.Count(x => x == ')')) head = "";
                    else head += c;
                    if (inside.Length == 0) inside = scopes.FirstOrDefault(name => name.Length > 0) ?? "";
                }
            }

            functions[line] = inside;
            head += ' ';
        }

        return functions;

        bool Push(string name)
        {
            scopes.Push(name);
            return true;
        }

        string NameOf(string text) =>
            scopes.Any(name => name.Length > 0) ? "" : FunctionName().Match(text) is { Success: true } match ? match.Groups[1].Value : "";
    }

    [GeneratedRegex(@"//.*$")]
    private static partial Regex LineComment();

    [GeneratedRegex(@"\bconstexpr [^;]*;|\btemplate <[^>]*>")]
    private static partial Regex Constant();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Name();

    /// <summary>The sign of a comparison, with the blanks around it.</summary>
    [GeneratedRegex(@" (<=|>=|<|>) ")]
    public static partial Regex Sign();

    [GeneratedRegex(@"\G ?(&&|\|\||\?|:|==|!=) ")]
    private static partial Regex Boundary();

    [GeneratedRegex(@"(&&|\|\||\?| :|==|!=| [-+*/]?=|\breturn|\bcase|\belse) ?$")]
    private static partial Regex Opening();

    [GeneratedRegex(@"\b\d+(\.\d*(e-?\d+)?|e-?\d+)f?\b|INFINITY")]
    private static partial Regex FloatLiteral();

    [GeneratedRegex(@"\b(if|for|while) \(")]
    private static partial Regex Head();

    [GeneratedRegex(@"^(return(?! true)|continue)\b")]
    private static partial Regex Leaves();

    [GeneratedRegex(@"\bfor \(\w+ \w+ = \d+; $")]
    private static partial Regex FromLiteral();

    [GeneratedRegex(@"^[^(]*?\b(operator|(?!if\b|for\b|while\b|switch\b|else\b)\w+)\s*\(")]
    private static partial Regex FunctionName();
}
