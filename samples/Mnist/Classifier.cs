using Gradient.Nn;

namespace Gradient.Samples.Mnist;

/// <summary>Two convolutions, each halving the image, then two linear layers: 421,834 parameters with batch normalization.</summary>
internal static class Classifier
{
    public static Sequential Create() => new(
        new Conv2d(1, 32, kernelSize: 3, padding: 1), new BatchNorm2d(32), new ReLU(), new MaxPool2d(2),
        new Conv2d(32, 64, kernelSize: 3, padding: 1), new BatchNorm2d(64), new ReLU(), new MaxPool2d(2),
        new Flatten(), new Linear(64 * 7 * 7, 128), new ReLU(), new Dropout(0.25f), new Linear(128, 10));
}
