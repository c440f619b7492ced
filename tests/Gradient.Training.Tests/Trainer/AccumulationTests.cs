using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>Accumulated gradients are those of the large batch.</summary>
public sealed class AccumulationTests
{
    private const int Examples = 38; // 3 steps of 16, 16 and 6; the last in batches of 4 and 2

    [Test]
    public void Gradients_of_small_batches_are_that_of_the_large_one([Values(DType.Float64, DType.Float32)] DType dtype, [Values] NanPolicy policy)
    {
        var large = Run(batchSize: 16, accumulation: 1, dtype, policy);
        var small = Run(batchSize: 4, accumulation: 4, dtype, policy);
        Assert.That(small.Count, Is.EqualTo(large.Count).And.EqualTo(3 * 2));
        // Sums of 16 terms in another order: a few roundings of the largest element, carried through up to five steps.
        double tolerance = dtype == DType.Float64 ? 1e-14 : 3e-6;
        for (int step = 0; step < large.Count; step++)
        {
            double largest = large[step].Max(Math.Abs);
            for (int i = 0; i < large[step].Length; i++)
                Assert.That(small[step][i], Is.EqualTo(large[step][i]).Within(tolerance * largest), $"step {step}, element {i}");
        }
    }

    [Test]
    public void Uneven_batches_count_by_their_examples()
    {
        // The gradient of a mean over 6 examples in batches of 4 and 2, against the large batch's by finite differences.
        var weight = GradientTensor.From(new[,] { { 0.3, 0 }, { -0.2, 1 }, { 0.5, -1 }, { 0.1, 0.7 } }, requiresGrad: true);
        using var data = Problem.Regression(6, batchSize: 4, dtype: DType.Float64);
        using var whole = Problem.Regression(6, batchSize: 6, dtype: DType.Float64);
        var model = new OneLayer(weight);
        double[] seen = [];
        var trainer = new Trainer(model, new Sgd(model.Parameters(), 0), Loss.Mse, new() { AccumulationSteps = 2 });
        trainer.Callbacks.Add(new Watcher { At = (turn, _) => { if (turn == "batch end" && weight.Grad is { } g) seen = g.ToArray<double>(); } });
        trainer.Fit(data);

        var (x, y) = whole.First();
        double MeanLoss() => Loss.Mse(model.Forward(x), y).Item<double>();
        using (Tape.NoGrad())
        {
            for (int i = 0; i < 8; i++)
            {
                double before = weight.ToArray<double>()[i];
                weight.AsSpan<double>()[i] = before + 1e-5;
                double up = MeanLoss();
                weight.AsSpan<double>()[i] = before - 1e-5;
                double down = MeanLoss();
                weight.AsSpan<double>()[i] = before;
                Assert.That(seen[i], Is.EqualTo((up - down) / 2e-5).Within(1e-9));
            }
        }
    }

    /// <summary>The gradients of all parameters at each step.</summary>
    private static List<double[]> Run(int batchSize, int accumulation, DType dtype, NanPolicy policy)
    {
        using var data = Problem.Regression(Examples, batchSize, dtype: dtype);
        var model = Problem.Model(2);
        model.To(dtype);
        var gradients = new List<double[]>();
        var trainer = new Trainer(
            model, new Sgd(model.Parameters(), 0.05, momentum: 0.9), Loss.Mse, new() { Epochs = 2, AccumulationSteps = accumulation, NanPolicy = policy });
        long step = 0;
        trainer.Callbacks.Add(new Watcher
        {
            At = (turn, context) =>
            {
                if (turn != "batch end" || context.State.Step == step) return;
                step = context.State.Step;
                gradients.Add([.. model.Parameters().SelectMany(parameter => parameter.Grad!.To(DType.Float64).ToArray<double>())]);
            },
        });
        trainer.Fit(data);
        return gradients;
    }

    private sealed class OneLayer : Module
    {
        private readonly GradientTensor weight;

        public OneLayer(GradientTensor weight) => this.weight = Register("weight", weight);

        public override GradientTensor Forward(GradientTensor x) => x.MatMul(weight);
    }
}
