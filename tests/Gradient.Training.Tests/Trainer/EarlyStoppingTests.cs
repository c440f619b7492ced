using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>
/// One parameter that training pulls from 0 to 10, in steps of 1, while validation wants it to be 3: the validation loss falls, then rises.
/// </summary>
public sealed class EarlyStoppingTests
{
    private string directory = "";

    [SetUp]
    public void MakeDirectory() => directory = Directory.CreateTempSubdirectory("gradient-early-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(directory, recursive: true);

    [Test]
    public void It_ends_after_its_patience_and_the_best_model_comes_back([Values] bool checkpoints, [Values] bool restore)
    {
        var (model, trainer) = Make(new()
        {
            Epochs = 100, CheckpointDirectory = checkpoints ? directory : null, KeepCheckpoints = 0,
            EarlyStopping = new() { Patience = 2, RestoreBest = restore },
        });
        var history = Fit(trainer);
        Assert.Multiple(() =>
        {
            Assert.That(history.Validations.Select(record => record.Loss), Is.EqualTo(new double[] { 4, 1, 0, 1, 4 }).Within(1e-5));
            Assert.That((history.BestMetric, history.BestStep, trainer.State.Step), Is.EqualTo(((double?)0, 3, 5)));
            Assert.That(history.StopReason, Does.Contain("validation.loss").And.Contain("step 3"));
            Assert.That(model.Place, Is.EqualTo(restore ? 3 : 5));
        });
    }

    [Test]
    public void It_stays_ended_when_it_is_resumed()
    {
        TrainingOptions options = new() { Epochs = 100, CheckpointDirectory = directory, KeepCheckpoints = 0, EarlyStopping = new() { Patience = 2 } };
        Fit(Make(options).Trainer);
        for (int again = 0; again < 2; again++)
        {
            var (model, trainer) = Make(options);
            trainer.Resume(directory);
            var history = Fit(trainer);
            Assert.That((trainer.State.Step, model.Place, history.Validations.Count), Is.EqualTo((5L, 3f, 5)));
            Assert.That(history.StopReason, Does.Contain("validation.loss").And.Contain("step 3"));
        }
    }

    [Test]
    public void A_training_that_comes_to_its_end_restores_the_best_too()
    {
        var (model, trainer) = Make(new() { Epochs = 4, EarlyStopping = new() { Patience = 9 } });
        Assert.That(Fit(trainer).StopReason, Is.Null);
        Assert.That(model.Place, Is.EqualTo(3));
    }

    [Test]
    public void One_that_was_stopped_goes_on_where_it_was()
    {
        var (model, trainer) = Make(new() { Epochs = 100, MaxSteps = 4, EarlyStopping = new() { Patience = 9 } });
        Fit(trainer);
        Assert.That(model.Place, Is.EqualTo(4));
    }

    [Test]
    public void A_small_improvement_does_not_renew_patience()
    {
        // Improvements of the loss: 9 → 4 → 1 → 0; a minimum of 2 is met by the first two alone... 4 → 1 is the last.
        var (_, trainer) = Make(new() { Epochs = 100, EarlyStopping = new() { Patience = 2, MinimumDelta = 2, RestoreBest = false } });
        Fit(trainer);
        Assert.That((trainer.State.Step, trainer.State.BestStep), Is.EqualTo((4, 3)), "looks 3 and 4 do not count, though 3 is the best");
    }

    [Test]
    public void A_metric_is_watched_in_its_own_direction_or_the_given_one([Values] MonitorMode mode)
    {
        var (_, trainer) = Make(new() { Epochs = 100, EarlyStopping = new() { Monitor = "validation.place", Patience = 3, Mode = mode } });
        trainer.Metrics.Add(new PlaceMetric());
        Fit(trainer);
        // The metric falls from −1 to −10, where it stays.
        Assert.That(trainer.State.Step, Is.EqualTo(mode == MonitorMode.Minimum ? 10 + 3 : 1 + 3));
    }

    [Test]
    public void What_is_measured_in_training_may_be_watched()
    {
        var (_, trainer) = Make(new() { Epochs = 100, EarlyStopping = new() { Monitor = "train.loss", Patience = 4 } });
        using var data = Data(10);
        var history = trainer.Fit(data);
        Assert.That(history.StopReason, Does.Contain("train.loss"));
        Assert.That(trainer.State.Step, Is.EqualTo(trainer.State.BestStep + 4).And.GreaterThan(10));
    }

    private static TrainingHistory Fit(Trainer trainer)
    {
        using var train = Data(10);
        using var validation = Data(3);
        return trainer.Fit(train, validation);
    }

    private static DataLoader Data(float target) =>
        new(new TensorDataset(GradientTensor.Zeros([1, 1]).Value, GradientTensor.Full([1, 1], target).Value), batchSize: 1);

    /// <summary>Training's loss is |p − t|, whose gradient is ±1; validation's is (p − t)².</summary>
    private static (Point Model, Trainer Trainer) Make(TrainingOptions options)
    {
        var model = new Point();
        return (model, new(model, new Sgd(model.Parameters(), 1), (p, t) => model.IsTraining ? (p - t).Abs().Sum() : Loss.Mse(p, t), options));
    }

    private sealed class Point : Module
    {
        private readonly GradientTensor place;

        public Point() => place = Register("place", GradientTensor.Zeros([1]));

        public float Place => place.Item();

        public override GradientTensor Forward(GradientTensor x) => x + place;
    }

    private sealed class PlaceMetric : Metric
    {
        public override string Name => "place";

        public override bool HigherIsBetter => true;

        public override double Compute() => -Sum("place");

        protected override void Measure(GradientTensor prediction, GradientTensor target) => Add("place", prediction.Sum());
    }
}
