using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Conformance.Tests;

/// <summary>The same training on every backend: rounding alone tells them apart.</summary>
public sealed class TrainingTests
{
    private const int Steps = 20, Batch = 4;

    public static IEnumerable<Backend> Others() => Backends.All.Where(backend => backend.Name != "cpu");

    /// <summary>The network of samples/Mnist, dropout included, with its optimizer, clipping and schedule.</summary>
    [TestCaseSource(nameof(Others))]
    public void Twenty_steps_of_the_convolutional_network_lose_what_they_lose_on_the_cpu(Backend backend)
    {
        double[] expected = Train(Devices.Cpu), actual = Train(backend.Device());
        Assert.That(expected[^5..].Average(), Is.LessThan(expected[..5].Average()), "it learns");
        Assert.Multiple(() =>
        {
            for (int i = 0; i < Steps; i++) Assert.That(actual[i], Is.EqualTo(expected[i]).Within(1e-4 * Math.Abs(expected[i])), $"step {i + 1}");
        });
    }

    private static double[] Train(Device device)
    {
        RandomNumbers.Seed(1);
        var model = new Sequential(
            new Conv2d(1, 32, kernelSize: 3, padding: 1), new BatchNorm2d(32), new ReLU(), new MaxPool2d(2),
            new Conv2d(32, 64, kernelSize: 3, padding: 1), new BatchNorm2d(64), new ReLU(), new MaxPool2d(2),
            new Flatten(), new Linear(64 * 7 * 7, 128), new ReLU(), new Dropout(0.25f), new Linear(128, 10));
        model.To(device);
        var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3f, weightDecay: 0.01f);
        var schedule = new CosineAnnealing(optimizer, totalSteps: Steps, warmupSteps: 2);
        var losses = new double[Steps];
        for (int i = 0; i < Steps; i++)
        {
            var (images, labels) = Digits(i);
            var loss = Loss.CrossEntropy(model.Forward(images.To(device)), labels.To(device));
            loss.Backward();
            Gradients.ClipNorm(model.Parameters(), maxNorm: 1f);
            optimizer.Step();
            optimizer.ZeroGrad();
            schedule.Step();
            losses[i] = loss.Item();
        }

        return losses;
    }

    /// <summary>New in each step, so that no loss comes near zero, where its relative error says nothing: noise, and a bar whose place is the label.</summary>
    private static (GradientTensor Images, GradientTensor Labels) Digits(int step)
    {
        long[] labels = [.. Enumerable.Range(0, Batch).Select(i => (step + (3L * i)) % 10)];
        float[] bars = new float[Batch * 784];
        for (int i = 0; i < bars.Length; i++) bars[i] = i % 28 / 2 == labels[i / 784] + 1 ? 1 : 0;
        return (GradientTensor.From(bars, [Batch, 28, 28, 1]) + GradientTensor.Randn([Batch, 28, 28, 1], seed: step), GradientTensor.From(labels, [Batch]));
    }
}
