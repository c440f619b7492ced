using Gradient.Autograd;
using Gradient.Core;
using Gradient.Goldens;

namespace Gradient.Training.Tests.Goldens;

/// <summary>L-BFGS on a Rosenbrock function of five variables, in Float64, compared with PyTorch's parameters after each step.</summary>
[TestFixture]
public sealed class LbfgsGoldenTests
{
    private static readonly GoldenFile Goldens = GoldenFile.Open("optimizers");

    private static readonly Dictionary<string, Func<GradientTensor[], Lbfgs>> Optimizers = new()
    {
        ["lbfgs"] = p => new Lbfgs(p, 0.1f, 4, historySize: 5),
        ["lbfgs-one-iteration"] = p => new Lbfgs(p, 0.1f, 1, historySize: 10),
        ["lbfgs-strong-wolfe"] = p => new Lbfgs(p, 1, 4, historySize: 5, strongWolfe: true),
        ["lbfgs-strong-wolfe-default"] = p => new Lbfgs(p, strongWolfe: true),
    };

    public static IEnumerable<string> Names => Optimizers.Keys;

    // The generator measured that a change of the start by ε moves no trajectory by more than 300 ε.
    [TestCaseSource(nameof(Names))]
    public void Trajectory_agrees(string name)
    {
        var point = Goldens["rosenbrock/start"].ToTensor(DType.Float64);
        var optimizer = Optimizers[name]([point]);
        GoldenTensor path = Goldens[$"{name}/trajectory"], losses = Goldens[$"{name}/losses"];
        int width = (int)path.Shape[1];
        for (int step = 0; step < path.Shape[0]; step++)
        {
            var loss = optimizer.Step(() =>
            {
                optimizer.ZeroGrad();
                using var _ = Tape.EnableGrad();
                var value = Rosenbrock(point);
                value.Backward();
                return value;
            });
            Assert.That(loss.Item<double>(), Is.EqualTo(losses.Values[step]).Within(1e-10).Percent, $"loss before step {step}");
            double[] parameters = point.ToDoubles();
            for (int i = 0; i < width; i++)
                Assert.That(parameters[i], Is.EqualTo(path.Values[(step * width) + i]).Within(1e-10), $"parameter {i} after step {step}");
        }
    }

    /// <summary>Σ 100 (v[i+1] − v[i]²)² + (1 − v[i])² (Rosenbrock 1960).</summary>
    private static GradientTensor Rosenbrock(GradientTensor v)
    {
        GradientTensor here = v[..^1], next = v[1..];
        return ((100 * (next - here.Square()).Square()) + (1 - here).Square()).Sum();
    }
}
