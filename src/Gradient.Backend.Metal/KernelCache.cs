using System.Reflection;

namespace Gradient.Backend.Metal;

/// <summary>Compiled kernels by all that shaped them: family, function, constants. Sources are resources of this assembly.</summary>
internal sealed class KernelCache(IKernelDevice device)
{
    private const string Common = "common";
    private static readonly string[] Headers = [Common, "gemm", "team"]; // what families share
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

    /// <summary>The text of a family with the kinds of the seam and common.metal in front: what the device compiles.</summary>
    public static string Compose(string family) => Kinds.Text + Read(Common) + "\n" + ReadWithIncludes(family);

    private string Source(string family)
    {
        if (!sources.TryGetValue(family, out string? source)) sources.Add(family, source = Compose(family));
        return source;
    }

    private static int At(ReadOnlySpan<int> constants, int index) => index < constants.Length ? constants[index] : 0;

    /// <summary>
    /// A text in which a first line <c>#include "other.metal"</c> is replaced by that text: sources compiled from memory have no
    /// files to include.
    /// </summary>
    private static string ReadWithIncludes(string name)
    {
        const string Include = "#include \"";
        string text = Read(name), header = "";
        int line = 1;
        if (text.StartsWith(Include, StringComparison.Ordinal))
        {
            int end = text.IndexOf('\n', StringComparison.Ordinal);
            string included = text[Include.Length..text.IndexOf(".metal", StringComparison.Ordinal)];
            (header, text, line) = (ReadWithIncludes(included) + "\n", text[(end + 1)..], 2);
        }

        return $"{header}#line {line} \"{name}.metal\"\n{text}";
    }

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{name}.metal")
            ?? throw new UnsupportedOperationException($"Metal: there is no shader file {name}.metal in the backend.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
