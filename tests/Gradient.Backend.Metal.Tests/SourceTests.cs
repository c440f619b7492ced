using Gradient.Backend.Metal;

namespace Gradient.Backend.Metal.Tests;

/// <summary>The sources of all families, as the device compiles them.</summary>
public sealed class SourceTests
{
    /// <summary>For offline compilers: writes what the backend compiles to the folder that GRADIENT_SHADER_SOURCES names.</summary>
    [Test]
    public void Sources_are_written_where_asked()
    {
        string folder = Environment.GetEnvironmentVariable("GRADIENT_SHADER_SOURCES") is { Length: > 0 } asked
            ? asked : Directory.CreateTempSubdirectory("shaders").FullName;
        foreach (string family in KernelCache.Families) File.WriteAllText(Path.Combine(folder, family + ".metal"), KernelCache.Compose(family));
        Assert.That(Directory.GetFiles(folder, "*.metal"), Has.Length.EqualTo(KernelCache.Families.Count).And.Length.GreaterThan(0));
    }
}
