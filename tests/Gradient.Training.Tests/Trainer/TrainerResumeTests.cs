using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>An interrupted training goes on as if it had never stopped: model, optimizer and history, bit for bit.</summary>
public sealed class TrainerResumeTests
{
    private string directory = "";

    [SetUp]
    public void MakeDirectory() => directory = Directory.CreateTempSubdirectory("gradient-resume-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(directory, recursive: true);

    /// <summary>11 batches an epoch in groups of 2: 6 steps, the last of one batch with 3 examples; records every 4.</summary>
    private static TrainingOptions Options(string? directory, long? seed) => new()
    {
        Epochs = 4, AccumulationSteps = 2, ClipNorm = 1, ValidateEvery = 5, LogEvery = 4, CheckpointDirectory = directory, Seed = seed,
        EarlyStopping = new() { Monitor = "validation.accuracy", Patience = 50 },
    };

    private static (Module Model, Trainer Trainer) Make(TrainingOptions options)
    {
        var model = Problem.Model(3, dropout: 0.3, norm: true);
        var optimizer = new AdamW(model.Parameters(), 0.02);
        RandomNumbers.Seed(21);
        var trainer = new Trainer(model, optimizer, Loss.CrossEntropy, options with { Schedule = new ReduceOnPlateau(optimizer, patience: 0, factor: 0.7) });
        trainer.Metrics.Add(new Accuracy());
        trainer.Metrics.Add(new F1());
        trainer.Metrics.Add(new ConfusionMatrix());
        return (model, trainer);
    }

    private static DataLoader Train() => Problem.Classes(43, batchSize: 4, shuffle: true);

    private static DataLoader Other() => Problem.Classes(17, batchSize: 5, seed: 8);

    /// <summary>All that must not depend on interruptions.</summary>
    private static string Result(Module model, Trainer trainer) => string.Join('\n',
    [
        Convert.ToHexString(Problem.Bits(model)),
        .. trainer.Optimizer.StateDictionary().OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {string.Join(' ', pair.Value.To(DType.Float64).ToArray<double>())}"),
        .. trainer.History.Steps.Select(r => $"step {r.Step} {r.Epoch} {r.Loss:R} {r.LearningRate:R} {r.GradientNorm:R}"),
        .. trainer.History.Epochs.Select(e => $"epoch {e.Epoch} {e.Step} {e.TrainLoss:R} {Text(e.TrainMetrics)} {e.ValidationLoss:R} {Text(e.ValidationMetrics)}"),
        .. trainer.History.Validations.Select(v => $"validation {v.Step} {v.Epoch} {v.Loss:R} {Text(v.Metrics)}"),
        $"{trainer.State.Step} {trainer.State.Epoch} {trainer.State.ExamplesSeen} {trainer.State.BestMetric:R} {trainer.State.BestStep}",
        string.Join(' ', trainer.History.ConfusionMatrix!.Cast<long>()),
    ]);

    private static string Text(IReadOnlyDictionary<string, double>? metrics) => string.Join(' ', (metrics ?? new Dictionary<string, double>()).Select(pair => $"{pair.Key} {pair.Value:R}"));

    private static string Whole(long? seed, string? directory = null, Func<DataLoader>? data = null)
    {
        var (model, trainer) = Make(Options(directory, seed));
        using DataLoader train = (data ?? Train)(), other = Other();
        trainer.Fit(train, other);
        Assert.That(trainer.State.Step, Is.EqualTo(24));
        return Result(model, trainer);
    }

    [Test]
    public void Stopped_at_any_step_it_ends_with_the_same_bits([Range(1, 23)] int step)
    {
        long? seed = step % 2 == 0 ? 5 : null;
        string expected = Whole(seed);
        var (_, first) = Make(Options(directory, seed) with { MaxSteps = step });
        using (DataLoader train = Train(), other = Other()) first.Fit(train, other);

        var (model, second) = Make(Options(directory, seed));
        RandomNumbers.Seed(99); // another process has drawn other numbers
        second.Resume(directory);
        Assert.That(second.State.Step, Is.EqualTo(step));
        using (DataLoader train = Train(), other = Other()) second.Fit(train, other);
        Assert.That(Result(model, second), Is.EqualTo(expected));
    }

    [Test]
    public void A_stream_that_does_not_know_its_length_goes_on_too([Values(3, 6, 12, 16)] int step)
    {
        string expected = Whole(seed: 5, data: Stream);
        var (_, first) = Make(Options(directory, 5) with { MaxSteps = step });
        using (DataLoader train = Stream(), other = Other()) first.Fit(train, other);
        var (model, second) = Make(Options(directory, 5));
        second.Resume(directory);
        using (DataLoader train = Stream(), other = Other()) second.Fit(train, other);
        Assert.That(Result(model, second), Is.EqualTo(expected));

        static DataLoader Stream()
        {
            using var classes = Train();
            var examples = Enumerable.Range(0, 43).Select(classes.Dataset!.GetItem).ToArray();
            return new(StreamingDataset.From(_ => examples, example => example).Shuffle(bufferSize: 10, seed: 4), batchSize: 4);
        }
    }

    [TestCase("batch start", 7)]
    [TestCase("batch end", 13)]
    [TestCase("validation batch end", 2)]
    [TestCase("validation batch end", 6)]
    [TestCase("epoch end", 2)]
    [TestCase("record", 3)]
    public async Task Cancelled_at_any_turn_it_leaves_a_checkpoint_and_goes_on(string turn, int time)
    {
        string expected = Whole(seed: 5);
        using var cancellation = new CancellationTokenSource();
        var (_, first) = Make(Options(directory, 5) with { CheckpointEvery = 1000 });
        var watcher = new Watcher { At = (now, _) => { if (now == turn && --time == 0) cancellation.Cancel(); } };
        first.Callbacks.Add(watcher);
        using (DataLoader train = Train(), other = Other())
        {
            try
            {
                await first.FitAsync(train, other, cancellation.Token);
                Assert.Fail("it was not cancelled");
            }
            catch (OperationCanceledException)
            {
                Assert.That(watcher.Turns[^1], Is.EqualTo("training end"));
                Assert.That(first.History.StopReason, Is.EqualTo("Cancelled."));
            }
        }

        Assert.That(new CheckpointManager(directory).Latest()!.Step, Is.EqualTo(first.State.Step));
        var (model, second) = Make(Options(directory, 5));
        second.Resume(directory);
        using (DataLoader train = Train(), other = Other()) second.Fit(train, other);
        Assert.That(Result(model, second), Is.EqualTo(expected));
    }

    [Test]
    public void The_same_trainer_goes_on_after_a_cancellation()
    {
        string expected = Whole(seed: 5);
        using var cancellation = new CancellationTokenSource();
        var (model, trainer) = Make(Options(null, 5));
        int batches = 0;
        var watcher = new Watcher { At = (turn, _) => { if (turn == "batch end" && ++batches == 15) cancellation.Cancel(); } };
        trainer.Callbacks.Add(watcher);
        using DataLoader train = Train(), other = Other();
        Assert.That(() => trainer.Fit(train, other, cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(trainer.State.Step, Is.EqualTo(8), "the step that ran was finished");
        trainer.Fit(train, other);
        Assert.That(Result(model, trainer), Is.EqualTo(expected));
    }

    [Test]
    public void A_failed_resume_changes_nothing()
    {
        Whole(seed: 5, directory);
        var (model, trainer) = Make(Options(directory, 5));
        byte[] before = Problem.Bits(model);
        string file = Path.Combine(new CheckpointManager(directory).List()[^1].Path, "model.safetensors");
        File.WriteAllBytes(file, [.. File.ReadAllBytes(file)[..^1], 0x5A]);
        Assert.That(() => trainer.Resume(Path.GetDirectoryName(file)!), Throws.TypeOf<CorruptFileException>());
        Assert.That((Problem.Bits(model).SequenceEqual(before), trainer.State.Step, trainer.History.Steps.Count), Is.EqualTo((true, 0, 0)));
        Assert.That(() => trainer.Resume(Path.Combine(directory, "nowhere")), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void Checkpoints_come_every_so_many_steps_and_at_the_end()
    {
        var (_, trainer) = Make(Options(directory, 5) with { CheckpointEvery = 9, KeepCheckpoints = 50, EarlyStopping = null, ValidateEvery = 1000 });
        using DataLoader train = Train(), other = Other();
        trainer.Fit(train, other);
        Assert.That(new CheckpointManager(directory).List().Select(info => info.Step), Is.EqualTo(new[] { 9, 18, 24 }));
    }

    [Test]
    public void Best_and_last_stay_and_the_given_number_besides()
    {
        var (_, trainer) = Make(Options(directory, 5) with { KeepCheckpoints = 1, ValidateEvery = 2 });
        using DataLoader train = Train(), other = Other();
        trainer.Fit(train, other);
        var manager = new CheckpointManager(directory, new() { HigherIsBetter = true });
        Assert.That(manager.Best()!.Step, Is.EqualTo(trainer.State.BestStep));
        Assert.That(manager.List().Select(info => info.Step).Except([trainer.State.BestStep]), Is.EqualTo(new[] { 22, 24 }).Or.EqualTo(new[] { 24 }));
    }
}
