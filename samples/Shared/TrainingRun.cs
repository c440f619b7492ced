using System.CommandLine;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Training;

namespace Gradient.Samples;

/// <summary>The options of a training that can be interrupted and taken up again, and what they do.</summary>
internal sealed class TrainingRun
{
    private readonly Option<string?> directory = new("--checkpoint") { Description = "The folder to write checkpoints to", HelpName = "DIR" };
    private readonly Option<bool> resume = new("--resume") { Description = "Go on from the newest checkpoint in that folder, as if never interrupted" };
    private readonly Option<int> stopAfter = CommonOptions.Number("--stop-after", 0, 0, "After how many steps to stop, with a checkpoint; 0 does not");
    private readonly Option<string?> report = CommonOptions.Output("--report", "Where to write a report of the training to look at (HTML)");

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[directory, resume, stopAfter, report]) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(directory) is null && (result.GetValue(resume) || result.GetValue(stopAfter) > 0))
                result.AddError("--resume and --stop-after need --checkpoint DIR.");
        });
    }

    /// <summary>The folder to write checkpoints to.</summary>
    public string? Directory(ParseResult parsed) => parsed.GetValue(directory);

    /// <summary>Trains, or goes on with a training; false if it was stopped before its end.</summary>
    public bool Fit(ParseResult parsed, Trainer trainer, DataLoader train, DataLoader validation, CancellationToken cancellation)
    {
        if (parsed.GetValue(resume))
        {
            trainer.Resume(Directory(parsed)!);
            Console.WriteLine($"going on after step {trainer.State.Step:N0}");
        }

        var stop = new StopAfter(parsed.GetValue(stopAfter));
        trainer.Callbacks.Add(stop);
        trainer.Progress ??= new ConsoleProgress();
        try
        {
            trainer.Fit(train, validation, cancellation);
        }
        finally
        {
            if (parsed.GetValue(report) is { } file)
            {
                trainer.History.SaveReport(file);
                Console.WriteLine($"report in {file}");
            }
        }

        if (stop.Stopped) Console.WriteLine("--resume goes on from here");
        return !stop.Stopped;
    }

    private sealed class StopAfter(int steps) : TrainingCallback
    {
        public bool Stopped { get; private set; }

        public override void OnBatchEnd(TrainingContext context)
        {
            if (steps == 0 || context.State.Step < steps) return;
            Stopped = true;
            context.Stop("--stop-after asked for it.");
        }
    }
}
