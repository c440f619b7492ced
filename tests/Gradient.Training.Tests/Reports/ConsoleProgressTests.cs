using System.Globalization;
using System.Text;

namespace Gradient.Training.Tests;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ConsoleProgressTests
{
    private readonly ManualTime clock = new();
    private readonly TerminalWriter terminal = new();

    private ConsoleProgress Bar(int width, bool color = false) =>
        new(terminal, new() { Live = true, Color = color, Width = () => width, Time = clock });

    /// <summary>100 of 1000 steps in 50 seconds.</summary>
    private MadeUpTraining Running(ConsoleProgress progress)
    {
        var training = new MadeUpTraining();
        progress.OnTrainingStart(training.Context);
        training.Validation(0.09, 0.979);
        training.Record(100, 0.54623);
        clock.Advance(TimeSpan.FromSeconds(50));
        return training;
    }

    [Test]
    public void A_bar_with_everything_on_a_wide_terminal()
    {
        var progress = Bar(160);
        progress.OnBatchEnd(Running(progress).Context);
        Assert.That(terminal.Screen, Is.EqualTo(new[]
        {
            "epoch 1/5  ━━━╸─────────────────────────────────  step 100/1,000  loss 0.5462  validation loss 0.09000  validation accuracy 0.9790  2,987 examples/s  7:30 left",
        }));
        Assert.That(terminal.Raw, Does.Not.Contain('\n').And.Not.Contain('\u001b'));
    }

    [TestCase(100, "epoch 1/5  ━━──────────────────  step 100/1,000  loss 0.5462  validation accuracy 0.9790  7:30 left")]
    [TestCase(80, "epoch 1/5  ━━╸─────────────────────────  step 100/1,000  loss 0.5462  7:30 left")]
    [TestCase(60, "epoch 1/5  ━━──────────────────────  loss 0.5462  7:30 left")]
    [TestCase(36, "epoch 1/5  loss 0.5462  7:30 left")]
    [TestCase(24, "epoch 1/5  loss 0.5462")]
    [TestCase(12, "epoch 1/5")]
    [TestCase(6, "epoch")]
    [TestCase(1, "e")]
    [TestCase(0, "e")]
    public void Narrow_terminals_lose_the_least_important(int width, string expected)
    {
        var progress = Bar(width);
        progress.OnBatchEnd(Running(progress).Context);
        Assert.That(terminal.Screen, Is.EqualTo(new[] { expected }));
        Assert.That(terminal.Screen[0], Has.Length.LessThanOrEqualTo(Math.Max(1, width - 1)));
    }

    [Test]
    public void It_is_drawn_ten_times_a_second_at_most_and_leaves_nothing_of_longer_lines()
    {
        var progress = Bar(80);
        var training = new MadeUpTraining();
        progress.OnTrainingStart(training.Context);
        for (int step = 1; step <= 1000; step++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(5));
            training.Record(step, step < 500 ? 1000000 : 1);
            progress.OnBatchEnd(training.Context);
            Assert.That(terminal.Screen, Has.Length.LessThanOrEqualTo(1));
        }

        Assert.That(terminal.Writes, Is.EqualTo(50));
        Assert.That(terminal.Screen[0], Does.EndWith("loss 1.000  0:00 left"));
    }

    [Test]
    public void Epochs_and_messages_stay_above_the_bar()
    {
        var progress = Bar(100);
        var training = Running(progress);
        progress.OnBatchEnd(training.Context);
        progress.WriteLine("a message");
        clock.Advance(TimeSpan.FromSeconds(1));
        progress.OnBatchEnd(training.Context);
        training.Epoch(0.25, 0.5);
        progress.OnEpochEnd(training.Context);
        training.State.StopReason = "cancelled";
        progress.OnTrainingEnd(training.Context);
        Assert.That(terminal.Screen, Is.EqualTo(new[]
        {
            "a message",
            "epoch 1/5  loss 0.2500  accuracy 0.5000  validation loss 0.09000, accuracy 0.9790  2,987 examples/s  1 min 23 s",
            "stopped after step 100: cancelled",
        }));
    }

    [Test]
    public void Validation_skipped_steps_and_unknown_lengths()
    {
        var progress = Bar(120);
        var training = new MadeUpTraining(steps: null);
        progress.OnTrainingStart(training.Context);
        clock.Advance(TimeSpan.FromSeconds(1));
        training.Record(7, double.NaN);
        training.State.SkippedSteps = 3;
        (training.Context.ValidationBatch, training.Context.ValidationBatchCount) = (2, 40);
        progress.OnValidationBatchEnd(training.Context);
        Assert.That(terminal.Screen, Is.EqualTo(new[] { "epoch 1/5  step 7  validating 2/40  loss NaN  3 skipped  2,987 examples/s" }));
    }

    [Test]
    public void The_time_left_counts_this_run_only()
    {
        var progress = Bar(160);
        var training = new MadeUpTraining(step: 900);
        progress.OnTrainingStart(training.Context);
        clock.Advance(TimeSpan.FromSeconds(10));
        training.Record(950, 1);
        progress.OnBatchEnd(training.Context);
        Assert.That(terminal.Screen[0], Does.EndWith("0:10 left"));
    }

    [Test]
    public void Redirected_output_gets_lines_now_and_then()
    {
        var text = new StringWriter();
        var progress = new ConsoleProgress(text, new() { Time = clock });
        var training = new MadeUpTraining();
        progress.OnTrainingStart(training.Context);
        for (int step = 1; step <= 250; step++)
        {
            clock.Advance(TimeSpan.FromSeconds(0.1));
            training.Record(step, 2);
            progress.OnBatchEnd(training.Context);
        }

        training.Epoch(1.5, 0.25);
        progress.OnEpochEnd(training.Context);
        progress.OnTrainingEnd(training.Context);
        Assert.That(text.ToString().Split(Environment.NewLine), Is.EqualTo(new[]
        {
            "epoch 1/5  step 100/1,000  loss 2.000  2,987 examples/s  1:30 left",
            "epoch 1/5  step 200/1,000  loss 2.000  2,987 examples/s  1:20 left",
            "epoch 1/5  loss 1.500  accuracy 0.2500  2,987 examples/s  1 min 23 s",
            "",
        }));
    }

    [Test]
    public void Colours_take_no_columns_and_are_ascii_escapes_only_when_asked_for()
    {
        var progress = Bar(60, color: true);
        progress.OnBatchEnd(Running(progress).Context);
        Assert.That(terminal.Raw, Does.Contain("\u001b[32m━━\u001b[90m━━━━━━━━━━━━━━━━━━━━━━\u001b[0m"));
        Assert.That(terminal.Screen[0], Has.Length.EqualTo(59));
    }

    [Test]
    public void Other_encodings_get_a_bar_of_ascii()
    {
        var ascii = new TerminalWriter(Encoding.ASCII);
        var progress = new ConsoleProgress(ascii, new() { Live = true, Color = false, Width = () => 60, Time = clock });
        progress.OnBatchEnd(Running(progress).Context);
        Assert.That(ascii.Screen, Is.EqualTo(new[] { "epoch 1/5  ##----------------------  loss 0.5462  7:30 left" }));
    }

    [Test]
    public void A_closed_output_is_not_the_trainings_trouble([Values] bool disposed)
    {
        var output = new ClosedWriter(disposed);
        var progress = new ConsoleProgress(output, new() { Live = true, Color = false, Width = () => 80, Time = clock });
        var training = Running(progress);
        progress.OnBatchEnd(training.Context);
        training.Epoch(1, 1);
        progress.OnEpochEnd(training.Context);
        progress.OnTrainingEnd(training.Context);
        Assert.That(output.Tries, Is.EqualTo(1));
    }

    [Test]
    public void Numbers_are_the_same_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (german.NumberFormat.NumberDecimalSeparator, german.NumberFormat.NumberGroupSeparator) = (",", ".");
        try
        {
            CultureInfo.CurrentCulture = german;
            Assert.That(1234.5.ToString("N1"), Is.EqualTo("1.234,5"), "the culture is in force");
            var progress = Bar(160);
            progress.OnBatchEnd(Running(progress).Context);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.That(terminal.Screen[0], Does.Contain("step 100/1,000  loss 0.5462").And.Contain("2,987 examples/s"));
    }

    [TestCase(0.54623, "0.5462")]
    [TestCase(12.3, "12.30")]
    [TestCase(1234.5678, "1,235")]
    [TestCase(0.0000123, "1.23e-05")]
    [TestCase(-0.5, "-0.5000")]
    [TestCase(0, "0")]
    [TestCase(1e9, "1.00e+09")]
    [TestCase(double.NaN, "NaN")]
    [TestCase(double.NegativeInfinity, "-inf")]
    public void Numbers_have_four_digits(double value, string expected) => Assert.That(ReportText.Number(value), Is.EqualTo(expected));

    [TestCase(0.35, "350 ms", "0:00")]
    [TestCase(4.2, "4.2 s", "0:04")]
    [TestCase(59.96, "1 min 00 s", "1:00")]
    [TestCase(185, "3 min 05 s", "3:05")]
    [TestCase(3599.6, "1 h 00 min", "1:00:00")]
    [TestCase(97800, "27 h 10 min", "27:10:00")]
    public void Times_are_short(double seconds, string duration, string clockText)
    {
        Assert.That(ReportText.Duration(TimeSpan.FromSeconds(seconds)), Is.EqualTo(duration));
        Assert.That(ReportText.Clock(TimeSpan.FromSeconds(seconds)), Is.EqualTo(clockText));
    }

    /// <summary>A terminal that knows carriage return, line feed and colours: what would be seen, without trailing spaces.</summary>
    private sealed class TerminalWriter(Encoding? encoding = null) : TextWriter
    {
        private readonly List<StringBuilder> lines = [new()];
        private readonly StringBuilder raw = new();
        private int column;

        public override Encoding Encoding { get; } = encoding ?? Encoding.UTF8;

        public int Writes { get; private set; }

        public string Raw => raw.ToString();

        public string[] Screen => [.. lines.Select(l => l.ToString().TrimEnd()).Where((l, i) => l.Length > 0 || i < lines.Count - 1)];

        public override void Write(string? value)
        {
            Writes++;
            raw.Append(value);
            for (int i = 0; i < value!.Length; i++)
            {
                if (value[i] == '\u001b') i = value.IndexOf('m', i);
                else if (value[i] == '\r') column = 0;
                else if (value[i] == '\n')
                {
                    lines.Add(new());
                    column = 0;
                }
                else
                {
                    var line = lines[^1];
                    if (column == line.Length) line.Append(value[i]);
                    else line[column] = value[i];
                    column++;
                }
            }
        }

        public override void Write(char value) => Write(value.ToString());
    }

    private sealed class ClosedWriter(bool disposed) : TextWriter
    {
        public int Tries { get; private set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(string? value)
        {
            Tries++;
            throw disposed ? new ObjectDisposedException("output") : new IOException("Broken pipe");
        }
    }
}
