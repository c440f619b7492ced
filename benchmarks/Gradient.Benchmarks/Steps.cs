using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Benchmarks;

/// <summary>Whole training steps, named as those of the peer: clear gradients, forward, loss, backward, optimizer step.</summary>
internal static class Steps
{
    public static void Run(Timer timer)
    {
        Step(timer, "step/tiny-mlp-2x16x16x1-b8-adam",
            () => new Sequential(new Linear(2, 16), new Tanh(), new Linear(16, 16), new Tanh(), new Linear(16, 1)),
            () => (GradientTensor.Randn([8, 2]), GradientTensor.Randn([8, 1])), Loss.Mse, Adam);
        Step(timer, "step/mlp-784x512x256x10-b128-adam",
            () => new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 256), new ReLU(), new Linear(256, 10)),
            () => (GradientTensor.Randn([128, 784]), Labels(10, 128)), Loss.CrossEntropy, Adam);
        Step(timer, "step/mnist-cnn-b64-adam",
            () => new Sequential(
                new Conv2d(1, 32, kernelSize: 3, padding: 1), new BatchNorm2d(32), new ReLU(), new MaxPool2d(2),
                new Conv2d(32, 64, kernelSize: 3, padding: 1), new BatchNorm2d(64), new ReLU(), new MaxPool2d(2),
                new Flatten(), new Linear(64 * 7 * 7, 128), new ReLU(), new Dropout(0.25f), new Linear(128, 10)),
            () => (GradientTensor.Randn([64, 28, 28, 1]), Labels(10, 64)), Loss.CrossEntropy, Adam);
        Step(timer, "step/resnet18-cifar-b16-sgd", ResNet18,
            () => (GradientTensor.Randn([16, 32, 32, 3]), Labels(10, 16)), Loss.CrossEntropy,
            model => new Sgd(model.Parameters(), learningRate: 0.1, momentum: 0.9, weightDecay: 5e-4));
        Step(timer, "step/chargpt-4x128-ctx64-b16-adamw", () => new CharacterModel(),
            () => (GradientTensor.RandInt(0, 65, [16, 64]), Labels(65, 16 * 64)), Loss.CrossEntropy,
            model => new AdamW(model.Parameters(), learningRate: 3e-4));
    }

    private static void Step(
        Timer timer, string name, Func<Module> build, Func<(GradientTensor, GradientTensor)> data,
        Func<GradientTensor, GradientTensor, GradientTensor> lossOf, Func<Module, Optimizer> optimizerOf)
    {
        var model = build();
        var (batch, target) = data();
        var optimizer = optimizerOf(model);
        Time(name, null);
        // The same in mixed precision, under names that the peer does not have.
        Time(name.Replace("step/", "mixed/", StringComparison.Ordinal) + "-bfloat16", DType.BFloat16);
        Time(name.Replace("step/", "mixed/", StringComparison.Ordinal) + "-float16", DType.Float16);

        void Time(string variant, DType? lower) => timer.Time(variant, () =>
        {
            optimizer.ZeroGrad();
            GradientTensor loss;
            using (lower is { } type ? Autocast.Begin(type) : null) loss = lossOf(model.Forward(batch), target);
            loss.Backward();
            optimizer.Step();
        });
    }

    private static Adam Adam(Module model) => new(model.Parameters(), learningRate: 1e-3);

    private static GradientTensor Labels(int classes, int count) => GradientTensor.RandInt(0, classes, [count]);

    private static Sequential ResNet18()
    {
        var layers = new List<Module> { new Conv2d(3, 64, kernelSize: 3, padding: 1, bias: false), new BatchNorm2d(64), new ReLU() };
        int inputs = 64;
        foreach (var (outputs, stride) in new[] { (64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1) })
        {
            layers.Add(new ResidualBlock(inputs, outputs, stride));
            inputs = outputs;
        }

        return new([.. layers, new AdaptiveAvgPool2d(1), new Flatten(), new Linear(512, 10)]);
    }

    private sealed class ResidualBlock : Module
    {
        private readonly Module conv1, norm1, conv2, norm2;
        private readonly Module? shortcut;

        public ResidualBlock(int inputs, int outputs, int stride)
        {
            conv1 = Register("c1", new Conv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1, bias: false));
            norm1 = Register("b1", new BatchNorm2d(outputs));
            conv2 = Register("c2", new Conv2d(outputs, outputs, kernelSize: 3, padding: 1, bias: false));
            norm2 = Register("b2", new BatchNorm2d(outputs));
            if (stride != 1 || inputs != outputs)
                shortcut = Register("short", new Sequential(
                    new Conv2d(inputs, outputs, kernelSize: 1, stride: stride, bias: false), new BatchNorm2d(outputs)));
        }

        public override GradientTensor Forward(GradientTensor x)
        {
            var h = norm1.Forward(conv1.Forward(x)).Relu();
            return (norm2.Forward(conv2.Forward(h)) + (shortcut?.Forward(x) ?? x)).Relu();
        }
    }

    private sealed class CharacterModel : Module
    {
        private const int Vocabulary = 65, Context = 64, Width = 128;
        private readonly Embedding tokens, positions;
        private readonly Module body, norm, head;
        private readonly GradientTensor index = GradientTensor.Arange(0, Context, dtype: DType.Int64);

        public CharacterModel()
        {
            tokens = Register("tok", new Embedding(Vocabulary, Width));
            positions = Register("pos", new Embedding(Context, Width));
            body = Register("body", new Sequential([.. Enumerable.Range(0, 4).Select(_ => new TransformerBlock(Width, 4, causal: true))]));
            norm = Register("norm", new LayerNorm(Width));
            head = Register("head", new Linear(Width, Vocabulary));
        }

        public override GradientTensor Forward(GradientTensor x) =>
            head.Forward(norm.Forward(body.Forward(tokens.Forward(x) + positions.Forward(index)))).Flatten(0, 1);
    }
}
