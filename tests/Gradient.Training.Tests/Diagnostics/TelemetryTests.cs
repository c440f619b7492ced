using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Gradient.Training.Tests.Diagnostics;

/// <summary>The instruments, spans and log events themselves: values, units, nesting, numbers, and that none costs anything unheard.</summary>
[NonParallelizable]
public sealed class TelemetryTests
{
    [Test]
    public void Instruments_pass_on_values_with_units()
    {
        using var heard = new Listening();
        TrainingInstruments.TrainingLoss(0.5);
        TrainingInstruments.ValidationLoss(0.75);
        TrainingInstruments.Step(TimeSpan.FromMilliseconds(20), 64);
        TrainingInstruments.Skipped();
        Assert.That(heard.Measurements, Is.EqualTo(new[]
        {
            ("gradient.training.loss train", 0.5, "1"), ("gradient.training.loss validation", 0.75, "1"), ("gradient.training.step.duration", 0.02, "s"),
            ("gradient.training.examples", 64.0, "{example}"), ("gradient.training.skipped_steps", 1.0, "{step}"),
        }));
    }

    [Test]
    public void Spans_nest_and_carry_tags()
    {
        using var heard = new Listening();
        using (var fit = TrainingSpans.Fit("Sequential", "cpu"))
        using (TrainingSpans.Epoch(2))
        {
            using (var step = TrainingSpans.Step(7)) step.Loss(0.25);
            using (var failed = TrainingSpans.Validation(7)) failed.Failed(new InvalidOperationException("no data"));
            using (TrainingSpans.Checkpoint(7)) { }
        }

        var (names, parents) = (heard.Spans.Select(span => span.OperationName), heard.Spans.Select(span => span.Parent?.OperationName));
        Assert.Multiple(() =>
        {
            Assert.That(names, Is.EqualTo(new[] { "step", "validation", "checkpoint", "epoch", "fit" }));
            Assert.That(parents, Is.EqualTo(new[] { "epoch", "epoch", "epoch", "fit", null }));
            Assert.That(heard.Spans[0].TagObjects, Is.EquivalentTo(Tags(("gradient.step", 7L), ("gradient.loss", 0.25))));
            Assert.That(heard.Spans[3].TagObjects, Is.EquivalentTo(Tags(("gradient.epoch", 2))));
            Assert.That(heard.Spans[4].TagObjects, Is.EquivalentTo(Tags(("gradient.model", "Sequential"), ("gradient.device", "cpu"))));
            Assert.That((heard.Spans[1].Status, heard.Spans[1].StatusDescription), Is.EqualTo((ActivityStatusCode.Error, "no data")));
            Assert.That(heard.Spans[1].Events.Single().Name, Is.EqualTo("exception"));
        });
    }

    [Test]
    public void Nothing_is_allocated_while_nobody_listens()
    {
        ILogger silent = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        Turn(silent);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Turn(silent);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        static void Turn(ILogger logger)
        {
            using var span = TrainingSpans.Step(1);
            using var checkpoint = TrainingSpans.Checkpoint(1);
            TrainingInstruments.TrainingLoss(1);
            TrainingInstruments.Step(TimeSpan.FromTicks(1), 8);
            TrainingInstruments.Skipped();
            logger.StepEnded(1, 2, 3);
            span.Loss(1);
        }
    }

    [Test]
    public void Event_ids_and_instruments_are_those_of_the_documentation()
    {
        string text = File.ReadAllText(Documentation());
        var ids = typeof(TrainingLog).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Select(method => (method.Name, Event: method.GetCustomAttribute<LoggerMessageAttribute>())).Where(entry => entry.Event is not null)
            .Select(entry => (entry.Event!.EventId, entry.Event.Level, entry.Name)).ToList();
        Assert.That(ids, Has.Count.GreaterThan(10));
        Assert.That(ids.Select(entry => entry.EventId), Is.Unique);
        using var heard = new Listening();
        TrainingInstruments.Step(TimeSpan.Zero, 0);
        TrainingInstruments.TrainingLoss(0);
        TrainingInstruments.Skipped();
        heard.Observe();
        Assert.Multiple(() =>
        {
            foreach (var (id, level, name) in ids) Assert.That(text, Does.Contain($"| {id} | {name} | {level} |"));
            foreach (var (name, _, unit) in heard.Measurements) Assert.That(text, Does.Contain($"| `{name.Split(' ')[0]}` | {unit} |"));
        });
    }

    private static IEnumerable<KeyValuePair<string, object?>> Tags(params (string Key, object Value)[] tags) =>
        tags.Select(tag => new KeyValuePair<string, object?>(tag.Key, tag.Value));

    private static string Documentation()
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "docs", "diagnostics.md") is var path && File.Exists(path)) return path;
        throw new FileNotFoundException("docs/diagnostics.md");
    }
}
