using System.Diagnostics;

namespace Gradient.Samples.Tests;

/// <summary>Runs a sample as its users do, in a process and folder of its own.</summary>
internal sealed class SampleProcess : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gradient-samples-");

    public string File(string name) => Path.Combine(folder.FullName, name);

    public (int ExitCode, string[] Output, string Error) Run(string sample, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName };
        // Asks for a network that does not answer, so that tests are the same with and without one.
        start.Environment["https_proxy"] = "http://127.0.0.1:9";
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, sample + ".dll"));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(5)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{sample} did not end in 5 minutes:\n{output.Result}");
        }

        TestContext.Out.WriteLine(output.Result + error.Result);
        return (process.ExitCode, output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), error.Result);
    }

    public void Dispose() => folder.Delete(recursive: true);
}
