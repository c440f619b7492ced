using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// Every file of shaders/, as it lies there, is read by clang with real address spaces, as C++14. Needs clang++ (14 or later); which
/// device there is does not matter.
/// </summary>
public sealed class AddressSpaceTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "../.."));

    private static IEnumerable<string> Files() => Directory.GetFiles(Path.Combine(Root, "shaders"), "*.metal").Select(Path.GetFileName).OfType<string>().Order();

    [TestCaseSource(nameof(Files))]
    public void A_shader_alone_respects_address_spaces(string file)
    {
        if (OperatingSystem.IsWindows() || Run("clang++", "--version") is not { Status: 0 })
            Assert.Inconclusive("There is no clang++ here to read the shaders with.");
        var (status, output) = Run("bash", Path.Combine(Root, "tools/SoftMetal/check-address-spaces.sh"), Path.Combine(Root, "shaders", file)) ?? (-1, "no bash");
        Assert.That(status, Is.Zero, output);
    }

    // Null if there is no such program.
    private static (int Status, string Output)? Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
