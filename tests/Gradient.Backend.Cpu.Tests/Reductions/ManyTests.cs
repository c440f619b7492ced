using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>Results over many tensors, and over the rows of a cross-entropy, are the same bits on any number of threads.</summary>
[NonParallelizable]
public sealed class ManyTests
{
    [Test]
    public void Reductions_of_many_do_not_depend_on_threads([Values] ReduceManyKind kind)
    {
        var tensors = Enumerable.Range(1, 40).Select(i => Given.Make([i * 317, 31], DType.Float32, Given.WritableLies[i % 5], Given.Uniform(i, 3))).ToArray();
        var y = Given.Blank([], kind == ReduceManyKind.NonFiniteCount ? DType.Int64 : DType.Float64, Lie.Contiguous);
        Given.SameOnAnyThreads(() =>
        {
            Given.Backend.ReduceMany(kind, tensors, y, new(3));
            return Given.Read(y);
        });
    }

    [Test]
    public void Cross_entropy_does_not_depend_on_threads()
    {
        var x = Given.Make([700, 1100], DType.Float32, Lie.Contiguous, Given.Uniform(1, 5));
        var labels = Given.Make([700], DType.Int64, Lie.Contiguous, i => i);
        var losses = Given.Blank([700], DType.Float32, Lie.Contiguous);
        var statistics = Given.Blank([700, 4], DType.Float32, Lie.Contiguous);
        var dx = Given.Blank(x.Shape, DType.Float32, Lie.Contiguous);
        var options = new CrossEntropyOptions { LabelSmoothing = 0.1 };
        Given.SameOnAnyThreads(() =>
        {
            Given.Backend.CrossEntropy(options, x, labels, null, losses, statistics);
            Given.Backend.CrossEntropyBackward(options, losses, x, labels, null, statistics, dx);
            return [.. Given.Read(losses), .. Given.Read(statistics), .. Given.Read(dx)];
        });
    }

    [Test]
    public void The_first_label_outside_is_told([Values(0, 350, 699)] int at)
    {
        var x = Given.Make([700, 100], DType.Float32, Lie.Contiguous, i => i % 7);
        var labels = Given.Make([700], DType.Int32, Lie.Steps, i => i >= at ? 100 + i : -5);
        Tensor losses = Given.Blank([700], DType.Float32, Lie.Contiguous), statistics = Given.Blank([700, 4], DType.Float32, Lie.Contiguous);
        Assert.That(
            () => Given.Backend.CrossEntropy(new() { IgnoredLabel = -5 }, x, labels, null, losses, statistics),
            Throws.TypeOf<ShapeMismatchException>().With.Message.StartsWith($"crossEntropy: label {100 + at} is outside the 100 classes; labels go from 0 to 99, or are -5"));
    }
}
