namespace Gradient.Nn.Tests;

/// <summary>Losses and layers inside of <see cref="Autocast"/>.</summary>
public sealed class AutocastTests
{
    private static readonly Dictionary<string, Func<GradientTensor, GradientTensor>> Losses = new()
    {
        ["crossEntropy"] = x => Loss.CrossEntropy(x, GradientTensor.From([1L, 2])),
        ["crossEntropy, weighted, of probabilities"] = x => Loss.CrossEntropy(x, x.Softmax(), Reduction.Mean, labelSmoothing: 0.1, classWeights: GradientTensor.Ones([3], x.DType)),
        ["crossEntropy, weighted"] = x => Loss.CrossEntropy(x, GradientTensor.From([1L, 2]), Reduction.Mean, classWeights: GradientTensor.Ones([3])),
        ["negativeLogLikelihood"] = x => Loss.NegativeLogLikelihood(x, GradientTensor.From([1L, 2])),
        ["klDivergence"] = x => Loss.KlDivergence(x, x.Softmax().To(x.DType)),
        ["binaryCrossEntropy"] = x => Loss.BinaryCrossEntropy(x.Sigmoid(), x.Sigmoid()),
        ["binaryCrossEntropyWithLogits"] = x => Loss.BinaryCrossEntropyWithLogits(x, x.Sigmoid()),
        ["mse"] = x => Loss.Mse(x, x),
        ["mse, target Float32"] = x => Loss.Mse(x, GradientTensor.Zeros([2, 3])),
        ["mae"] = x => Loss.Mae(x, x),
        ["huber"] = x => Loss.Huber(x, x),
        ["smoothL1"] = x => Loss.SmoothL1(x, x),
        ["hinge"] = x => Loss.Hinge(x, x.Sign()),
    };

    [Test]
    public void Losses_are_Float32([ValueSource(nameof(Names))] string name, [Values(DType.BFloat16, DType.Float16)] DType lower)
    {
        var x = GradientTensor.Randn([2, 3], seed: 1).To(lower).RequireGrad();
        using (Autocast.Begin(lower))
        {
            var loss = Losses[name](x);
            Assert.That(loss.DType, Is.EqualTo(DType.Float32));
            loss.Backward();
        }

        Assert.That(x.Grad!.DType, Is.EqualTo(lower));
        Assert.That(Losses[name](x).DType, Is.EqualTo(name.Contains("Float32", StringComparison.Ordinal) ? DType.Float32 : lower), "outside, nothing is cast");
    }

    /// <summary>Every layer takes Float32 parameters and inputs of both types.</summary>
    [Test]
    public void Layers_run_forward_and_backward([Values(DType.BFloat16, DType.Float16)] DType lower, [Values] bool lowerInput)
    {
        (Module, Shape)[] layers =
        [
            (new Linear(6, 4), [2, 6]), (new Conv1d(6, 4, 3), [2, 5, 6]), (new Conv2d(6, 4, 3), [2, 5, 5, 6]), (new ConvTranspose2d(6, 4, 3), [2, 5, 5, 6]),
            (new BatchNorm1d(6), [4, 6]), (new BatchNorm2d(6), [2, 3, 3, 6]), (new InstanceNorm2d(6), [2, 3, 3, 6]), (new GroupNorm(2, 6), [2, 3, 3, 6]),
            (new LayerNorm(6), [2, 6]), (new RMSNorm(6), [2, 6]), (new LSTM(6, 4, layers: 2, bidirectional: true), [2, 5, 6]), (new GRU(6, 4), [2, 5, 6]),
            (new MultiHeadAttention(6, 2, dropout: 0.5), [2, 5, 6]), (new TransformerBlock(6, 2, causal: true, dropout: 0.1), [2, 5, 6]),
            (new MaxPool2d(2), [2, 4, 4, 6]), (new AvgPool2d(2), [2, 4, 4, 6]), (new GELU(), [2, 6]), (new Softplus(), [2, 6]), (new Dropout(), [2, 6]),
        ];
        foreach (var (layer, shape) in layers)
        {
            var x = GradientTensor.Randn(shape, seed: 1).To(lowerInput ? lower : DType.Float32).RequireGrad();
            using (Autocast.Begin(lower)) layer.Forward(x).Square().Mean().Backward();
            Assert.That(x.Grad!.DType, Is.EqualTo(x.DType), layer.GetType().Name);
            foreach (var parameter in layer.Parameters())
                Assert.That(parameter.Grad!.DType, Is.EqualTo(DType.Float32), layer.GetType().Name);
        }
    }

    private static string[] Names() => [.. Losses.Keys];
}
