using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Gradient.Backend.Metal.Bindings;

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// The bindings use the names, types and numbers of Apple's headers as selectors.txt has them, every line of it is used, and nothing else in
/// src/ calls natively.
/// </summary>
public sealed partial class BindingTests
{
    private static readonly string Sources = Path.GetFullPath(Path.Combine(Here(), "../../src"));
    private static readonly string Folder = Path.Combine(Sources, "Gradient.Backend.Metal", "Bindings") + Path.DirectorySeparatorChar;
    private static readonly string[] Texts = [.. Directory.GetFiles(Folder, "*.cs").Select(File.ReadAllText)];

    private static IEnumerable<DeclaredNames.Line> Messages => DeclaredNames.Of("message");

    [Test]
    public void Every_line_has_a_header_that_was_read()
    {
        var read = DeclaredNames.Names("read").ToList();
        var named = DeclaredNames.All.Where(line => line.Kind != "read").ToList();
        Assert.That(named.Select(line => line.Header).Distinct(), Is.EquivalentTo(read));
        Assert.That(named.Select(line => $"{line.Kind} {line.Name}"), Is.Unique);
        Assert.That(named.Select(line => line.Kind).Distinct(),
            Is.EquivalentTo(["library", "function", "constant", "class", "message", "struct", "enum", "value"]));
    }

    [Test]
    public void Messages_are_as_declared()
    {
        var declared = Messages.ToDictionary(line => line.Name, DeclaredNames.Types);
        var sent = Texts.SelectMany(text => TypeStart().Split(text)).SelectMany(MessagesOf).ToList();
        Assert.That(sent.Select(message => message.Name).Distinct(), Is.EquivalentTo(declared.Keys), "look new ones up in Apple's headers, and add them to selectors.txt");
        foreach (var (name, types) in sent) CheckTypes(name, declared[name], types[2..]);
    }

    [Test]
    public void Functions_are_as_declared()
    {
        var declared = DeclaredNames.Of("function").ToDictionary(line => line.Name);
        var constants = DeclaredNames.Of("constant").ToDictionary(line => line.Name);
        var numbers = Texts.SelectMany(text => Number().Matches(text)).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["value"].Value);
        Assert.That(Captured(Exported()).Concat(numbers.Keys), Is.EquivalentTo(declared.Keys.Concat(constants.Keys)));
        foreach (var (name, value) in numbers) Assert.That(constants[name].Details, Is.EqualTo((string[])[value]), name);

        var typed = Texts.SelectMany(text => TypedExport().Matches(text)).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["types"].Value.Split(", "));
        Assert.That(typed.Keys, Is.EquivalentTo(declared.Keys.Except(["objc_msgSend"])), "objc_msgSend alone has the types of each message");
        foreach (var (name, types) in typed) CheckTypes(name, DeclaredNames.Types(declared[name]), types);
    }

    [Test]
    public void Classes_and_libraries_are_as_declared()
    {
        Assert.That(Captured(ClassName()), Is.EquivalentTo(DeclaredNames.Names("class")));
        Assert.That(Captured(LibraryPath()), Is.EquivalentTo(DeclaredNames.Names("library")));
    }

    [Test]
    public void Enums_have_the_numbers_declared()
    {
        var enums = typeof(MTLDevice).Assembly.GetTypes().Where(type => type.IsEnum && type.Namespace == typeof(MTLDevice).Namespace).ToList();
        var declared = DeclaredNames.Of("enum").ToDictionary(line => line.Name, line => line.Details[0]);
        Assert.That(enums.Select(type => type.Name), Is.EquivalentTo(declared.Keys));
        foreach (var type in enums)
            Assert.That(Enum.GetUnderlyingType(type), Is.EqualTo(declared[type.Name] == "NSInteger" ? typeof(long) : typeof(ulong)), type.Name);

        var values = enums.SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => ($"{type.Name}.{field.Name}", Convert.ToInt64(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture))));
        Assert.That(values, Is.EquivalentTo(DeclaredNames.Of("value").Select(line => (line.Name, DeclaredNames.Number(line.Details[1])))));
    }

    [Test]
    public void Structures_are_laid_out_as_declared()
    {
        var size = DeclaredNames.Of("struct").Single();
        Assert.That(size.Name, Is.EqualTo(nameof(MTLSize)));
        string[] fields = [.. typeof(MTLSize).GetFields(BindingFlags.NonPublic | BindingFlags.Instance).OrderBy(field => field.MetadataToken)
            .Select(field => $"{(field.FieldType == typeof(nuint) ? "NSUInteger" : field.FieldType.Name)} {field.Name.Split('<', '>')[1].ToLowerInvariant()}")];
        Assert.That(string.Join(", ", fields), Is.EqualTo(size.Details[0]));
        Assert.That(Unsafe.SizeOf<MTLSize>(), Is.EqualTo(24));
    }

    /// <summary>
    /// On x86-64 a result of more than 16 bytes comes through objc_msgSend_stret; there is none, so that one entry point serves all.
    /// </summary>
    [Test]
    public void No_message_returns_a_structure() =>
        Assert.That(Messages.Select(line => DeclaredNames.Types(line).Result).Intersect(DeclaredNames.Names("struct")), Is.Empty);

    /// <summary>What runs on Linux takes the same types as Apple's framework.</summary>
    [Test]
    public void SoftMetal_declares_the_same()
    {
        SoftMetal.Require();
        Assert.Multiple(() =>
        {
            foreach (var line in Messages)
            {
                var types = DeclaredNames.Types(line);
                string[] parts = line.Name[2..^1].Split(' ');
                Assert.That(SoftMetal.MethodTypes(parts[0], parts[1], line.Name[0] == '+'),
                    Is.EqualTo(string.Concat(types.Arguments.Prepend(types.Result).Select(DeclaredNames.Code))), line.Name);
            }
        });
    }

    [Test]
    public void Native_calls_are_made_by_the_bindings_alone()
    {
        string build = Path.DirectorySeparatorChar + "obj" + Path.DirectorySeparatorChar;
        string[] native = [.. Directory.GetFiles(Sources, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains(build, StringComparison.Ordinal) && NativeCall().IsMatch(File.ReadAllText(file)))];
        Assert.That(native, Is.Not.Empty.And.All.StartsWith(Folder));
    }

    private static IEnumerable<(string Name, string[] Types)> MessagesOf(string type)
    {
        string receiver = TypeName().Match(type).Groups["name"].Value;
        var selectors = SelectorField().Matches(type).ToDictionary(match => match.Groups["field"].Value, match => match.Groups["selector"].Value);
        var sends = Send().Matches(type);
        Assert.That(sends.Select(match => match.Groups["field"].Value).Distinct(), Is.EquivalentTo(selectors.Keys), $"{receiver}: each selector is sent, and nothing else");
        return sends.Select(match => ($"{(match.Groups["receiver"].Value == "ClassHandle" ? '+' : '-')}[{receiver} {selectors[match.Groups["field"].Value]}]",
            match.Groups["types"].Value.Split(", ")));
    }

    private static void CheckTypes(string name, DeclaredNames.Signature declared, string[] types)
    {
        string[] apple = [.. declared.Arguments, declared.Result];
        Assert.That(types, Has.Length.EqualTo(apple.Length), name);
        for (int i = 0; i < types.Length; i++) Assert.That(DeclaredNames.Agree(apple[i], types[i]), $"{name}: {types[i]} is not {apple[i]}");
    }

    private static IEnumerable<string> Captured(Regex pattern) => Texts.SelectMany(text => pattern.Matches(text)).Select(match => match.Groups["name"].Value);

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(@"(?=^(?:public|internal) .*\b(?:struct|class) )", RegexOptions.Multiline)]
    private static partial Regex TypeStart();

    [GeneratedRegex(@"\b(?:struct|class) (?<name>\w+)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"nint (?<field>\w+) = Selector\(""(?<selector>[^""]+)""u8\)")]
    private static partial Regex SelectorField();

    [GeneratedRegex(@"\(delegate\* unmanaged<(?<types>[^>]*)>\)MessageSend\)\((?<receiver>\w+), (?<field>\w+)")]
    private static partial Regex Send();

    [GeneratedRegex(@"Export\((?:\w+, )?""(?<name>\w+)""\)")]
    private static partial Regex Exported();

    [GeneratedRegex(@"\(delegate\* unmanaged<(?<types>[^>]*)>\)(?:NativeLibrary\.Get)?Export\((?:\w+, )?""(?<name>\w+)""\)")]
    private static partial Regex TypedExport();

    [GeneratedRegex(@"const nuint \w+ = (?<value>\d+); // (?<name>NS\w+)")]
    private static partial Regex Number();

    [GeneratedRegex(@"\bClass\(""(?<name>\w+)""u8\)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"= ""(?<name>/[^""]+)""")]
    private static partial Regex LibraryPath();

    [GeneratedRegex(@"\bDllImport\b|\bLibraryImport\b|\bNativeLibrary\b|delegate\* ?unmanaged|\bextern\b.*\(|\bobjc_msgSend\b|FunctionPointer\b|\bUnmanagedCallersOnly\b")]
    private static partial Regex NativeCall();
}
