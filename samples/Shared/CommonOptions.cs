using System.CommandLine;
using System.Globalization;
using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Samples;

/// <summary>Options that the samples share.</summary>
internal static class CommonOptions
{
    public static Option<string> Device()
    {
        var option = new Option<string>("--device")
        {
            Description = "Where to compute: auto takes the GPU if there is one",
            DefaultValueFactory = _ => "auto",
        };
        option.AcceptOnlyFromAmong("auto", "cpu", "metal");
        return option;
    }

    public static Option<int> Number(string name, int value, int least, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            // What is no number at all is reported by the conversion.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, CultureInfo.InvariantCulture, out int given) && given < least)
                result.AddError($"{name} must be {least} or more.");
        });
        return option;
    }

    public static Option<long> Seed() => new("--seed") { Description = "The same seed gives the same run", DefaultValueFactory = _ => 1 };

    public static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "FILE" };

    /// <summary>A file to be written at the end: that it cannot be is said before the work, not after.</summary>
    public static Option<string?> Output(string name, string description)
    {
        var option = File(name, description);
        option.Validators.Add(result =>
        {
            if (result.Tokens is not [{ Value: var path }]) return;
            string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
            if (Directory.Exists(path)) result.AddError($"{name}: {path} is a folder; name a file in it.");
            else if (!Directory.Exists(folder)) result.AddError($"{name}: there is no folder {folder} to write {Path.GetFileName(path)} to.");
        });
        return option;
    }

    public static Device Find(string device) => device switch
    {
        "cpu" => Devices.Cpu,
        "metal" => Devices.Metal,
        _ => Devices.Best,
    };

    /// <summary>Runs a command; what can go wrong outside of the program becomes a message and exit code 1 (130 after Ctrl-C).</summary>
    public static int Guard(Action run)
    {
        try
        {
            run();
            return 0;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("stopped");
            return 130;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or GradientException or PlatformNotSupportedException)
        {
            Console.Error.WriteLine($"error: {e.Message}");
            return 1;
        }
    }
}
