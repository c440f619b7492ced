using Gradient.Autograd;
using Gradient.Goldens;

namespace Gradient.Training.Tests.Goldens;

/// <summary>The learning rate of every schedule, step by step, compared with PyTorch's schedulers.</summary>
[TestFixture]
public sealed class ScheduleGoldenTests
{
    private const float Base = 0.1f, Gamma = 0.9f, Minimum = 0.01f;

    private static readonly GoldenFile Goldens = GoldenFile.Open("schedulers");

    private static readonly Dictionary<string, Func<Optimizer, Schedule>> Schedules = new()
    {
        ["step"] = o => new StepDecay(o, 7, 0.5),
        ["multi-step"] = o => new MultiStepDecay(o, [5, 6, 20], 0.25),
        ["exponential"] = o => new ExponentialDecay(o, Gamma),
        ["cosine"] = o => new CosineAnnealing(o, 40),
        ["cosine-minimum"] = o => new CosineAnnealing(o, 40, Minimum),
        ["cosine-restarts"] = o => new CosineRestarts(o, 10),
        ["cosine-restarts-longer"] = o => new CosineRestarts(o, 6, 2, Minimum),
        ["polynomial"] = o => new PolynomialDecay(o, 30),
        ["polynomial-2"] = o => new PolynomialDecay(o, 30, 2),
        ["one-cycle"] = o => new OneCycle(o, Base, 50, baseMomentum: 0.85f, maximumMomentum: 0.95f),
        ["one-cycle-linear"] = o => new OneCycle(o, Base, 50, 0.25, linear: true, cycleMomentum: false, div: 10, finalDiv: 100),
        ["linear-warmup"] = o => new ExponentialDecay(o, 1, warmupSteps: 8, warmupStart: 0.125),
        ["warmup-then-step"] = o => new StepDecay(o, 5, 0.5, warmupSteps: 8, warmupStart: 0.125),
        ["warmup-then-cosine"] = o => new CosineAnnealing(o, 40, warmupSteps: 8, warmupStart: 0.125),
        ["warmup-then-exponential"] = o => new ExponentialDecay(o, Gamma, warmupSteps: 8, warmupStart: 0.125),
    };

    private static readonly Dictionary<string, Func<Optimizer, ReduceOnPlateau>> Plateaus = new()
    {
        ["plateau"] = o => new ReduceOnPlateau(o, factor: 0.5, patience: 2),
        ["plateau-cooldown"] = o => new ReduceOnPlateau(o, factor: 0.5, patience: 1, cooldown: 3, minimum: 0.02f),
        ["plateau-maximum"] = o => new ReduceOnPlateau(o, maximize: true, factor: 0.25, patience: 1),
        ["plateau-absolute"] = o => new ReduceOnPlateau(o, factor: 0.5, patience: 2, threshold: 0.25, relative: false),
    };

    private static IEnumerable<string> ScheduleNames => Schedules.Keys;

    private static IEnumerable<string> PlateauNames => Plateaus.Keys;

    [TestCaseSource(nameof(ScheduleNames))]
    public void Rates_and_momenta_agree(string name)
    {
        var optimizer = NewOptimizer();
        var schedule = Schedules[name](optimizer);
        double[] rates = Goldens[$"{name}/rates"].Values, momenta = Goldens[$"{name}/momenta"].Values;
        for (int step = 0; step < rates.Length; step++)
        {
            Verify(optimizer.LearningRate, rates[step], $"rate at step {step}");
            Verify(optimizer.Groups[0].Momentum, momenta[step], $"momentum at step {step}");
            schedule.Step();
        }
    }

    [TestCaseSource(nameof(PlateauNames))]
    public void Rates_after_metrics_agree(string name)
    {
        var optimizer = NewOptimizer();
        var schedule = Plateaus[name](optimizer);
        double[] rates = Goldens[$"{name}/rates"].Values, metric = Goldens["metric"].Values;
        Verify(optimizer.LearningRate, rates[0], "rate at the start");
        for (int step = 0; step < metric.Length; step++)
        {
            schedule.Step(metric[step]);
            Verify(optimizer.LearningRate, rates[step + 1], $"rate after metric {step}");
        }
    }

    [Test]
    public void Every_golden_has_a_test() => Assert.That(Schedules.Keys.Concat(Plateaus.Keys), Is.EquivalentTo(Goldens.Cases));

    private static Sgd NewOptimizer() => new([GradientTensor.Zeros([1], requiresGrad: true)], Base, momentum: 0.5);

    // Float64 arithmetic on both sides; PyTorch multiplies its rates up step by step.
    private static void Verify(double actual, double expected, string what) => Assert.That(actual, Is.EqualTo(expected).Within(1e-13), what);
}
