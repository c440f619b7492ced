using System.Globalization;
using System.Reflection;
using System.Text;

namespace Gradient.Backend.Metal;

/// <summary>Compiled kernels by all that shaped them: family, function, constants. Sources are resources of this assembly.</summary>
internal sealed class KernelCache(IKernelDevice device)
{
    private static readonly string[] Headers = ["common", "gemm", "team"]; // what families include
    private readonly Lock gate = new();
    private readonly Dictionary<(string Family, string Function, Constants Constants), IKernel> compiled = [];
    private readonly Dictionary<string, string> sources = [];

    private readonly record struct Constants(int Count, int A, int B, int C, int D);

    /// <summary>A kernel of shaders/<paramref name="family"/>.metal, specialised by up to four function constants.</summary>
    public IKernel Get(string family, string function, params ReadOnlySpan<int> constants)
    {
        // A constant that is not in the key would give one pipeline for two.
        if (constants.Length > 4) throw new ArgumentException($"{function} has {constants.Length} constants; the key of a pipeline holds four.", nameof(constants));
        var key = (family, function, new Constants(constants.Length, At(constants, 0), At(constants, 1), At(constants, 2), At(constants, 3)));
        lock (gate)
        {
            if (compiled.TryGetValue(key, out var kernel)) return kernel;
            kernel = device.Compile(family, Source(family), function, constants);
            compiled.Add(key, kernel);
            return kernel;
        }
    }

    /// <summary>All families: the files of shaders/ but for those that others include.</summary>
    public static IReadOnlyList<string> Families { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(name => !Headers.Contains(name)).Order()];

    /// <summary>The text of a family with those it includes in their places: what the device compiles, which has no folder to look in.</summary>
    public static string Compose(string family)
    {
        var text = new StringBuilder();
        Append(text, family, []);
        return text.ToString();
    }

    private string Source(string family)
    {
        if (!sources.TryGetValue(family, out string? source)) sources.Add(family, source = Compose(family));
        return source;
    }

    private static int At(ReadOnlySpan<int> constants, int index) => index < constants.Length ? constants[index] : 0;

    // Lines keep their numbers and the names of their files.
    private static void Append(StringBuilder text, string name, HashSet<string> included)
    {
        const string Include = "#include \"", Extension = ".metal\"";
        if (!included.Add(name)) return;
        text.Append(CultureInfo.InvariantCulture, $"#line 1 \"{name}.metal\"\n");
        int number = 0;
        foreach (string line in Read(name).Split('\n'))
        {
            number++;
            if (line.StartsWith(Include, StringComparison.Ordinal) && line.EndsWith(Extension, StringComparison.Ordinal))
            {
                Append(text, line[Include.Length..^Extension.Length], included);
                text.Append(CultureInfo.InvariantCulture, $"#line {number + 1} \"{name}.metal\"\n");
            }
            else text.Append(line).Append('\n');
        }
    }

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{name}.metal")
            ?? throw new UnsupportedOperationException($"Metal: there is no shader file {name}.metal in the backend.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
