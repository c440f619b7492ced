using System.Diagnostics;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;
using Microsoft.Extensions.Logging;

namespace Gradient.Training.Tests.Diagnostics;

/// <summary>What a trainer tells those who listen is what happened.</summary>
[NonParallelizable]
public sealed class TrainerTelemetryTests
{
    [Test]
    public void Instruments_tell_losses_steps_examples_and_waits()
    {
        using var data = Problem.Regression(30, batchSize: 8);
        using var other = Problem.Regression(8, batchSize: 8, seed: 9);
        var trainer = Make(new() { Epochs = 2, LogEvery = 2 });
        using var heard = new Listening();
        var watch = Stopwatch.StartNew();
        var history = trainer.Fit(data, other);
        double seconds = watch.Elapsed.TotalSeconds;
        heard.Observe();
        Assert.Multiple(() =>
        {
            Assert.That(heard.Values("gradient.training.loss train"), Is.EqualTo(history.Steps.Select(record => record.Loss)));
            Assert.That(heard.Values("gradient.training.loss validation"), Is.EqualTo(history.Validations.Select(record => record.Loss)));
            Assert.That(heard.Values("gradient.training.examples"), Is.EqualTo(new double[] { 8, 8, 8, 6, 8, 8, 8, 6 }));
            Assert.That(heard.Values("gradient.training.step.duration"), Has.Length.EqualTo(8).And.All.GreaterThan(0));
            Assert.That(heard.Values("gradient.training.step.duration").Sum(), Is.LessThan(seconds));
            Assert.That(heard.Values("gradient.training.skipped_steps"), Is.Empty);
            Assert.That(heard.Values("gradient.data.wait.duration"), Has.Length.EqualTo(8 + 2));
            Assert.That(heard.Values("gradient.memory.live cpu").Single(), Is.EqualTo(Memory.Statistics(Devices.Cpu).LiveBytes));
            Assert.That(heard.Values("gradient.memory.peak cpu").Single(), Is.GreaterThanOrEqualTo(heard.Values("gradient.memory.live cpu").Single()));
        });
    }

    [Test]
    public void A_step_of_several_batches_is_one_step_and_counts_all_examples()
    {
        using var data = Problem.Regression(30, batchSize: 8);
        using var heard = new Listening();
        Make(new() { AccumulationSteps = 3 }).Fit(data);
        Assert.That(heard.Values("gradient.training.examples"), Is.EqualTo(new double[] { 24, 6 }));
        Assert.That(Steps(heard), Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public void Spans_stand_under_the_fit_with_step_and_loss()
    {
        string folder = Directory.CreateTempSubdirectory("gradient-telemetry-").FullName;
        try
        {
            using var data = Problem.Regression(16, batchSize: 8);
            using var other = Problem.Regression(8, batchSize: 8, seed: 9);
            using var heard = new Listening();
            var history = Make(new() { Epochs = 2, CheckpointDirectory = folder }).Fit(data, other);
            var fit = heard.Spans.Single(span => span.OperationName == "fit");
            Assert.Multiple(() =>
            {
                Assert.That(heard.Spans.Select(span => span.OperationName), Is.EqualTo(new[]
                {
                    "step", "step", "validation", "checkpoint", "epoch", "step", "step", "validation", "checkpoint", "epoch", "fit",
                }));
                Assert.That(heard.Spans.Where(span => span.OperationName == "epoch").Select(span => span.ParentSpanId), Is.All.EqualTo(fit.SpanId));
                Assert.That(heard.Spans[..4].Select(span => span.ParentSpanId), Is.All.EqualTo(heard.Spans[4].SpanId));
                Assert.That(Steps(heard), Is.EqualTo(new long[] { 1, 2, 3, 4 }));
                Assert.That(
                    heard.Spans.Where(span => span.OperationName == "validation").Select(span => span.GetTagItem("gradient.loss")),
                    Is.EqualTo(history.Validations.Select(record => (object)record.Loss)));
                Assert.That(fit.GetTagItem("gradient.model"), Is.EqualTo("Sequential"));
                Assert.That(heard.Spans.Select(span => span.Status), Is.All.EqualTo(ActivityStatusCode.Unset));
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void Skipped_steps_are_counted_and_logged()
    {
        using var data = WithNaN();
        var log = new ListLogger();
        using var heard = new Listening();
        var trainer = Make(new() { NanPolicy = NanPolicy.SkipStep, LogEvery = 1 }, log);
        trainer.Fit(data);
        Assert.Multiple(() =>
        {
            Assert.That(heard.Values("gradient.training.skipped_steps"), Is.EqualTo(new double[] { 1 }));
            Assert.That(heard.Values("gradient.training.examples"), Is.EqualTo(new double[] { 8, 8 }));
            Assert.That(log.Entries.Where(entry => entry.Id == 401), Is.EqualTo(new[]
            {
                (401, LogLevel.Warning, "Step 2 was skipped: its loss or gradient is not finite; 1 so far"),
            }));
            Assert.That(log.Entries.Select(entry => entry.Id), Is.EqualTo(new[] { 101, 202, 401, 202, 212, 201, 102 }));
        });
    }

    [Test]
    public void A_failure_marks_the_spans_that_were_open_and_is_logged_and_nothing_stays_open()
    {
        using var data = WithNaN();
        var log = new ListLogger();
        using var heard = new Listening();
        Assert.Throws<NotFiniteException>(() => Make(new(), log).Fit(data));
        Assert.Multiple(() =>
        {
            Assert.That(Activity.Current, Is.Null);
            Assert.That(
                heard.Spans.Where(span => span.Status == ActivityStatusCode.Error).Select(span => span.OperationName), Is.EquivalentTo(new[] { "step", "fit" }));
            Assert.That(log.Entries[^1], Is.EqualTo((104, LogLevel.Error, "Training failed after 1 steps")));
        });
    }

    [Test]
    public void A_cancelled_training_is_logged_as_such()
    {
        using var data = Problem.Regression(16, batchSize: 8);
        using var cancellation = new CancellationTokenSource();
        var log = new ListLogger();
        var trainer = Make(new(), log);
        trainer.Callbacks.Add(new Watcher { At = (turn, _) => { if (turn == "batch end") cancellation.Cancel(); } });
        Assert.That(() => trainer.Fit(data, cancellation: cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(log.Entries[^1], Is.EqualTo((103, LogLevel.Warning, "Training was cancelled after 1 steps")));
    }

    [Test]
    public void Improvements_restoring_and_resuming_are_logged()
    {
        string folder = Directory.CreateTempSubdirectory("gradient-telemetry-").FullName;
        try
        {
            using var data = Problem.Regression(16, batchSize: 8);
            using var other = Problem.Regression(8, batchSize: 8, seed: 9);
            var log = new ListLogger();
            Make(new() { CheckpointDirectory = folder, EarlyStopping = new() { Patience = 5 } }, log).Fit(data, other);
            Assert.That(log.Entries.Select(entry => entry.Id).Where(id => id is not (202 or 303)), Is.EqualTo(new[] { 101, 211, 212, 301, 201, 213, 102 }));
            log.Entries.Clear();
            var again = Make(new() { Epochs = 2, CheckpointDirectory = folder }, log);
            again.Resume(folder);
            again.Fit(data, other);
            Assert.That(log.Entries[0], Is.EqualTo((311, LogLevel.Information, $"Resumed from {folder}, step 2")));
            Assert.That(log.Entries[1].Message, Does.StartWith("Training Sequential with ").And.EndWith("parameters on cpu, from step 2"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void An_epoch_that_waits_for_data_is_told_of([Values] bool slow)
    {
        var log = new ListLogger();
        var (input, target) = (Tensor.From<float>([1, 2, 3, 4], [4], Devices.Cpu), Tensor.From<float>([1, 2], [2], Devices.Cpu));
        using var data = new DataLoader(new Slow(slow ? 40 : 0, input, target), batchSize: 8, device: Devices.Cpu);
        Make(new(), log).Fit(data);
        Assert.That(log.Entries.Count(entry => entry.Id == 501), Is.EqualTo(slow ? 1 : 0));
        if (slow) Assert.That(log.Entries.Single(entry => entry.Id == 501).Message, Does.Contain("Epoch 0 waited 00:00:01.").And.Contain("5 batches"));
    }

    [Test]
    public void The_profiler_sees_the_operations_of_a_training()
    {
        using var data = Problem.Regression(16, batchSize: 8);
        using var profiler = MemoryProfiler.Start(Devices.Cpu);
        Make(new()).Fit(data);
        var names = profiler.Stop().Devices.Single().Operations.Select(operation => operation.Operation).ToList();
        Assert.That(names, Is.SupersetOf(new[] { "linear", "tanh", "batch", "optimizer state" }).And.Some.StartsWith("backward of linear: "));
    }

    private static long[] Steps(Listening heard) =>
        [.. heard.Spans.Where(span => span.OperationName == "step").Select(span => (long)span.GetTagItem("gradient.step")!)];

    private static Trainer Make(TrainingOptions options, ILoggerFactory? log = null)
    {
        var model = Problem.Model(2);
        return new(model, new Adam(model.Parameters(), 0.01), Loss.Mse, options, log);
    }

    /// <summary>Three batches; a number of the second is NaN.</summary>
    private static DataLoader WithNaN()
    {
        var x = new float[24 * 4];
        x[(8 * 4) + 1] = float.NaN;
        return new(new TensorDataset(Tensor.From<float>(x, [24, 4], Devices.Cpu), Tensor.From<float>(new float[48], [24, 2], Devices.Cpu)), 8, device: Devices.Cpu);
    }

    private sealed class Slow(int milliseconds, Tensor input, Tensor target) : Dataset
    {
        public override int Count => 40;

        public override (Tensor Input, Tensor Target) GetItem(int index)
        {
            Thread.Sleep(milliseconds);
            return (input, target);
        }
    }
}
