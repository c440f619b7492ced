using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Conformance.Tests;

/// <summary>
/// The guide's convolutional network, dropout included, trained from one seed on every backend. The reference is the CPU, which the
/// other tests compare with formulas, differences and PyTorch; here it is told whether two backends stay together over many steps.
/// </summary>
public sealed class TrainingAgreementTests
{
    private const int Steps = 20, Batch = 8, Classes = 10, Side = 28;

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Twenty_steps_from_one_seed_give_the_same_losses(Backend backend)
    {
        double[] expected = Losses(Devices.Cpu), losses = Losses(backend.Device());
        TestContext.Out.WriteLine(string.Join(" ", losses.Select((loss, i) => $"{loss:F6} ({Math.Abs(loss - expected[i]) / expected[i]:E1})")));
        Assert.That(losses[0], Is.EqualTo(Math.Log(Classes)).Within(1.5), "a network that knows nothing yet");
        Assert.That(losses[^5..].Average(), Is.LessThan(0.8 * losses[..5].Average()), "it learns");
        for (int step = 0; step < Steps; step++)
            Assert.That(losses[step], Is.EqualTo(expected[step]).Within(0.01).Percent, $"step {step + 1} of {backend}");
    }

    private static double[] Losses(Device device)
    {
        RandomNumbers.Seed(7);
        var model = new Sequential(
            new Conv2d(1, 32, kernelSize: 3, padding: 1), new BatchNorm2d(32), new ReLU(), new MaxPool2d(2),
            new Conv2d(32, 64, kernelSize: 3, padding: 1), new BatchNorm2d(64), new ReLU(), new MaxPool2d(2),
            new Flatten(), new Linear(64 * 7 * 7, 128), new ReLU(), new Dropout(0.25f), new Linear(128, Classes));
        model.To(device);
        var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3f, weightDecay: 0.01f);
        var schedule = new CosineAnnealing(optimizer, totalSteps: Steps, warmupSteps: 3);
        RandomNumbers.Seed(8); // the stream of dropout, whatever initialization used up
        var losses = new double[Steps];
        for (int step = 0; step < Steps; step++)
        {
            var (images, labels) = Examples(step, device);
            var loss = Loss.CrossEntropy(model.Forward(images), labels);
            loss.Backward();
            Gradients.ClipNorm(model.Parameters(), maxNorm: 1f);
            optimizer.Step();
            optimizer.ZeroGrad();
            schedule.Step();
            losses[step] = loss.Item();
        }

        return losses;
    }

    /// <summary>Noise with a bright bar whose place is the class.</summary>
    private static (GradientTensor Images, GradientTensor Labels) Examples(int step, Device device)
    {
        var random = new Random(step);
        float[] images = new float[Batch * Side * Side];
        long[] labels = new long[Batch];
        for (int i = 0; i < Batch; i++)
        {
            labels[i] = random.Next(Classes);
            for (int pixel = 0; pixel < Side * Side; pixel++)
                images[(i * Side * Side) + pixel] = random.NextSingle() * 0.3f + (pixel / Side / 2 == labels[i] + 2 ? 0.7f : 0);
        }

        return (GradientTensor.From<float>(images, [Batch, Side, Side, 1], device), GradientTensor.From<long>(labels, [Batch], device));
    }
}
