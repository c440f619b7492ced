using Gradient.Autograd;

namespace Gradient.Training.Tests;

/// <summary>What schedules share: warm-up, groups, jumping. Their curves are held against PyTorch in Goldens/.</summary>
public sealed class ScheduleTests
{
    private static Sgd Optimizer(double rate = 1) => new([GradientTensor.Ones([1], requiresGrad: true)], learningRate: rate);

    [Test]
    public void Warm_up_rises_linearly_to_the_rate_and_hands_over()
    {
        var schedule = new ExponentialDecay(Optimizer(2), gamma: 0.5, warmupSteps: 4, warmupStart: 0.2);
        var rates = new List<double>();
        for (int i = 0; i < 7; i++)
        {
            rates.Add(schedule.LearningRate);
            schedule.Step();
        }

        Assert.That(rates, Is.EqualTo(new[] { 0.4, 0.8, 1.2, 1.6, 2, 1, 0.5 }).Within(1e-12));
    }

    [Test]
    public void Groups_keep_their_proportions()
    {
        var optimizer = new Sgd(
            [new ParameterGroup([GradientTensor.Ones([1], requiresGrad: true)]), new([GradientTensor.Ones([1], requiresGrad: true)]) { LearningRate = 0.1 }], learningRate: 1);
        var schedule = new CosineAnnealing(optimizer, totalSteps: 10);
        for (int i = 0; i < 5; i++) schedule.Step();
        Assert.That(optimizer.Groups.Select(group => group.LearningRate), Is.EqualTo(new[] { 0.5, 0.05 }).Within(1e-12));
    }

    [Test]
    public void Jumping_is_stepping()
    {
        Schedule stepped = new CosineRestarts(Optimizer(), 5, factor: 2, warmupSteps: 3), jumped = new CosineRestarts(Optimizer(), 5, factor: 2, warmupSteps: 3);
        for (int i = 0; i < 17; i++) stepped.Step();
        jumped.JumpTo(17);
        Assert.That(jumped.LearningRate, Is.EqualTo(stepped.LearningRate));
    }

    [Test]
    public void Annealing_and_polynomials_stay_at_the_end()
    {
        Schedule cosine = new CosineAnnealing(Optimizer(), 10, minimum: 0.25), polynomial = new PolynomialDecay(Optimizer(), 10, power: 2);
        cosine.JumpTo(25);
        polynomial.JumpTo(25);
        Assert.That((cosine.LearningRate, polynomial.LearningRate), Is.EqualTo((0.25, 0.0)));
    }

    [Test]
    public void A_plateau_is_a_metric_that_no_longer_improves()
    {
        var schedule = new ReduceOnPlateau(Optimizer(), factor: 0.5, patience: 1);
        foreach (double loss in new[] { 3.0, 2.0, 2.0, 2.0, double.NaN }) schedule.Step(loss);
        Assert.That(schedule.LearningRate, Is.EqualTo(0.5));
    }

    [Test]
    public void Bad_arguments_are_refused() => Assert.Multiple(() =>
    {
        Assert.That(() => new CosineAnnealing(Optimizer(), totalSteps: 5, warmupSteps: 5), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new StepDecay(Optimizer(), stepSize: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ExponentialDecay(Optimizer(), 0.9, warmupSteps: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ReduceOnPlateau(Optimizer(), factor: 1), Throws.TypeOf<ArgumentOutOfRangeException>());
    });
}
