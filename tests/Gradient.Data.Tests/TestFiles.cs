using System.Diagnostics;

namespace Gradient.Data.Tests;

/// <summary>A folder of a test's own, removed at its end.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gradient-data-");

    public string Path => folder.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string File(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(File(name), content);
        return File(name);
    }

    public void Dispose() => folder.Delete(recursive: true);
}

internal static class TestFiles
{
    /// <summary>A folder somewhere above the test's own: "shared/data/mnist", "tests/goldens"; null if there is none.</summary>
    public static string? FindAbove(string relative)
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, relative) is var path && Directory.Exists(path)) return path;
        return null;
    }

    /// <summary>The folder with real MNIST files, beside or above the repository; the test is inconclusive without.</summary>
    public static string RequireMnist()
    {
        string? folder = Environment.GetEnvironmentVariable("GRADIENT_MNIST") ?? FindAbove("shared/data/mnist") ?? FindAbove("data/mnist");
        if (folder is null) Assert.Inconclusive("No MNIST files: neither shared/data/mnist nor data/mnist above the test, nor GRADIENT_MNIST.");
        return folder!;
    }

    /// <summary>Runs a Python script with NumPy; the test is inconclusive without them.</summary>
    public static string Python(string script, params string[] arguments)
    {
        const string python = "/usr/bin/python3";
        if (!File.Exists(python) || Run(python, "import numpy", []).ExitCode != 0) Assert.Inconclusive($"No {python} with numpy on this machine.");
        var (exitCode, output) = Run(python, script, arguments);
        Assert.That(exitCode, Is.Zero, output);
        return output;
    }

    private static (int ExitCode, string Output) Run(string python, string script, string[] arguments)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.Result);
    }
}
