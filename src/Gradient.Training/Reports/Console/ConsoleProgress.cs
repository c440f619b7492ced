namespace Gradient.Training;

/// <summary>
/// Shows a training on the console: a bar with epoch, step, loss, metrics, examples per second and the time left, and a line that stays for
/// each epoch. Where the output is a file or a pipe, or the terminal is dumb (TERM), there is a line now and then instead of the bar.
/// What it shows is in the history already: it reads nothing back from the device. If the output is closed it falls silent and the training
/// goes on.
/// </summary>
public sealed class ConsoleProgress : ProgressReporter
{
    private const int UsualWidth = 80;

    private readonly TextWriter output;
    private readonly ConsoleProgressOptions options;
    private readonly bool live;
    private readonly ProgressBarStyle style;
    private readonly Func<int> width;
    private long startTime, lastTime, startStep;
    private int drawn;
    private bool closed;

    /// <summary>Progress on the console of this process.</summary>
    /// <param name="options">How it looks.</param>
    public ConsoleProgress(ConsoleProgressOptions? options = null) : this(Console.Out, options, Console.IsOutputRedirected) { }

    /// <summary>Progress on any writer: without a bar unless <see cref="ConsoleProgressOptions.Live"/> asks for it.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="options">How it looks.</param>
    public ConsoleProgress(TextWriter output, ConsoleProgressOptions? options = null) : this(output, options, redirected: true) { }

    private ConsoleProgress(TextWriter output, ConsoleProgressOptions? options, bool redirected)
    {
        this.output = output;
        this.options = options ??= new();
        live = options.Live ?? (!redirected && Environment.GetEnvironmentVariable("TERM") != "dumb");
        style = new(Unicode: output.Encoding.CodePage is 65001 or 1200 or 1201, Color: options.Color ?? (live && KnowsColours()));
        width = options.Width ?? (redirected ? static () => UsualWidth : ConsoleWidth);
        startTime = lastTime = options.Time.GetTimestamp();
    }

    /// <summary>Writes a line that stays, above the bar.</summary>
    public void WriteLine(string text)
    {
        Write(Clear() + text + Environment.NewLine);
        drawn = 0;
    }

    /// <inheritdoc/>
    public override void OnTrainingStart(TrainingContext context)
    {
        startTime = lastTime = options.Time.GetTimestamp();
        startStep = context.State.Step;
    }

    /// <inheritdoc/>
    public override void OnBatchEnd(TrainingContext context) => Show(context, validating: false);

    /// <inheritdoc/>
    public override void OnValidationBatchEnd(TrainingContext context) => Show(context, validating: true);

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingContext context)
    {
        if (context.History.Epochs is not [.., var epoch]) return;
        var line = new ProgressLine(Epoch(context, epoch.Epoch));
        line.Add("loss " + ReportText.Number(epoch.TrainLoss), 0);
        AddMetrics(line, epoch.TrainMetrics, "");
        if (epoch is { ValidationLoss: { } loss, ValidationMetrics: { } metrics })
            line.Add(string.Join(", ", [$"validation loss {ReportText.Number(loss)}", .. metrics.Select(m => $"{m.Key} {ReportText.Number(m.Value)}")]), 0);
        if (Rate(context) is { } rate) line.Add(rate, 0);
        line.Add(ReportText.Duration(epoch.Duration), 0);
        WriteLine(line.ToString());
    }

    /// <inheritdoc/>
    public override void OnTrainingEnd(TrainingContext context)
    {
        if (context.State.StopReason is { } reason) WriteLine($"stopped after step {ReportText.Count(context.State.Step)}: {reason}");
        else Write(Clear());
        drawn = 0;
    }

    private void Show(TrainingContext context, bool validating)
    {
        if (closed || options.Time.GetElapsedTime(lastTime) < (live ? options.DrawInterval : options.LineInterval)) return;
        lastTime = options.Time.GetTimestamp();
        var line = Describe(context, validating);
        if (!live)
        {
            WriteLine(line.ToString());
            return;
        }

        double? done = context.StepCount is > 0 and var steps ? (double)context.State.Step / steps : null;
        int columns = Math.Max(1, width() - 1); // a character in the last column would wrap
        string text = line.Fit(columns, done, style);
        int length = VisibleLength(text);
        // Spaces, not an escape code, remove what is left of a longer line: they work on every terminal.
        Write($"\r{text}{new string(' ', Math.Max(0, Math.Min(drawn, columns) - length))}\r");
        drawn = length;
    }

    private ProgressLine Describe(TrainingContext context, bool validating)
    {
        var (state, history) = (context.State, context.History);
        var line = new ProgressLine(Epoch(context, state.Epoch));
        string step = ReportText.Count(state.Step);
        line.Add(context.StepCount is { } steps ? $"step {step}/{ReportText.Count(steps)}" : $"step {step}", 2);
        if (validating)
            line.Add($"validating {ReportText.Count(context.ValidationBatch)}{(context.ValidationBatchCount is { } count ? $"/{ReportText.Count(count)}" : "")}", 6);
        if (history.Steps is [.., var record]) line.Add("loss " + ReportText.Number(record.Loss), 5);
        if (history.Validations is [.., var validation])
        {
            line.Add("validation loss " + ReportText.Number(validation.Loss), 1);
            AddMetrics(line, validation.Metrics, "validation ");
        }
        else if (history.Epochs is [.., { TrainMetrics: var metrics }]) AddMetrics(line, metrics, "");
        if (state.SkippedSteps > 0) line.Add($"{ReportText.Count(state.SkippedSteps)} skipped", 4);
        if (Rate(context) is { } rate) line.Add(rate, 1);
        if (Left(context) is { } left) line.Add(ReportText.Clock(left) + " left", 3);
        return line;
    }

    private static string Epoch(TrainingContext context, int epoch) =>
        $"epoch {ReportText.Count(epoch + 1)}/{ReportText.Count(context.Options.Epochs)}";

    private static void AddMetrics(ProgressLine line, IReadOnlyDictionary<string, double> metrics, string prefix)
    {
        foreach (var (name, value) in metrics) line.Add($"{prefix}{name} {ReportText.Number(value)}", 2);
    }

    private static string? Rate(TrainingContext context) =>
        context.History.Steps is [.., var record] ? ReportText.Rate(record.ExamplesPerSecond) + " examples/s" : null;

    /// <summary>The steps that are left at the pace of this run so far, validations and checkpoints included.</summary>
    private TimeSpan? Left(TrainingContext context)
    {
        long done = context.State.Step - startStep;
        return context.StepCount is { } steps && done > 0
            ? options.Time.GetElapsedTime(startTime) / done * Math.Max(0, steps - context.State.Step)
            : null;
    }

    private string Clear() => drawn > 0 ? $"\r{new string(' ', drawn)}\r" : "";

    private int VisibleLength(string text)
    {
        if (!style.Color) return text.Length;
        int codes = 0;
        for (int at = text.IndexOf('\u001b'); at >= 0; at = text.IndexOf('\u001b', at + 1)) codes += text.IndexOf('m', at) - at + 1;
        return text.Length - codes;
    }

    private void Write(string text)
    {
        if (closed || text.Length == 0) return;
        try
        {
            output.Write(text);
            output.Flush();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            closed = true; // a pipe whose reader has gone: progress has nobody to show itself to
        }
    }

    private static int ConsoleWidth()
    {
        try
        {
            return Console.WindowWidth is > 0 and var columns ? columns : UsualWidth;
        }
        catch (IOException)
        {
            return UsualWidth; // a console without a size, as in some containers
        }
    }

    private static bool KnowsColours() =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && (!OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("WT_SESSION") is not null || Environment.GetEnvironmentVariable("TERM") is not null);
}
