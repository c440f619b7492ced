using System.Diagnostics;
using Spectre.Console;

namespace Gradient.Samples;

/// <summary>Shows how training goes: a live bar on a terminal, now and then a line where output goes to a file or a pipe.</summary>
internal abstract class ProgressView
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan next;

    /// <summary>How often the numbers change; reading them off a device is not free.</summary>
    protected abstract TimeSpan Pace { get; }

    /// <summary>Runs a training of so many steps under a view that suits the output.</summary>
    public static void Run(long steps, Action<ProgressView> training)
    {
        if (Console.IsOutputRedirected)
        {
            training(new Lines(steps));
            return;
        }

        AnsiConsole.Progress()
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new RemainingTimeColumn())
            .Start(context => training(new Bar(context.AddTask("starting", maxValue: Math.Max(1, steps)))));
    }

    /// <summary>Tells how many steps are done; <paramref name="describe"/> is called only when the numbers are due.</summary>
    public void Report(long done, Func<string> describe)
    {
        var now = clock.Elapsed;
        bool due = now >= next;
        if (due) next = now + Pace;
        Show(done, now, due ? describe() : null);
    }

    /// <summary>Writes a line that stays.</summary>
    public abstract void WriteLine(string text);

    protected abstract void Show(long done, TimeSpan elapsed, string? description);

    private sealed class Bar(ProgressTask task) : ProgressView
    {
        protected override TimeSpan Pace => TimeSpan.FromSeconds(0.25);

        public override void WriteLine(string text) => AnsiConsole.WriteLine(text);

        protected override void Show(long done, TimeSpan elapsed, string? description)
        {
            task.Value = done;
            if (description is not null) task.Description = Markup.Escape(description);
        }
    }

    private sealed class Lines(long steps) : ProgressView
    {
        protected override TimeSpan Pace => TimeSpan.FromSeconds(2);

        public override void WriteLine(string text) => Console.WriteLine(text);

        protected override void Show(long done, TimeSpan elapsed, string? description)
        {
            if (description is not null)
                Console.WriteLine($"  {100 * done / Math.Max(1, steps),3} %  {description}  {elapsed / Math.Max(1, done) * (steps - done):mm\\:ss} left");
        }
    }
}
