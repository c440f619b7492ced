using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>Mixed precision in a trainer is that of loops written out.</summary>
public sealed class TrainerPrecisionTests
{
    private string directory = "";

    [SetUp]
    public void MakeDirectory() => directory = Directory.CreateTempSubdirectory("gradient-precision-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(directory, recursive: true);

    [Test]
    public void BFloat16_is_autocast_around_forward_and_loss()
    {
        using var data = Problem.Classes(30, batchSize: 8, shuffle: true);
        var (model, optimizer) = Make();
        RandomNumbers.Seed(11);
        for (int epoch = 0; epoch < 2; epoch++)
            foreach (var (x, labels) in data)
            {
                GradientTensor loss;
                using (Autocast.Begin(DType.BFloat16)) loss = Loss.CrossEntropy(model.Forward(x), labels);
                loss.Backward();
                optimizer.Step();
                optimizer.ZeroGrad();
            }

        var (again, optimizerAgain) = Make();
        var history = new Trainer(again, optimizerAgain, Loss.CrossEntropy, new() { Epochs = 2, Seed = 11, MixedPrecision = MixedPrecision.BFloat16 }).Fit(data);
        Assert.That(Problem.Bits(again), Is.EqualTo(Problem.Bits(model)));
        Assert.That(history.Steps.Select(record => record.LossScale), Is.All.Null);
        Assert.That(again.Parameters().Select(parameter => parameter.DType), Is.All.EqualTo(DType.Float32));
    }

    [Test]
    public void Float16_scales_the_loss_leaves_overflows_out_and_clips_what_is_unscaled([Values] NanPolicy policy)
    {
        // At 2³⁰ gradients overflow; the scale halves until they do not.
        using var data = Problem.Classes(32, batchSize: 8, shuffle: true);
        var (model, optimizer) = Make();
        var scaler = new LossScaler(initialScale: 1 << 30, growthInterval: 3);
        var scales = new List<double>();
        RandomNumbers.Seed(11);
        for (int epoch = 0; epoch < 10; epoch++)
        {
            using var batches = data.GetEnumerator();
            while (batches.MoveNext())
            {
                var before = model.NamedBuffers().Select(pair => pair.Value.Value.Copy()).ToArray();
                for (int part = 0; part < 2; part++)
                {
                    if (part > 0) batches.MoveNext();
                    GradientTensor loss;
                    using (Autocast.Begin(DType.Float16)) loss = Loss.CrossEntropy(model.Forward(batches.Current.Inputs), batches.Current.Targets);
                    scaler.ScaleLoss(loss).Backward();
                }

                scaler.Unscale(optimizer);
                Gradients.Scale(model.Parameters(), 0.5);
                Gradients.ClipNorm(model.Parameters(), 0.3);
                if (scaler.Step(optimizer)) scales.Add(0);
                else foreach (var (buffer, copy) in model.NamedBuffers().Zip(before)) buffer.Value.Value.CopyFrom(copy);
                scaler.Update();
                if (scales.Count > 0 && scales[^1] == 0) scales[^1] = scaler.Scale;
                optimizer.ZeroGrad();
            }
        }

        var (again, optimizerAgain) = Make();
        var trainer = new Trainer(again, optimizerAgain, Loss.CrossEntropy, Options(policy));
        var history = trainer.Fit(data);
        Assert.Multiple(() =>
        {
            Assert.That(scaler.SkippedSteps, Is.GreaterThan(2).And.LessThan(18), "the test sees both kinds of steps");
            Assert.That(Problem.Bits(again), Is.EqualTo(Problem.Bits(model)));
            Assert.That((trainer.State.Step, trainer.State.SkippedSteps), Is.EqualTo((20 - scaler.SkippedSteps, scaler.SkippedSteps)));
            Assert.That(history.Steps.Select(record => record.LossScale), Is.EqualTo(scales));
            Assert.That(history.Steps.Select(record => record.GradientNorm), Has.All.Matches<double?>(norm => norm is { } n && double.IsFinite(n)));
            Assert.That(history.Epochs[^1].TrainLoss, Is.LessThan(history.Epochs[0].TrainLoss));
        });
    }

    [Test]
    public void The_scale_goes_on_after_a_resume([Range(1, 12, 3)] int step)
    {
        using var data = Problem.Classes(32, batchSize: 8, shuffle: true);
        var (model, optimizer) = Make();
        var whole = new Trainer(model, optimizer, Loss.CrossEntropy, Options(NanPolicy.Stop));
        whole.Fit(data);

        var (first, firstOptimizer) = Make();
        new Trainer(first, firstOptimizer, Loss.CrossEntropy, Options(NanPolicy.Stop) with { CheckpointDirectory = directory, MaxSteps = step }).Fit(data);
        var (second, secondOptimizer) = Make();
        var trainer = new Trainer(second, secondOptimizer, Loss.CrossEntropy, Options(NanPolicy.Stop));
        trainer.Resume(directory);
        trainer.Fit(data);
        Assert.That(Problem.Bits(second), Is.EqualTo(Problem.Bits(model)));
        Assert.That(trainer.History.Steps.Select(r => (r.Step, r.Loss, r.LossScale)), Is.EqualTo(whole.History.Steps.Select(r => (r.Step, r.Loss, r.LossScale))));
        Assert.That(trainer.State.SkippedSteps, Is.EqualTo(whole.State.SkippedSteps));
    }

    [Test]
    public void A_loss_that_is_not_finite_is_told_under_Float16_too()
    {
        using var data = Problem.Classes(32, batchSize: 8);
        var (model, optimizer) = Make();
        var trainer = new Trainer(model, optimizer, (p, t) => Loss.CrossEntropy((p - p - 1).Sqrt(), t), Options(NanPolicy.Stop));
        Assert.That(() => trainer.Fit(data), Throws.TypeOf<NotFiniteException>().With.Message.Contains("Forward of sqrt"));
    }

    private static TrainingOptions Options(NanPolicy policy) => new()
    {
        Epochs = 10, AccumulationSteps = 2, ClipNorm = 0.3, Seed = 11, LogEvery = 1, NanPolicy = policy, MixedPrecision = MixedPrecision.Float16,
        LossScaler = new(initialScale: 1 << 30, growthInterval: 3),
    };

    private static (Module Model, Optimizer Optimizer) Make()
    {
        var model = Problem.Model(3, dropout: 0.2, norm: true);
        return (model, new AdamW(model.Parameters(), learningRate: 0.02));
    }
}
