using System.Text.RegularExpressions;

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// What the shaders keep to so that a second compiler accepts them and a second driver runs them, as far as it shows in the text
/// (docs/metal.md). SoftMetal refuses 64-bit and bool operands of simd operations; check-address-spaces.sh knows pointers.
/// </summary>
[TestFixtureSource(nameof(Files))]
public sealed partial class DialectTests(string file)
{
    private static readonly string[] GridAttributes =
    [
        "thread_position_in_grid", "threads_per_grid", "thread_position_in_threadgroup", "threads_per_threadgroup",
        "threadgroup_position_in_grid", "threadgroups_per_grid",
    ];

    private readonly string text = WithoutComments(file);

    private static IEnumerable<string> Files() => typeof(MetalBackend).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".metal", StringComparison.Ordinal)).Order();

    /// <summary>A kernel: its name, its parameters, its body.</summary>
    private sealed record Kernel(string Name, string[] Parameters, string Body);

    [Test]
    public void Parameters_say_where_they_come_from()
    {
        foreach (var kernel in Kernels())
            foreach (string parameter in kernel.Parameters)
            {
                // Or its macro gives one.
                var macro = MacroCall().Match(parameter);
                string declared = macro.Success ? text[text.IndexOf("#define " + macro.Groups[1].Value, StringComparison.Ordinal)..] : parameter;
                Assert.That(declared.Split("\n\n")[0], Does.Contain("[["), $"{kernel.Name}: every parameter has an attribute");
            }
    }

    [Test]
    public void Bytes_are_one_reference_behind_all_buffers()
    {
        foreach (var kernel in Kernels())
        {
            string[] parameters = [.. kernel.Parameters.Where(parameter => !LaunchedGrid().IsMatch(parameter))];
            string[] constants = [.. parameters.Where(parameter => parameter.StartsWith("constant ", StringComparison.Ordinal))];
            Assert.That(constants, Has.Length.LessThanOrEqualTo(1), $"{kernel.Name}: one struct holds all parameters");
            int[] buffers = [.. parameters.SelectMany(parameter => BufferIndex().Matches(parameter)).Select(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))];
            Assert.That(buffers, Is.Ordered.And.Unique, $"{kernel.Name}: buffers come in the order of their numbers");
            foreach (string constant in constants)
            {
                Assert.That(constant, Does.Contain("& "), $"{kernel.Name}: a reference means bytes, a pointer a buffer");
                Assert.That(int.Parse(BufferIndex().Match(constant).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), Is.EqualTo(buffers[^1]), $"{kernel.Name}: bytes come last");
            }
        }
    }

    /// <summary>Metal: positions and sizes of the grid in one kernel are all scalars, or vectors of one length.</summary>
    [Test]
    public void Positions_are_of_one_type()
    {
        foreach (var kernel in Kernels())
        {
            var types = kernel.Parameters.Where(parameter => GridAttributes.Any(attribute => parameter.Contains($"[[{attribute}]]", StringComparison.Ordinal)))
                .Select(parameter => parameter.Split(' ')[0]).Distinct();
            Assert.That(types.Count(), Is.LessThanOrEqualTo(1), $"{kernel.Name}: {string.Join(", ", types)}");
        }
    }

    [Test]
    public void Threadgroup_memory_is_declared_first_and_without_initialiser()
    {
        foreach (var kernel in Kernels())
        {
            string[] statements = kernel.Body.Split(';', StringSplitOptions.TrimEntries);
            int last = Array.FindLastIndex(statements, IsStorage);
            for (int i = 0; i <= last; i++)
                Assert.That(IsStorage(statements[i]) || TypeOrConstant().IsMatch(statements[i]), $"{kernel.Name}: '{statements[i]}' stands before threadgroup memory");
        }

        Assert.That(InitialisedStorage().Matches(text), Is.Empty);
        static bool IsStorage(string statement) => Storage().IsMatch(statement);
    }

    [Test]
    public void One_simd_operation_or_barrier_stands_on_a_line() => Lines(line => Exchange().Count(line) <= 1);

    [Test]
    public void Literals_have_types() => Lines(line => !UntypedReal().IsMatch(line));

    [Test]
    public void Function_constants_are_whole_scalars() => Lines(line => !line.Contains("[[function_constant", StringComparison.Ordinal) || WholeConstant().IsMatch(line));

    /// <summary>Metal's language is C++14 with extensions; names with two underscores are the compiler's own.</summary>
    [Test]
    public void Nothing_is_newer_or_less_documented_than_the_language() => Lines(line => !Foreign().IsMatch(line));

    /// <summary>Else they spill: an index that is not constant puts the array into memory.</summary>
    [Test]
    public void Loops_over_register_arrays_are_unrolled()
    {
        var arrays = RegisterArray().Matches(text).Select(match => match.Groups["name"].Value).ToHashSet();
        foreach (Match loop in Loop().Matches(text))
        {
            string index = loop.Groups["index"].Value, body = Statement(loop.Index + loop.Length);
            var indexed = arrays.Where(array => Regex.IsMatch(body, $@"(?<![.\w]){array}(\[[^\]]*\])*\[[^\]]*\b{index}\b")).ToArray();
            if (indexed.Length == 0) continue;
            string before = text[..loop.Index].TrimEnd();
            Assert.That(before.EndsWith("UNROLL", StringComparison.Ordinal) || before.EndsWith("#pragma clang loop unroll(full)", StringComparison.Ordinal),
                $"line {text[..loop.Index].Count(c => c == '\n') + 1}: {loop.Value} indexes {string.Join(", ", indexed)}");
        }
    }

    private void Lines(Func<string, bool> isRight)
    {
        int number = 0;
        foreach (string line in text.Split('\n'))
        {
            number++;
            Assert.That(isRight(line), $"{file}:{number}: {line.Trim()}");
        }
    }

    private IEnumerable<Kernel> Kernels()
    {
        foreach (Match head in KernelHead().Matches(text))
        {
            int open = head.Index + head.Length - 1, close = Partner(open);
            int body = text.IndexOfAny(['{', ';'], close);
            if (text[body] == ';') continue; // an instantiation
            yield return new(head.Groups["name"].Value, Split(text[(open + 1)..close]), text[(body + 1)..Partner(body)]);
        }
    }

    // At commas outside of brackets.
    private static string[] Split(string list)
    {
        var parts = new List<string>();
        int depth = 0, start = 0;
        for (int i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || (list[i] == ',' && depth == 0))
            {
                parts.Add(Space().Replace(list[start..i], " ").Trim());
                start = i + 1;
            }
            else if ("([{<".Contains(list[i], StringComparison.Ordinal)) depth++;
            else if (")]}>".Contains(list[i], StringComparison.Ordinal)) depth--;
        }

        return [.. parts];
    }

    private int Partner(int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            if ("([{".Contains(text[i], StringComparison.Ordinal)) depth++;
            else if (")]}".Contains(text[i], StringComparison.Ordinal) && --depth == 0) return i;
        }

        throw new InvalidOperationException($"{file}: no partner of '{text[open]}' at {open}.");
    }

    // The statement from here on: a block, or what ends with a semicolon outside of brackets.
    private string Statement(int from)
    {
        int i = from;
        for (; i < text.Length && text[i] != ';'; i++)
        {
            if (text[i] == '{') return text[from..Partner(i)];
            if ("([".Contains(text[i], StringComparison.Ordinal)) i = Partner(i);
        }

        return text[from..i];
    }

    private static string WithoutComments(string name)
    {
        using var reader = new StreamReader(typeof(MetalBackend).Assembly.GetManifestResourceStream(name)!);
        return Comment().Replace(reader.ReadToEnd(), "");
    }

    [GeneratedRegex("//.*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"\bkernel void (?<name>\w+)(<[^>]*>)?\(")]
    private static partial Regex KernelHead();

    [GeneratedRegex(@"\[\[buffer\((\d+)\)")]
    private static partial Regex BufferIndex();

    [GeneratedRegex(@"^([A-Z_]+)\(")]
    private static partial Regex MacroCall();

    // Which part of a launch it is (common.metal): the device layer binds it.
    [GeneratedRegex(@"^constant Grid& \w+ \[\[buffer\(30\)\]\]$")]
    private static partial Regex LaunchedGrid();

    [GeneratedRegex(@"^threadgroup [^*&(]+\[[^=]*$")]
    private static partial Regex Storage();

    [GeneratedRegex(@"^(typedef|using|constexpr)\b")]
    private static partial Regex TypeOrConstant();

    [GeneratedRegex(@"^\s*threadgroup [^*&()\n]+=", RegexOptions.Multiline)]
    private static partial Regex InitialisedStorage();

    [GeneratedRegex(@"\b(simd_\w+|quad_\w+|simdgroup_\w+|threadgroup_barrier)\s*\(")]
    private static partial Regex Exchange();

    [GeneratedRegex(@"(?<![\w.])(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][+-]?\d+)?(?![\w.])")]
    private static partial Regex UntypedReal();

    [GeneratedRegex(@"^constant int \w+ \[\[function_constant\([0-3]\)\]\];")]
    private static partial Regex WholeConstant();

    [GeneratedRegex(@"\b(?!__VA_ARGS__)__\w+|\bstd::|\bif constexpr\b|\bauto \[|\btemplate <auto\b|\binline constexpr \w+ \w+ =|\basm\b|\basync|\[\s*\w+ \.\.\.|\btexture\w*<|\bsampler\b|^\s+template <>")]
    private static partial Regex Foreign();

    [GeneratedRegex(@"^ +(?! |threadgroup|device|constant|return|typedef)[\w:<>, ]+ (?<name>\w+)(\[[^\]]+\])+(, \w+(\[[^\]]+\])+)*;", RegexOptions.Multiline)]
    private static partial Regex RegisterArray();

    [GeneratedRegex(@"\bfor \(\w+ (?<index>\w+) = [^;]*;[^;]*;[^)]*\)")]
    private static partial Regex Loop();
}
