using System.Runtime.CompilerServices;

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// On Linux the tests run on SoftMetal once tools/SoftMetal/build.sh has made it: the variable that names it is set before anything asks
/// for a device. A variable that is set already stays, an empty one too: <c>GRADIENT_METAL_LIBRARY= dotnet test</c> runs without Metal.
/// </summary>
internal static class FindSoftMetal
{
    [ModuleInitializer]
    internal static void SetVariable()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Bindings.Metal.SubstituteVariable) is not null) return;
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string library = Path.Combine(folder.FullName, "tools", "SoftMetal", "bin", "libSoftMetal.so");
            if (!File.Exists(library)) continue;
            Environment.SetEnvironmentVariable(Bindings.Metal.SubstituteVariable, library);
            return;
        }
    }
}
