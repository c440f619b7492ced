using Gradient.Core;

namespace Gradient.Training.Tests.Checkpoints;

/// <summary>A training that goes on from a checkpoint is the same, bit for bit, as one that was never stopped.</summary>
public sealed class ResumeTests : CheckpointFixture
{
    [TestCase(1, false)]
    [TestCase(7, false)]  // in the middle of the second epoch: 9 batches make one, 2 a step
    [TestCase(9, true)]   // after 18 batches, at the end of the second
    [TestCase(14, true)]
    public void Going_on_from_a_checkpoint_gives_the_same_bits(long stop, bool compress)
    {
        using var whole = new SmallTraining();
        whole.Run(20);
        var manager = new CheckpointManager(Runs, new() { Compress = compress });
        using (var first = new SmallTraining())
        {
            first.Run(stop);
            manager.Save(first.Capture());
        }

        using var second = new SmallTraining();
        second.Run(3); // whatever it did before is forgotten
        Assert.That(second.Bits(), Is.Not.EqualTo(whole.Bits()));
        second.Restore(manager.LoadLatest()!);
        Assert.That(second.State.Step, Is.EqualTo(stop));
        second.Run(20);
        Assert.That(second.Bits(), Is.EqualTo(whole.Bits()));
    }

    [Test]
    public void What_is_not_restored_shows()
    {
        using var whole = new SmallTraining();
        whole.Run(12);
        using var first = new SmallTraining();
        first.Run(7);
        var checkpoint = first.Capture();

        // The comparison would notice: with the loader at its start, other batches come.
        using var second = new SmallTraining();
        checkpoint.Restore(second.Model, second.Optimizer, second.Schedule, second.Random);
        second.State.Step = 7;
        second.Run(12);
        Assert.That(second.Bits(), Is.Not.EqualTo(whole.Bits()));
    }

    [Test]
    public void A_plateau_remembers_its_metric()
    {
        static Schedule Plateau(Optimizer optimizer) => new ReduceOnPlateau(optimizer, factor: 0.5, patience: 2, cooldown: 1);
        using var whole = new SmallTraining(schedule: Plateau);
        whole.Run(20); // the metric never improves: the rate is halved at every fourth step
        Assert.That(whole.Optimizer.LearningRate, Is.LessThan(0.002));
        var manager = new CheckpointManager(Runs);
        using (var first = new SmallTraining(schedule: Plateau))
        {
            first.Run(6); // between two reductions
            manager.Save(first.Capture());
        }

        using var second = new SmallTraining(schedule: Plateau);
        second.Restore(manager.LoadLatest()!);
        second.Run(20);
        Assert.That(second.Bits(), Is.EqualTo(whole.Bits()));
    }

    [Test]
    public void Rates_changed_by_hand_come_back()
    {
        var manager = new CheckpointManager(Runs);
        SaveAt(4, manager, change: training => (training.Optimizer.Groups[1].LearningRate, training.Optimizer.Groups[1].Momentum) = (0.125, 0.5));
        using var other = new SmallTraining();
        other.Restore(manager.LoadLatest()!);
        Assert.That((other.Optimizer.Groups[1].LearningRate, other.Optimizer.Groups[1].Momentum), Is.EqualTo((0.125, 0.5)));
    }

    [Test]
    public void Lbfgs_goes_on_too()
    {
        static (Autograd.GradientTensor Point, Lbfgs Optimizer) Create()
        {
            var point = Autograd.GradientTensor.From([-1.2f, 1f], requiresGrad: true);
            return (point, new([point], maximumIterations: 4));
        }

        static void Step(Autograd.GradientTensor point, Lbfgs optimizer) => optimizer.Step(() =>
        {
            optimizer.ZeroGrad();
            var loss = (1 - point[0]).Square() + (100 * (point[1] - point[0].Square()).Square());
            loss.Backward();
            return loss;
        });

        var (whole, wholeOptimizer) = Create();
        for (int i = 0; i < 6; i++) Step(whole, wholeOptimizer);
        var (first, firstOptimizer) = Create();
        for (int i = 0; i < 3; i++) Step(first, firstOptimizer);
        var (second, secondOptimizer) = Create();
        second.Value.CopyFrom(first.Value);
        secondOptimizer.LoadStateDictionary(firstOptimizer.StateDictionary());
        for (int i = 0; i < 3; i++) Step(second, secondOptimizer);
        Assert.That(second.ToArray<float>(), Is.EqualTo(whole.ToArray<float>()));

        var broken = new Dictionary<string, Tensor>(firstOptimizer.StateDictionary());
        broken.Remove("0.rho");
        var before = secondOptimizer.StateDictionary().ToDictionary(pair => pair.Key, pair => pair.Value.To(DType.Float64).ToArray<double>());
        Assert.Throws<CorruptFileException>(() => secondOptimizer.LoadStateDictionary(broken));
        Assert.That(secondOptimizer.StateDictionary().ToDictionary(pair => pair.Key, pair => pair.Value.To(DType.Float64).ToArray<double>()), Is.EqualTo(before));
    }
}
