using System.Reflection;

namespace Gradient.Backend.Metal;

/// <summary>Compiled kernels by all that shaped them: family, function, constants. Sources are resources of this assembly.</summary>
internal sealed class KernelCache(IKernelDevice device)
{
    private const string Common = "common";
    private readonly Lock gate = new();
    private readonly Dictionary<(string Family, string Function, Constants Constants), IKernel> compiled = [];
    private readonly Dictionary<string, string> sources = [];

    private readonly record struct Constants(int Count, int A, int B, int C, int D);

    /// <summary>A kernel of shaders/<paramref name="family"/>.metal, specialised by up to four function constants.</summary>
    public IKernel Get(string family, string function, params ReadOnlySpan<int> constants)
    {
        var key = (family, function, new Constants(constants.Length, At(constants, 0), At(constants, 1), At(constants, 2), At(constants, 3)));
        lock (gate)
        {
            if (compiled.TryGetValue(key, out var kernel)) return kernel;
            kernel = device.Compile(family, Source(family), function, constants);
            compiled.Add(key, kernel);
            return kernel;
        }
    }

    /// <summary>All families: the files of shaders/ but for common.metal.</summary>
    public static IReadOnlyList<string> Families { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(name => name != Common).Order()];

    /// <summary>The text of a family with the kinds of the seam and common.metal in front: what the device compiles.</summary>
    public static string Compose(string family) => Kinds.Text + Read(Common) + "\n#line 1 \"" + family + ".metal\"\n" + Read(family);

    private string Source(string family)
    {
        if (!sources.TryGetValue(family, out string? source)) sources.Add(family, source = Compose(family));
        return source;
    }

    private static int At(ReadOnlySpan<int> constants, int index) => index < constants.Length ? constants[index] : 0;

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{name}.metal")
            ?? throw new UnsupportedOperationException($"Metal: there is no shader file {name}.metal in the backend.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
