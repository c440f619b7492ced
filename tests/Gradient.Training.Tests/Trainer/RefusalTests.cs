using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>What a trainer does not begin with, because it would train nothing, or something else.</summary>
public sealed class RefusalTests
{
    [Test]
    public void An_optimizer_of_another_model()
    {
        var optimizer = new Sgd(Problem.Model(3).Parameters(), 0.1);
        var thrown = Assert.Throws<ArgumentException>(() => _ = new Trainer(Problem.Model(3), optimizer, Loss.CrossEntropy));
        Assert.That(thrown!.Message, Does.Contain("model.Parameters()"));
    }

    [Test]
    public void A_schedule_of_another_optimizer()
    {
        var model = Problem.Model(3);
        var other = new Sgd(model.Parameters(), 0.1);
        var options = new TrainingOptions { Schedule = new ExponentialDecay(other, 0.5) };
        var thrown = Assert.Throws<ArgumentException>(() => _ = new Trainer(model, new Sgd(model.Parameters(), 0.1), Loss.CrossEntropy, options));
        Assert.That(thrown!.Message, Does.Contain("another optimizer"));
        _ = new Trainer(model, other, Loss.CrossEntropy, options);
    }

    [Test]
    public void A_loader_without_a_batch()
    {
        var model = Problem.Model(3);
        byte[] before = Problem.Bits(model);
        using var data = Problem.Classes(10, batchSize: 4);
        using var none = new DataLoader(data.Dataset!, 32, dropLast: true);
        var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.1), Loss.CrossEntropy);
        var thrown = Assert.Throws<GradientException>(() => trainer.Fit(none));
        Assert.That(thrown!.Message, Does.Contain("no batch").And.Contain("32").And.Contain("dropLast true"));
        Assert.That((trainer.History.Epochs.Count, Problem.Bits(model).SequenceEqual(before)), Is.EqualTo((0, true)));
    }

    [Test]
    public void Another_batch_size_in_the_middle_of_an_epoch()
    {
        var directory = Directory.CreateTempSubdirectory("gradient-refusal-");
        try
        {
            Trainer Make(int? steps, int epochs = 1)
            {
                var model = Problem.Model(3);
                return new(model, new Sgd(model.Parameters(), 0.1), Loss.CrossEntropy, new() { Epochs = epochs, MaxSteps = steps, CheckpointDirectory = directory.FullName });
            }

            using DataLoader data = Problem.Classes(40, batchSize: 4), other = Problem.Classes(40, batchSize: 8);
            Make(steps: 3).Fit(data);
            var trainer = Make(steps: null);
            trainer.Resume(directory.FullName);
            var thrown = Assert.Throws<GradientException>(() => trainer.Fit(other));
            Assert.That(thrown!.Message, Does.Contain("batch 3").And.Contain("batches of 4").And.Contain("gives 8"));
            trainer.Fit(data);
            Assert.That(trainer.State.Step, Is.EqualTo(10));

            // Between two epochs it is up to the user.
            trainer = Make(steps: null, epochs: 2);
            trainer.Resume(directory.FullName);
            trainer.Fit(other);
            Assert.That(trainer.State.Step, Is.EqualTo(15));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
