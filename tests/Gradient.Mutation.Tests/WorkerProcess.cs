using System.Diagnostics;
using System.Globalization;

namespace Gradient.Mutation.Tests;

/// <summary>What tries mutants one by one, and may end by one.</summary>
internal interface ITries : IDisposable
{
    /// <summary>Tries a mutant; null if that ended the process.</summary>
    Fate? Try(int number);

    /// <summary>Lets the process end; false if it does not end well, as one whose memory a mutant has spoilt.</summary>
    bool End();
}

/// <summary>A process of <see cref="Worker"/>: it is given numbers line by line, and answers with fates.</summary>
internal sealed class WorkerProcess : ITries
{
    /// <summary>What answers begin with, as tests may write to the console too, and what says that numbers may come.</summary>
    public const string Answer = "fate\t", Ready = "ready";

    private readonly Process process;

    private WorkerProcess(Process process) => this.process = process;

    /// <summary>Starts a process that tries mutants.</summary>
    public static WorkerProcess Start(string folder, string tests, IEnumerable<(string Name, string Value)> variables)
    {
        var started = new WorkerProcess(Process.Start(Command(["--worker", folder, tests], folder, isAsked: true, variables))!);
        return started.Read() == Ready ? started : throw new InvalidOperationException($"A process that tries mutants ended before the first; see {folder}.");
    }

    /// <summary>Has a process write down which test comes by which mutant's place: one of so many parts of the tests.</summary>
    public static Process StartMeasuring(string folder, string tests, int part, int parts, IEnumerable<(string Name, string Value)> variables) =>
        Process.Start(Command(["--measure", folder, tests, $"{part}", $"{parts}"], folder, isAsked: false, variables))!;

    public Fate? Try(int number)
    {
        try
        {
            process.StandardInput.WriteLine(number.ToString(CultureInfo.InvariantCulture));
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            return null; // it has ended since its last answer
        }

        return Read() is { } line && Fate.Parse(line) is var (answered, fate) && answered == number ? fate : null;
    }

    public bool End()
    {
        process.StandardInput.Close();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private string? Read()
    {
        while (process.StandardOutput.ReadLine() is { } line)
            if (line.StartsWith(Answer, StringComparison.Ordinal)) return line[Answer.Length..];
        return null;
    }

    private static ProcessStartInfo Command(string[] arguments, string folder, bool isAsked, IEnumerable<(string Name, string Value)> variables)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardInput = isAsked, RedirectStandardOutput = isAsked };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) is "dotnet" or "testhost") start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["SOFTMETAL_EDITS"] = Path.Combine(folder, "edits");
        start.Environment["SOFTMETAL_QUIET"] = "1";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return start;
    }
}
