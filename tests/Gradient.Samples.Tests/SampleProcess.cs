using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Gradient.Samples.Tests;

/// <summary>Runs a sample as its users do, in a process and folder of its own.</summary>
internal sealed partial class SampleProcess : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gradient-samples-");

    public string File(string name) => Path.Combine(folder.FullName, name);

    public (int ExitCode, string[] Output, string Error) Run(string sample, params string[] arguments)
    {
        string[] command = ["dotnet", "exec", Path.Combine(TestContext.CurrentContext.TestDirectory, sample + ".dll"), .. arguments];
        return Start(command[0], command[1..], sample);
    }

    /// <summary>The same on a terminal, as far as the sample can tell; the output without the terminal's control sequences.</summary>
    public (int ExitCode, string[] Output, string Error) RunOnTerminal(string sample, string arguments)
    {
        const string terminal = "/usr/bin/script";
        if (!OperatingSystem.IsLinux() || !System.IO.File.Exists(terminal)) Assert.Inconclusive($"No {terminal} here to imitate a terminal.");
        string dll = Path.Combine(TestContext.CurrentContext.TestDirectory, sample + ".dll");
        var (exit, output, error) = Start(terminal, ["-qec", $"dotnet exec '{dll}' {arguments}", "/dev/null"], sample);
        return (exit, Array.ConvertAll(output, line => ControlSequences().Replace(line, "")), error);
    }

    private (int ExitCode, string[] Output, string Error) Start(string program, string[] arguments, string sample)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName };
        // Asks for a network that does not answer, so that tests are the same with and without one.
        start.Environment["https_proxy"] = "http://127.0.0.1:9";
        start.Environment["TERM"] = "xterm-256color";
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

    [GeneratedRegex(@"\x1b\[[0-9;?]*[a-zA-Z]")]
    private static partial Regex ControlSequences();

    public void Dispose() => folder.Delete(recursive: true);
}
