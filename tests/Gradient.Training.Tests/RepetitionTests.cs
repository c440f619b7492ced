using Gradient.Autograd;
using Gradient.Core;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>A training step, dropout and all, is a function of the seed: not of memory's past, threads or the collector's moments.</summary>
public sealed class RepetitionTests
{
    [Test]
    public void The_same_step_a_thousand_times_gives_the_same_bits()
    {
        var images = GradientTensor.Randn([16, 12, 12, 3], seed: 1);
        var labels = GradientTensor.RandInt(0, 5, [16], seed: 2);
        int[] first = Step(images, labels);
        Assert.That(first, Has.Some.Not.Zero);
        for (int i = 1; i < 1000; i++)
            if (!Step(images, labels).AsSpan().SequenceEqual(first)) Assert.Fail($"step {i} differs from the first");
    }

    /// <summary>The bits of all parameters after a step from the same start.</summary>
    private static int[] Step(GradientTensor images, GradientTensor labels)
    {
        RandomNumbers.Seed(3);
        var model = new Sequential(
            new Conv2d(3, 8, kernelSize: 3), new BatchNorm2d(8), new GELU(), new MaxPool2d(2), new Flatten(), new Dropout(0.3f), new Linear(200, 5));
        var optimizer = new AdamW(model.Parameters(), learningRate: 0.01);
        Loss.CrossEntropy(model.Forward(images), labels).Backward();
        Gradients.ClipNorm(model.Parameters(), maxNorm: 1);
        optimizer.Step();
        return [.. model.Parameters().SelectMany(parameter => parameter.ToArray<float>()).Select(BitConverter.SingleToInt32Bits)];
    }
}
