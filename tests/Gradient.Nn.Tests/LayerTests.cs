namespace Gradient.Nn.Tests;

public class LayerTests
{
    [Test]
    public void Batch_norm_follows_its_batches()
    {
        var norm = new BatchNorm1d(2);
        double[] mean = [0, 0], variance = [1, 1];
        for (int step = 0; step < 3; step++)
        {
            var x = GradientTensor.Randn([6, 2], seed: step) * 2 + step;
            norm.Forward(x);
            var values = x.ToArray<float>();
            for (int c = 0; c < 2; c++)
            {
                double average = Enumerable.Range(0, 6).Average(i => (double)values[(2 * i) + c]);
                double unbiased = Enumerable.Range(0, 6).Sum(i => Math.Pow(values[(2 * i) + c] - average, 2)) / 5;
                mean[c] = (0.9 * mean[c]) + (0.1 * average);
                variance[c] = (0.9 * variance[c]) + (0.1 * unbiased);
            }
        }

        Assert.That(norm.RunningMean!.ToArray<float>(), Is.EqualTo(mean).Within(1e-6));
        Assert.That(norm.RunningVariance!.ToArray<float>(), Is.EqualTo(variance).Within(1e-5));

        norm.Eval();
        var y = norm.Forward(GradientTensor.From([1f, 2, 3, 4], [2, 2])).ToArray<float>();
        for (int i = 0; i < 4; i++) Assert.That(y[i], Is.EqualTo((i + 1 - mean[i % 2]) / Math.Sqrt(variance[i % 2] + 1e-5)).Within(1e-5));
        Assert.That(norm.RunningMean!.ToArray<float>(), Is.EqualTo(mean).Within(1e-6), "evaluation changes nothing");
    }

    [Test]
    public void Layers_take_images_with_channels_first()
    {
        var last = GradientTensor.Randn([2, 6, 5, 4], seed: 3);
        var first = last.Permute(0, 3, 1, 2);
        (Module Last, Module First)[] pairs =
        [
            (new Conv2d(4, 6, (3, 2)), new Conv2d(4, 6, (3, 2), channelOrder: ChannelOrder.First)),
            (new ConvTranspose2d(4, 6, 3, 2), new ConvTranspose2d(4, 6, 3, 2, channelOrder: ChannelOrder.First)),
            (new BatchNorm2d(4), new BatchNorm2d(4, channelOrder: ChannelOrder.First)),
            (new GroupNorm(2, 4), new GroupNorm(2, 4, channelOrder: ChannelOrder.First)),
            (new InstanceNorm2d(4), new InstanceNorm2d(4, channelOrder: ChannelOrder.First)),
            (new MaxPool2d(2), new MaxPool2d(2, channelOrder: ChannelOrder.First)),
            (new AvgPool2d(2), new AvgPool2d(2, channelOrder: ChannelOrder.First)),
            (new AdaptiveAvgPool2d(2), new AdaptiveAvgPool2d(2, ChannelOrder.First)),
            (new AdaptiveMaxPool2d(2), new AdaptiveMaxPool2d(2, ChannelOrder.First)),
            (new ZeroPad2d((1, 2)), new ZeroPad2d((1, 2), ChannelOrder.First)),
            (new ReflectionPad2d((1, 2)), new ReflectionPad2d((1, 2), ChannelOrder.First)),
        ];
        foreach (var (one, other) in pairs)
        {
            other.LoadStateDictionary(one.StateDictionary());
            var expected = one.Forward(last).Permute(0, 3, 1, 2);
            var actual = other.Forward(first);
            Assert.That(actual.Shape, Is.EqualTo(expected.Shape), one.ToString());
            Assert.That(actual.ToArray<float>(), Is.EqualTo(expected.ToArray<float>()).Within(1e-6), one.ToString());
        }

        Assert.Throws<ShapeMismatchException>(() => pairs[0].First.Forward(GradientTensor.Zeros([4, 5, 6])));
    }

    [Test]
    public void Activations_are_their_formulas()
    {
        double[] xs = [-4, -1.5, -0.25, 0, 0.25, 1.5, 4];
        var x = GradientTensor.From(xs);
        (Module Module, Func<double, double> Formula)[] cases =
        [
            (new ReLU(), v => Math.Max(v, 0)),
            (new LeakyReLU(0.2), v => v > 0 ? v : 0.2 * v),
            (new ELU(1.5), v => v > 0 ? v : 1.5 * (Math.Exp(v) - 1)),
            (new GELU(approximate: true), v => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v))))),
            (new SiLU(), v => v / (1 + Math.Exp(-v))),
            (new Sigmoid(), v => 1 / (1 + Math.Exp(-v))),
            (new Tanh(), Math.Tanh),
            (new Softplus(2), v => Math.Log(1 + Math.Exp(2 * v)) / 2),
            (new Hardswish(), v => v * Math.Clamp(v + 3, 0, 6) / 6),
            (new Mish(), v => v * Math.Tanh(Math.Log(1 + Math.Exp(v)))),
            (new Softmax(), v => Math.Exp(v) / xs.Sum(Math.Exp)),
            (new LogSoftmax(), v => v - Math.Log(xs.Sum(Math.Exp))),
        ];
        foreach (var (module, formula) in cases)
            Assert.That(module.Forward(x).ToArray<double>(), Is.EqualTo(xs.Select(formula)).Within(1e-12), module.ToString());
        // Φ by Simpson's rule over the density.
        double gelu = new GELU().Forward(GradientTensor.From([1.5])).Item<double>();
        double area = Enumerable.Range(0, 1001).Sum(i => (i is 0 or 1000 ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-Math.Pow(i * 0.0015, 2) / 2));
        double phi = 0.5 + (area * 0.0015 / 3 / Math.Sqrt(2 * Math.PI));
        Assert.That(gelu, Is.EqualTo(1.5 * phi).Within(1e-10));
    }

    [Test]
    public void Padding_row_of_an_embedding_is_zero_and_stays_so()
    {
        var embedding = new Embedding(4, 3, paddingIndex: 2);
        Assert.That(embedding.Weight.Select(0, 2).ToArray<float>(), Is.All.Zero);
        embedding.Forward(GradientTensor.From([2L, 1, 2])).Sum().Backward();
        Assert.That(embedding.Weight.Grad!.ToArray<float>(), Is.EqualTo(new float[] { 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Embedding(4, 3, 4));
    }

    [Test]
    public void Attention_over_itself_is_attention_of_itself_to_itself()
    {
        var attention = new MultiHeadAttention(6, 2);
        var x = GradientTensor.Randn([2, 4, 6], seed: 1);
        Assert.That(attention.Forward(x, x, x).ToArray<float>(), Is.EqualTo(attention.Forward(x).ToArray<float>()).Within(1e-6));
        var fewer = GradientTensor.Randn([2, 3, 6], seed: 2);
        Assert.That(attention.Forward(fewer, x, x).Shape, Is.EqualTo(new Shape([2, 3, 6])));
        Assert.Throws<ArgumentException>(() => new MultiHeadAttention(6, 4));
    }

    [Test]
    public void A_causal_block_does_not_see_the_future()
    {
        var block = new TransformerBlock(8, 2, causal: true);
        var x = GradientTensor.Randn([1, 5, 8], seed: 1);
        var changed = GradientTensor.Cat([x.Narrow(1, 0, 3), x.Narrow(1, 3, 2) * 2], 1);
        var (a, b) = (block.Forward(x), block.Forward(changed));
        Assert.That(b.Narrow(1, 0, 3).ToArray<float>(), Is.EqualTo(a.Narrow(1, 0, 3).ToArray<float>()));
        Assert.That(b.Narrow(1, 3, 2).ToArray<float>(), Is.Not.EqualTo(a.Narrow(1, 3, 2).ToArray<float>()));
        var mask = GradientTensor.Ones([5, 5], DType.Bool).Tril();
        var masked = new TransformerBlock(8, 2);
        masked.LoadStateDictionary(block.StateDictionary());
        Assert.That(masked.Forward(x, mask).ToArray<float>(), Is.EqualTo(a.ToArray<float>()).Within(1e-6));
        Assert.Throws<DTypeMismatchException>(() => masked.Forward(x, mask.To(DType.Int64)), "neither seen nor added");
    }

    [Test]
    public void A_checkpointed_block_has_the_same_gradients_with_dropout()
    {
        var block = new TransformerBlock(8, 2, causal: true, dropout: 0.3);
        var x = GradientTensor.Randn([2, 5, 8], seed: 1).RequireGrad();
        float[][] Gradients(Func<GradientTensor, GradientTensor> run)
        {
            RandomNumbers.Seed(7);
            block.ZeroGrad();
            x.Grad = null;
            run(x).Square().Sum().Backward();
            return [x.Grad!.ToArray<float>(), .. block.Parameters().Select(p => p.Grad!.ToArray<float>())];
        }

        var direct = Gradients(block.Forward);
        Assert.That(Gradients(t => Tape.Checkpoint(block.Forward, t)), Is.EqualTo(direct));
        block.Eval();
        Assert.That(Gradients(block.Forward), Is.Not.EqualTo(direct), "dropout did something");
    }

    [Test]
    public void Layers_compute_in_half_precision()
    {
        var images = GradientTensor.Randn([2, 6, 6, 4], seed: 1);
        var model = new Sequential(
            new Conv2d(4, 8, 3), new BatchNorm2d(8), new GELU(), new MaxPool2d(2), new GroupNorm(2, 8), new Flatten(), new LayerNorm(32), new Linear(32, 3));
        var expected = model.Forward(images).ToArray<float>();
        foreach (var (dtype, tolerance) in new[] { (DType.Float16, 0.01), (DType.BFloat16, 0.08) })
        {
            model.To(dtype);
            var y = model.Forward(images.To(dtype));
            Assert.That(y.DType, Is.EqualTo(dtype));
            Assert.That(y.To(DType.Float32).ToArray<float>(), Is.EqualTo(expected).Within(tolerance));
            Loss.CrossEntropy(y, GradientTensor.From([1L, 2])).Backward();
            Assert.That(model.Parameters(), Has.All.Matches<GradientTensor>(p => p.Grad!.DType == dtype && p.Grad.IsFinite().All().Item<bool>()));
        }
    }
}
