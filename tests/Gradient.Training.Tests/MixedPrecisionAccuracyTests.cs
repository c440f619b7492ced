using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>
/// A convolutional network reads drawn digits as well in mixed precision as in Float32: the mean accuracy of three seeds differs by no more
/// than the accuracies of Float32 differ among their seeds, or than one standard deviation of reading 3 · 400 digits (√(p(1 − p)/1200) at
/// Float32's accuracy p), whichever is more.
/// </summary>
public sealed class MixedPrecisionAccuracyTests
{
    private static readonly Dataset Digits = SyntheticDigits.Create(1200, seed: 1);
    private static readonly Lazy<double[]> Float32 = new(() => Accuracies(null));

    [TestCase(DType.BFloat16)]
    [TestCase(DType.Float16)]
    public void The_accuracy_is_that_of_Float32(DType lower)
    {
        double[] reference = Float32.Value, accuracies = Accuracies(lower);
        double p = reference.Average();
        double margin = Math.Max(reference.Max() - reference.Min(), Math.Sqrt(p * (1 - p) / 1200));
        TestContext.Out.WriteLine($"float32 {string.Join(" ", reference)}; {lower.Name()} {string.Join(" ", accuracies)}; margin {margin:0.0000}");
        Assert.That(p, Is.GreaterThan(0.9), "it learns in Float32");
        Assert.That(accuracies.Average(), Is.EqualTo(p).Within(margin));
    }

    private static double[] Accuracies(DType? lower) => [.. Enumerable.Range(1, 3).Select(seed => Accuracy(lower, seed))];

    private static double Accuracy(DType? lower, int seed)
    {
        using var stream = RandomNumbers.Use(new(0));
        RandomNumbers.Seed(seed);
        var model = new Sequential(
            new Conv2d(1, 8, kernelSize: 3, stride: 2), new BatchNorm2d(8), new ReLU(), new Conv2d(8, 16, kernelSize: 3, stride: 2), new ReLU(),
            new Flatten(), new Linear(16 * 6 * 6, 32), new GELU(), new Dropout(0.1), new Linear(32, 10));
        var optimizer = new AdamW(model.Parameters(), learningRate: 3e-3);
        var scaler = lower == DType.Float16 ? new LossScaler() : null;
        using var train = new DataLoader(Digits.Take(800), batchSize: 40, shuffle: true, seed: seed);
        using var test = new DataLoader(Digits.Skip(800), batchSize: 200);
        for (int epoch = 0; epoch < 5; epoch++)
            foreach (var (images, labels) in train)
            {
                GradientTensor loss;
                using (lower is { } type ? Autocast.Begin(type) : null) loss = Loss.CrossEntropy(model.Forward(images), labels);
                optimizer.ZeroGrad();
                if (scaler is null)
                {
                    loss.Backward();
                    optimizer.Step();
                }
                else
                {
                    scaler.ScaleLoss(loss).Backward();
                    scaler.Step(optimizer);
                    scaler.Update();
                }
            }

        model.Eval();
        using var plain = Tape.NoGrad();
        using var types = lower is { } inference ? Autocast.Begin(inference) : null;
        long right = 0;
        foreach (var (images, labels) in test)
            right += model.Forward(images).ArgMax(axis: 1).EqualTo(labels).Sum().Item<long>();
        return right / 400.0;
    }
}
