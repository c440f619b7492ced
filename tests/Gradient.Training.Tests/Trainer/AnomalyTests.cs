using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>What a trainer does about NaN and infinities.</summary>
public sealed class AnomalyTests
{
    [Test]
    public void Stop_names_the_operation_of_a_forward_and_leaves_the_last_good_step([Values(1, 2)] int accumulation)
    {
        var (model, trainer) = Make(new() { AccumulationSteps = accumulation, Epochs = 2 }, x => x.Sqrt());
        byte[] good = [];
        trainer.Callbacks.Add(new Watcher { At = (turn, context) => { if (turn == "batch end" && context.State.Step == 1) good = Problem.Bits(model); } });
        using var data = WithNegative(at: accumulation);
        Assert.That(() => trainer.Fit(data), Throws.TypeOf<NotFiniteException>().With.Message.Contains("sqrt").And.Message.Contains("Step 2").And.Message.Contains("NaN"));
        Assert.That(Problem.Bits(model), Is.EqualTo(good), "parameters and running statistics");
        Assert.That((trainer.State.Step, trainer.State.SkippedSteps), Is.EqualTo((1, 0)));
        Assert.That(Problem.Bits(model), Is.Not.Empty);
    }

    [Test]
    public void Stop_names_the_operation_of_a_backward()
    {
        // At −1, √(x + 1) is 0, and its derivative infinite.
        var (_, trainer) = Make(new(), x => (x + 1).Sqrt());
        using var data = WithNegative(at: 1);
        Assert.That(() => trainer.Fit(data), Throws.TypeOf<NotFiniteException>().With.Message.Contains("Backward of sqrt"));
    }

    [Test]
    public void Stop_names_an_operation_that_needs_no_gradient()
    {
        RandomNumbers.Seed(7);
        var model = new Linear(4, 1);
        var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.01), (p, t) => Loss.Mse(p, t.Log()));
        using var data = WithNegative(at: 1);
        Assert.That(() => trainer.Fit(data), Throws.TypeOf<NotFiniteException>().With.Message.Contains("Forward of log").And.Message.Contains(nameof(AnomalyTests)));
    }

    [Test]
    public void Stop_names_what_overflowed()
    {
        var (_, trainer) = Make(new(), x => (x * -200).Exp());
        using var data = WithNegative(at: 1);
        Assert.That(() => trainer.Fit(data), Throws.TypeOf<NotFiniteException>().With.Message.Contains("exp").And.Message.Contains("infinity"));
    }

    [Test]
    public void Stop_tells_data_and_parameters_from_operations()
    {
        var (model, trainer) = Make(new(), x => x);
        using var data = Data(float.NaN, at: 2);
        Assert.That(() => trainer.Fit(data), Throws.TypeOf<NotFiniteException>().With.Message.Contains("inputs of the batch"));
        model.Parameters()[0].Value.Fill(double.PositiveInfinity);
        Assert.That(() => trainer.Fit(data), Throws.TypeOf<NotFiniteException>().With.Message.Contains("parameter '0.weight'"));
    }

    [Test]
    public void SkipStep_leaves_the_step_out_and_counts_it([Values(1, 2)] int accumulation)
    {
        var (model, trainer) = Make(new() { NanPolicy = NanPolicy.SkipStep, AccumulationSteps = accumulation, Epochs = 2, LogEvery = 1 }, x => x.Sqrt());
        trainer.Metrics.Add(new MeanAbsoluteError());
        using var data = WithNegative(at: accumulation); // in the second step of each epoch
        var history = trainer.Fit(data);
        Assert.Multiple(() =>
        {
            Assert.That((trainer.State.Step, trainer.State.SkippedSteps, history.SkippedSteps), Is.EqualTo((2 * ((8 / accumulation) - 1), 2, 2)));
            Assert.That(history.Steps.Select(record => record.Loss), Has.All.Matches<double>(double.IsFinite));
            Assert.That(history.Steps.Select(record => record.Step), Is.EqualTo(Enumerable.Range(1, (int)trainer.State.Step)), "one each, none for what was left out");
            Assert.That(history.Epochs.Select(epoch => epoch.TrainMetrics["mae"]), Has.All.Matches<double>(double.IsFinite));
            Assert.That(model.StateDictionary().Values.SelectMany(tensor => tensor.ToArray<float>()), Has.All.Matches<float>(float.IsFinite), "running statistics too");
        });
    }

    [Test]
    public void Ignore_looks_away()
    {
        var (model, trainer) = Make(new() { NanPolicy = NanPolicy.Ignore }, x => x.Sqrt());
        using var data = WithNegative(at: 1);
        Assert.That(trainer.Fit(data).Epochs[0].TrainLoss, Is.NaN);
        Assert.That(model.Parameters()[0].ToArray<float>(), Has.Some.NaN);
    }

    private static (Module Model, Trainer Trainer) Make(TrainingOptions options, Func<GradientTensor, GradientTensor> first)
    {
        RandomNumbers.Seed(7);
        var model = new Sequential(new Linear(4, 4), new BatchNorm1d(4), new Linear(4, 1));
        model.Parameters()[0].Value.Fill(0.5);
        return (model, new Trainer(model, new Sgd(model.Parameters(), 0.01), (p, t) => Loss.Mse(p + first(t + (p * 0)), t), options));
    }

    /// <summary>Eight batches of four; the targets are 1, but one of batch <paramref name="at"/> is −1.</summary>
    private static DataLoader WithNegative(int at)
    {
        var targets = new float[32, 1];
        for (int i = 0; i < 32; i++) targets[i, 0] = i == (4 * at) + 1 ? -1 : 1;
        return new(new TensorDataset(GradientTensor.Randn([32, 4], seed: 1).Value, Tensor.From(targets, Devices.Cpu)), batchSize: 4);
    }

    private static DataLoader Data(float odd, int at)
    {
        var inputs = GradientTensor.Randn([32, 4], seed: 1);
        inputs.AsSpan<float>()[at * 16] = odd;
        return new(new TensorDataset(inputs.Value, GradientTensor.Ones([32, 1]).Value), batchSize: 4);
    }
}
