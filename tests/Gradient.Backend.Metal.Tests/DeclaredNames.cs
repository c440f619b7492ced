using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Gradient.Backend.Metal.Tests;

/// <summary>What selectors.txt says of Apple's headers.</summary>
internal static partial class DeclaredNames
{
    /// <summary>A line but for its last column, by kind and name.</summary>
    /// <param name="Kind">message, function, enum …</param>
    /// <param name="Name">-[MTLDevice name], MTLCopyAllDevices, MTLDataType.Int …</param>
    /// <param name="Details">What is between name and header.</param>
    /// <param name="Header">Where it is declared.</param>
    public sealed record Line(string Kind, string Name, IReadOnlyList<string> Details, string Header);

    /// <summary>The types of a message or function in Apple's names.</summary>
    /// <param name="Arguments">But for receiver and selector.</param>
    /// <param name="Result">void, if nothing.</param>
    public sealed record Signature(IReadOnlyList<string> Arguments, string Result);

    public static IReadOnlyList<Line> All { get; } =
        [.. File.ReadAllLines(Path.Combine(Here(), "selectors.txt")).Where(line => line.Length > 0 && line[0] != '#').Select(Parse)];

    public static IReadOnlyList<Line> Of(string kind) => [.. All.Where(line => line.Kind == kind)];

    public static IEnumerable<string> Names(string kind) => Of(kind).Select(line => line.Name);

    public static Signature Types(Line line)
    {
        var match = SignatureText().Match(line.Details[0]);
        Assert.That(match.Success, $"{line.Name}: {line.Details[0]} is no signature");
        return new(match.Groups["arguments"].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries), match.Groups["result"].Value);
    }

    /// <summary>Whether a type of a C# function pointer has the size and the registers of Apple's.</summary>
    public static bool Agree(string apple, string ours) => apple switch
    {
        "id" or "SEL" or "NSInteger" => ours == "nint",
        "NSUInteger" => ours == "nuint",
        "uint64_t" => ours == "ulong",
        "BOOL" => ours == "byte",
        "NSError **" => ours == "nint*",
        "char *" or "void *" => ours is "nint" or "byte*" or "void*",
        _ => ours == apple, // void, enums, structures
    };

    /// <summary>A type of Apple's as SoftMetal's softmetal_method_types writes it.</summary>
    public static string Code(string apple) => apple switch
    {
        "id" => "@",
        "void" => "v",
        "BOOL" => "B",
        "NSInteger" => "q",
        "NSUInteger" or "uint64_t" => "Q",
        _ when apple.EndsWith('*') => "^",
        _ when Of("struct").FirstOrDefault(line => line.Name == apple) is { } structure => $"{{{8 * structure.Details[0].Split(", ").Length}}}",
        _ => Code(Of("enum").Single(line => line.Name == apple).Details[0]),
    };

    public static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static Line Parse(string text)
    {
        string[] columns = Columns().Split(text);
        Assert.That(columns, Has.Length.GreaterThanOrEqualTo(3), text);
        return new(columns[0], columns[1], columns[2..^1], columns[^1]);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(" {2,}")]
    private static partial Regex Columns();

    [GeneratedRegex(@"^\((?<arguments>.*)\) (?<result>.+)$")]
    private static partial Regex SignatureText();
}
