using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>What a trainer does at each turn, held against loops written out.</summary>
public sealed class TrainerTests
{
    [Test]
    public void It_trains_as_a_loop_of_ones_own_bit_for_bit()
    {
        using var data = Problem.Regression(30, batchSize: 8, shuffle: true);
        var model = Problem.Model(2, dropout: 0.25);
        var optimizer = new AdamW(model.Parameters(), learningRate: 0.01);
        var schedule = new CosineAnnealing(optimizer, totalSteps: 12, warmupSteps: 2);
        double lossOfEpoch = 0;
        RandomNumbers.Seed(11);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            lossOfEpoch = 0;
            foreach (var (x, y) in data)
            {
                var loss = Loss.Mse(model.Forward(x), y);
                loss.Backward();
                Gradients.ClipNorm(model.Parameters(), maxNorm: 0.5);
                optimizer.Step();
                optimizer.ZeroGrad();
                schedule.Step();
                lossOfEpoch += loss.Item() * (double)x.Shape[0];
            }
        }

        var again = Problem.Model(2, dropout: 0.25);
        var optimizerAgain = new AdamW(again.Parameters(), learningRate: 0.01);
        var trainer = new Trainer(again, optimizerAgain, Loss.Mse, new()
        {
            Epochs = 3, ClipNorm = 0.5, Seed = 11, LogEvery = 1, Schedule = new CosineAnnealing(optimizerAgain, totalSteps: 12, warmupSteps: 2),
        });
        var history = trainer.Fit(data);

        Assert.Multiple(() =>
        {
            Assert.That(Problem.Bits(again), Is.EqualTo(Problem.Bits(model)));
            Assert.That(history.Steps.Select(record => record.Step), Is.EqualTo(Enumerable.Range(1, 12)));
            Assert.That(history.Epochs[^1].TrainLoss, Is.EqualTo(lossOfEpoch / 30).Within(1e-7 * lossOfEpoch));
            Assert.That(history.Epochs[^1].TrainLoss, Is.LessThan(history.Epochs[0].TrainLoss));
            Assert.That((trainer.State.Epoch, trainer.State.Step, trainer.State.ExamplesSeen), Is.EqualTo((3, 12, 90)));
            Assert.That(optimizerAgain.LearningRate, Is.EqualTo(optimizer.LearningRate));
            Assert.That(history.StopReason, Is.Null);
            Assert.That(again.Parameters().Select(parameter => parameter.Grad), Is.All.Null);
            Assert.That(history.About["optimizer"], Is.EqualTo("AdamW"));
        });
    }

    [Test]
    public void Two_runs_are_the_same_and_another_seed_is_not()
    {
        Assert.That(Run(1), Is.EqualTo(Run(1)));
        Assert.That(Run(1).Bits, Is.Not.EqualTo(Run(2).Bits));

        static (string Bits, string Losses) Run(long seed)
        {
            using var data = Problem.Classes(40, batchSize: 8, shuffle: true);
            var model = Problem.Model(3, dropout: 0.3, norm: true);
            var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.1, momentum: 0.9), Loss.CrossEntropy, new() { Epochs = 3, Seed = seed, AccumulationSteps = 2, LogEvery = 2 });
            trainer.Metrics.Add(new Accuracy());
            RandomNumbers.Default.Take(seed * 1000); // what was drawn before does not matter
            var history = trainer.Fit(data, data);
            return (Convert.ToHexString(Problem.Bits(model)),
                string.Join(" ", history.Steps.Select(r => $"{r.Loss:R} {r.GradientNorm:R}").Concat(history.Epochs.Select(e => $"{e.TrainLoss:R} {e.ValidationLoss:R} {e.TrainMetrics["accuracy"]:R}"))));
        }
    }

    [Test]
    public void Callbacks_see_every_turn_in_order()
    {
        using var data = Problem.Regression(10, batchSize: 4);
        var model = Problem.Model(2);
        var watcher = new Watcher();
        var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.1), Loss.Mse, new() { AccumulationSteps = 2, LogEvery = 1 });
        trainer.Callbacks.Add(watcher);
        trainer.Fit(data, data);
        Assert.That(watcher.Turns, Is.EqualTo(
        [
            "training start", "epoch start",
            "batch start", "batch end", "batch start", "batch end", "record",
            "batch start", "batch end", "record",
            "validation start", "validation batch end", "validation batch end", "validation batch end", "validation end",
            "epoch end", "training end",
        ]));
    }

    [TestCase("training start", 0)]
    [TestCase("epoch start", 0)]
    [TestCase("batch start", 1)]
    [TestCase("batch end", 1)]
    [TestCase("record", 1)]
    [TestCase("validation start", 2)]
    [TestCase("validation batch end", 2)]
    [TestCase("validation end", 2)]
    [TestCase("epoch end", 5)]
    public void Every_turn_may_stop_the_training_after_the_step_that_runs(string turn, int steps)
    {
        using var data = Problem.Regression(20, batchSize: 4);
        var model = Problem.Model(2);
        var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.1), Loss.Mse, new() { Epochs = 3, LogEvery = 1, ValidateEvery = 2 });
        trainer.Callbacks.Add(new Watcher
        {
            At = (now, context) =>
            {
                if (now != turn) return;
                context.Stop("enough");
                context.Stop("more than enough");
            },
        });
        var history = trainer.Fit(data, data);
        Assert.That((trainer.State.Step, history.StopReason), Is.EqualTo((steps, "enough")));
        trainer.Callbacks.Clear();
        Assert.That(trainer.Fit(data, data).StopReason, Is.Null, "another call goes on");
        Assert.That(trainer.State.Step, Is.EqualTo(15));
    }

    [Test]
    public void Validation_comes_every_so_many_steps_and_leaves_modes_alone()
    {
        using var data = Problem.Classes(24, batchSize: 4);
        using var other = Problem.Classes(10, batchSize: 4, seed: 9);
        var model = Problem.Model(3, norm: true);
        var frozen = model.Children[1].Value;
        var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.1), Loss.CrossEntropy, new() { Epochs = 2, ValidateEvery = 4 });
        trainer.Metrics.Add(new ConfusionMatrix());
        trainer.Callbacks.Add(new Watcher
        {
            At = (turn, _) =>
            {
                if (turn == "training start") frozen.Eval();
                if (turn == "validation batch end") Assert.That(model.IsTraining, Is.False);
                if (turn == "validation end") Assert.That((model.IsTraining, frozen.IsTraining), Is.EqualTo((true, false)));
            },
        });
        var history = trainer.Fit(data, other);

        var result = trainer.Validate(other);
        model.Eval();
        double[] logits;
        using (Tape.NoGrad()) logits = [.. other.SelectMany(batch => Losses(model, batch.Inputs, batch.Targets))];
        Assert.Multiple(() =>
        {
            Assert.That(history.Validations.Select(record => (record.Step, record.Epoch)), Is.EqualTo(new[] { (4L, 0), (8L, 1), (12L, 1) }));
            Assert.That(history.Epochs[0].ValidationLoss, Is.EqualTo(history.Validations[0].Loss));
            Assert.That(history.Epochs[1].ValidationMetrics!["matthews"], Is.EqualTo(history.Validations[2].Metrics["matthews"]));
            Assert.That(history.ConfusionMatrix!.Cast<long>().Sum(), Is.EqualTo(10));
            Assert.That(result.Loss, Is.EqualTo(logits.Average()).Within(1e-6), "weighted by examples: batches of 4, 4 and 2");
            Assert.That(result.Loss, Is.EqualTo(history.Validations[^1].Loss));
            Assert.That(result.Examples, Is.EqualTo(10));
        });

        static double[] Losses(Module model, GradientTensor x, GradientTensor labels) =>
            Loss.CrossEntropy(model.Forward(x), labels, Reduction.None).To(DType.Float64).ToArray<double>();
    }

    [Test]
    public void Schedules_step_by_step_or_by_epoch()
    {
        Assert.That(Rates(SchedulePer.Step, optimizer => new StepDecay(optimizer, stepSize: 1, gamma: 0.5)), Is.EqualTo(new[] { 1, 0.5, 0.25, 0.125 }));
        Assert.That(Rates(SchedulePer.Epoch, optimizer => new StepDecay(optimizer, stepSize: 1, gamma: 0.5)), Is.EqualTo(new[] { 1, 1, 0.5, 0.5 }));
        // A loss of 0/0 never improves; each validation with patience 0 reduces the rate.
        Assert.That(
            Rates(SchedulePer.Step, optimizer => new ReduceOnPlateau(optimizer, patience: 0, factor: 0.5), validate: true, (p, t) => (p - p).Sum() + t.Sum() * 0 + 1),
            Is.EqualTo(new[] { 1, 1, 1, 1, 0.5, 0.5 }));

        static double[] Rates(SchedulePer per, Func<Optimizer, Schedule> schedule, bool validate = false, Func<GradientTensor, GradientTensor, GradientTensor>? loss = null)
        {
            using var data = Problem.Regression(8, batchSize: 4);
            var model = Problem.Model(2);
            var optimizer = new Sgd(model.Parameters(), 1);
            var options = new TrainingOptions { Epochs = validate ? 3 : 2, Schedule = schedule(optimizer), SchedulePer = per };
            var rates = new List<double>();
            var trainer = new Trainer(model, optimizer, loss ?? Loss.Mse, options);
            trainer.Callbacks.Add(new Watcher { At = (turn, _) => { if (turn == "batch start") rates.Add(optimizer.LearningRate); } });
            trainer.Fit(data, validate ? data : null);
            return [.. rates];
        }
    }

    [Test]
    public void Clipping_by_value_and_norm_is_that_of_Gradients()
    {
        using var data = Problem.Regression(8, batchSize: 8);
        var model = Problem.Model(2);
        Loss.Mse(model.Forward(data.First().Inputs), data.First().Targets).Backward();
        double norm = Gradients.Norm(model.Parameters()).Item();
        Gradients.ClipValue(model.Parameters(), 0.2);
        Gradients.ClipNorm(model.Parameters(), 0.3);
        float[][] expected = [.. model.Parameters().Select(parameter => parameter.Grad!.ToArray<float>())];

        var again = Problem.Model(2);
        float[][] seen = [];
        var trainer = new Trainer(again, new Sgd(again.Parameters(), 0.1), Loss.Mse, new() { ClipValue = 0.2, ClipNorm = 0.3, LogEvery = 1 });
        trainer.Callbacks.Add(new Watcher
        {
            At = (turn, _) => { if (turn == "batch end") seen = [.. again.Parameters().Select(parameter => parameter.Grad!.ToArray<float>())]; },
        });
        Assert.That(trainer.Fit(data).Steps[0].GradientNorm, Is.EqualTo(norm), "before clipping");
        Assert.That(seen, Is.EqualTo(expected));
    }

    [Test]
    public void Records_cover_LogEvery_steps_and_the_rest_of_an_epoch()
    {
        using var data = Problem.Regression(28, batchSize: 4);
        var (every, third) = (Records(1), Records(3));
        Assert.That(third.Select(record => record.Step), Is.EqualTo(new[] { 3, 6, 7, 9, 12, 14 }));
        Assert.That(third[0].Loss, Is.EqualTo(every.Take(3).Average(record => record.Loss)).Within(1e-6));
        Assert.That(third[2].Loss, Is.EqualTo(every[6].Loss).Within(1e-6));
        Assert.That(third.Where(record => record.Step % 3 == 0).Select(record => record.GradientNorm), Has.All.Positive);
        Assert.That(third[2].GradientNorm, Is.Null, "nobody asked for the norm of that step");

        IReadOnlyList<TrainingRecord> Records(int logEvery)
        {
            var model = Problem.Model(2);
            return new Trainer(model, new Sgd(model.Parameters(), 0.01), Loss.Mse, new() { Epochs = 2, LogEvery = logEvery, NanPolicy = NanPolicy.Ignore }).Fit(data).Steps;
        }
    }

    [Test]
    public void MaxSteps_ends_in_the_middle_of_an_epoch()
    {
        using var data = Problem.Regression(20, batchSize: 4);
        var model = Problem.Model(2);
        var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.1), Loss.Mse, new() { Epochs = 9, MaxSteps = 7 });
        var history = trainer.Fit(data);
        Assert.That((trainer.State.Step, trainer.State.Epoch, trainer.State.BatchInEpoch, history.Epochs.Count), Is.EqualTo((7, 1, 2, 1)));
        Assert.That(history.StopReason, Does.Contain("7 steps"));
    }

    [Test]
    public void What_cannot_be_is_told_at_once()
    {
        using var data = Problem.Regression(8, batchSize: 4);
        var model = Problem.Model(2);
        var optimizer = new Sgd(model.Parameters(), 0.1);
        Trainer With(TrainingOptions options) => new(model, optimizer, Loss.Mse, options);
        Assert.Multiple(() =>
        {
            Assert.That(() => With(new() { AccumulationSteps = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("AccumulationSteps"));
            Assert.That(() => With(new() { ClipNorm = double.NaN }), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("ClipNorm"));
            Assert.That(() => With(new() { ValidateEvery = 0 }), Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("ValidateEvery"));
            Assert.That(() => With(new() { EarlyStopping = new() }).Fit(data), Throws.ArgumentException.With.Message.Contains("validation"));
            Assert.That(() => With(new() { EarlyStopping = new() { Monitor = "validation.acuracy" } }).Fit(data, data), Throws.ArgumentException.With.Message.Contains("acuracy"));
            Assert.That(() => new Trainer(model, new Lbfgs(model.Parameters()), Loss.Mse), Throws.TypeOf<UnsupportedOperationException>());
            Assert.That(
                () => new Trainer(model, optimizer, (p, t) => Loss.Mse(p, t, Reduction.None)).Fit(data),
                Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("[4, 2]"));
            var twice = With(new());
            twice.Metrics.Add(new Accuracy());
            twice.Metrics.Add(Accuracy.Binary(0));
            Assert.That(() => twice.Fit(data), Throws.TypeOf<GradientException>().With.Message.Contains("accuracy"));
        });
    }
}
