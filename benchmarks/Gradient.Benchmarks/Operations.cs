namespace Gradient.Benchmarks;

/// <summary>Single operations, named as those of the peer. Images are channels last here; the work is the same.</summary>
internal static class Operations
{
    public static void Run(Timer timer)
    {
        foreach (int n in new[] { 64, 256, 512, 1024, 2048 })
        {
            GradientTensor a = Normal(n, n), b = Normal(n, n);
            timer.Time($"matmul/{n}x{n}x{n}", () => a.MatMul(b));
        }

        GradientTensor left = Normal(128, 784), right = Normal(512, 784);
        timer.Time("matmul/128x784x512-bt", () => left.MatMul(right.Transpose()));

        GradientTensor x = Normal(1 << 20), y = Normal(1 << 20);
        timer.Time("add/1M", () => Discard(x + y));
        timer.Time("mul-add-relu/1M", () => (x * y + x).Relu());
        timer.Time("exp/1M", () => x.Exp());
        timer.Time("tanh/1M", () => x.Tanh());
        timer.Time("sigmoid/1M", () => x.Sigmoid());
        timer.Time("gelu/1M", () => x.Gelu());
        timer.Time("sum/1M", () => x.Sum());

        var m = Normal(1024, 1024);
        timer.Time("sum-axis0/1024x1024", () => m.Sum([0]));
        timer.Time("sum-axis1/1024x1024", () => m.Sum([1]));
        timer.Time("transpose-copy/1024x1024", () => m.Transpose().Clone());
        timer.Time("broadcast-add/1024x1024+1024", () => Discard(m + m[0]));
        timer.Time("softmax/1024x1024", () => m.Softmax(-1));
        GradientTensor weight = Normal(1024), bias = Normal(1024);
        timer.Time("layernorm/1024x1024", () => Functional.LayerNorm(m, [1024], weight, bias));
        var ids = GradientTensor.RandInt(0, 1000, [4096]);
        var table = Normal(1000, 256);
        timer.Time("embedding/4096x256", () => Functional.Embedding(ids, table));

        Convolutions(timer);

        var images = Normal(32, 32, 32, 64);
        timer.Time("maxpool2x2/32x64x32x32", () => Functional.MaxPool2d(images, 2));
        GradientTensor gamma = GradientTensor.Ones([64], requiresGrad: true), beta = GradientTensor.Zeros([64], requiresGrad: true);
        GradientTensor mean = GradientTensor.Zeros([64]), variance = GradientTensor.Ones([64]);
        timer.Time("batchnorm-train/32x64x32x32", () => Functional.BatchNorm(images, mean, variance, gamma, beta, training: true));
        GradientTensor q = Normal(4, 8, 256, 64), k = Normal(4, 8, 256, 64), v = Normal(4, 8, 256, 64);
        timer.Time("attention-causal/4x8x256x64", () => Functional.ScaledDotProductAttention(q, k, v, causal: true));
    }

    private static void Convolutions(Timer timer)
    {
        foreach (var (batch, channels, size, filters, kernel, stride) in new[]
            { (32, 3, 32, 64, 3, 1), (32, 64, 32, 64, 3, 1), (8, 128, 28, 128, 3, 1), (8, 64, 56, 128, 1, 1), (8, 3, 112, 64, 7, 2) })
        {
            string shape = $"{batch}x{channels}x{size}x{size}-{filters}x{kernel}x{kernel}s{stride}";
            GradientTensor x = Normal(batch, size, size, channels), w = Normal(kernel, kernel, channels, filters);
            timer.Time($"conv2d/{shape}", () => Functional.Conv2d(x, w, stride: stride, padding: kernel / 2));
            GradientTensor inputs = x.Clone().RequireGrad(), weights = w.Clone().RequireGrad();
            GradientTensor upstream;
            using (Tape.NoGrad())
            {
                var y = Functional.Conv2d(x, w, stride: stride, padding: kernel / 2);
                upstream = GradientTensor.Randn(y.Shape);
            }

            timer.Time($"conv2d-fwd-bwd/{shape}", () =>
            {
                inputs.Grad = weights.Grad = null;
                Functional.Conv2d(inputs, weights, stride: stride, padding: kernel / 2).Backward(upstream);
            });
        }
    }

    private static GradientTensor Normal(params Shape shape) => GradientTensor.Randn(shape);

    /// <summary>Operators alone are no statements.</summary>
    private static void Discard(GradientTensor _)
    {
    }
}
