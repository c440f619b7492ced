using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Training.Tests.Goldens;

/// <summary>Fifty steps of every optimizer on the regression of tests/goldens/optimizers.py, compared with PyTorch's parameters.</summary>
[TestFixture]
public sealed class OptimizerGoldenTests
{
    private const float Rate = 0.02f, SlowRate = 0.005f, Beta1 = 0.9f, Beta2 = 0.999f, Epsilon = 1e-8f, Decay = 0.1f;

    private static readonly GoldenFile Goldens = GoldenFile.Open("optimizers");

    private static readonly Dictionary<string, Func<GradientTensor[], Optimizer>> Optimizers = new()
    {
        ["sgd"] = p => new Sgd(p, Rate),
        ["sgd-momentum"] = p => new Sgd(p, Rate, momentum: Beta1),
        ["sgd-nesterov"] = p => new Sgd(p, Rate, momentum: Beta1, nesterov: true),
        ["sgd-dampening"] = p => new Sgd(p, Rate, momentum: Beta1, dampening: 0.25f),
        ["sgd-weight-decay"] = p => new Sgd(p, Rate, weightDecay: Decay),
        ["sgd-nesterov-weight-decay"] = p => new Sgd(p, Rate, momentum: Beta1, weightDecay: Decay, nesterov: true),
        ["adam"] = p => new Adam(p, Rate, Beta1, Beta2, Epsilon),
        ["adam-betas"] = p => new Adam(p, Rate, 0.5f, 0.75f, 1e-3f),
        ["adam-weight-decay"] = p => new Adam(p, Rate, Beta1, Beta2, Epsilon, Decay),
        ["adam-amsgrad"] = p => new Adam(p, Rate, 0.5f, 0.75f, Epsilon, amsGrad: true),
        ["adamw"] = p => new AdamW(p, Rate, Beta1, Beta2, Epsilon, Decay),
        ["adamw-amsgrad"] = p => new AdamW(p, Rate, 0.5f, 0.75f, Epsilon, Decay, amsGrad: true),
        ["rmsprop"] = p => new RmsProp(p, Rate, 0.99f, Epsilon),
        ["rmsprop-centered"] = p => new RmsProp(p, Rate, 0.99f, Epsilon, centered: true),
        ["rmsprop-momentum"] = p => new RmsProp(p, SlowRate, 0.99f, Epsilon, momentum: Beta1),
        ["rmsprop-all"] = p => new RmsProp(p, SlowRate, 0.99f, Epsilon, Decay, Beta1, centered: true),
        ["adagrad"] = p => new Adagrad(p, Rate, epsilon: 1e-10f),
        ["adagrad-all"] = p => new Adagrad(p, Rate, rateDecay: Decay, weightDecay: Decay, epsilon: 1e-10f),
        ["adadelta"] = p => new Adadelta(p, 1, 0.9f, 1e-6f),
        ["adadelta-all"] = p => new Adadelta(p, 0.5, 0.9f, 1e-6f, Decay),
        ["nadam"] = p => new NAdam(p, Rate, Beta1, Beta2, Epsilon, momentumDecay: 0.004f),
        ["nadam-weight-decay"] = p => new NAdam(p, Rate, Beta1, Beta2, Epsilon, Decay, 0.004f),
    };

    private static IEnumerable<string> Names => Optimizers.Keys;

    [TestCaseSource(nameof(Names))]
    public void Trajectory_agrees_in_Float64(string name) => Verify(name, DType.Float64, _ => 1e-10);

    // Allowed is a small multiple of the error of PyTorch's own Float32 run, which some settings magnify from step to step.
    [TestCaseSource(nameof(Names))]
    public void Trajectory_agrees_in_Float32(string name)
    {
        double[] error = Goldens[$"{name}/error"].Values;
        Verify(name, DType.Float32, step => 1e-6 + (8 * error[step]));
    }

    [Test]
    public void Every_golden_has_a_test() =>
        Assert.That(Optimizers.Keys.Concat(LbfgsGoldenTests.Names), Is.EquivalentTo(Goldens.Cases));

    private static void Verify(string name, DType dtype, Func<int, double> tolerance)
    {
        GradientTensor Read(string key, bool parameter) => Goldens[$"problem/{key}"].ToTensor(dtype, parameter);
        GradientTensor x = Read("x", false), y = Read("y", false), w = Read("w", true), b = Read("b", true);
        var optimizer = Optimizers[name]([w, b]);
        GoldenTensor path = Goldens[$"{name}/trajectory"], losses = Goldens[$"{name}/losses"];
        int width = (int)path.Shape[1];
        for (int step = 0; step < path.Shape[0]; step++)
        {
            var loss = ((x.MatMul(w) + b).Tanh() - y).Square().Mean();
            loss.Backward();
            optimizer.Step();
            optimizer.ZeroGrad();
            Assert.That(loss.Item(), Is.EqualTo(losses.Values[step]).Within(1e-5), $"loss before step {step}");
            double[] parameters = [.. w.ToDoubles(), .. b.ToDoubles()];
            for (int i = 0; i < width; i++)
                Assert.That(parameters[i], Is.EqualTo(path.Values[(step * width) + i]).Within(tolerance(step)), $"parameter {i} after step {step}");
        }
    }
}
