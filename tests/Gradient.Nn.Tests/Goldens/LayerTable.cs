using Gradient.Autograd;

namespace Gradient.Nn.Tests.Goldens;

/// <summary>Our layer for each case of layers.safetensors; the arguments are those of tests/goldens/layers.py.</summary>
internal static partial class LayerTable
{
    private const float Epsilon = 1e-5f, Momentum = 0.1f;

    public static readonly IReadOnlyDictionary<string, LayerCase> Cases = new Dictionary<string, LayerCase>(
        [.. Linears(), .. Convolutions(), .. Norms(), .. Pools(), .. Sequences()]);

    private static LayerCase Layer(Func<Module> make) => new(make);

    private static Dictionary<string, LayerCase> Linears() => new()
    {
        ["linear"] = Layer(() => new Linear(3, 4)),
        ["linear-no-bias"] = Layer(() => new Linear(3, 4, bias: false)),
        ["linear-rank-3"] = Layer(() => new Linear(3, 4)),
        ["linear-rank-1"] = Layer(() => new Linear(3, 4)),
        ["embedding"] = Layer(() => new Embedding(6, 4)),
    };

    private static Dictionary<string, LayerCase> Convolutions() => new()
    {
        ["conv1d"] = Layer(() => new Conv1d(3, 4, 3)),
        ["conv1d-stride-padding"] = Layer(() => new Conv1d(3, 4, 4, stride: 3, padding: 2)),
        ["conv1d-dilation-groups"] = Layer(() => new Conv1d(4, 6, 3, padding: 2, dilation: 2, groups: 2)),
        ["conv1d-no-bias"] = Layer(() => new Conv1d(3, 2, 1, bias: false)),
        ["conv2d"] = Layer(() => new Conv2d(3, 4, 3)),
        ["conv2d-padding"] = Layer(() => new Conv2d(3, 4, 3, padding: 1)),
        ["conv2d-stride"] = Layer(() => new Conv2d(3, 4, 3, stride: 2, padding: 1)),
        ["conv2d-dilation"] = Layer(() => new Conv2d(2, 3, 3, padding: 2, dilation: 2)),
        ["conv2d-stride-dilation"] = Layer(() => new Conv2d(2, 3, 3, stride: 3, padding: 1, dilation: 2)),
        ["conv2d-groups"] = Layer(() => new Conv2d(4, 6, 3, padding: 1, groups: 2)),
        ["conv2d-depthwise"] = Layer(() => new Conv2d(4, 8, 3, stride: 2, padding: 1, groups: 4)),
        ["conv2d-pointwise"] = Layer(() => new Conv2d(5, 3, 1, bias: false)),
        ["conv2d-rectangular"] = Layer(() => new Conv2d(2, 3, (3, 2), stride: (2, 1), padding: (1, 0), dilation: (1, 2))),
        ["conv2d-large-kernel"] = Layer(() => new Conv2d(1, 2, 5, padding: 4)),
        ["conv2d-stride-beyond-kernel"] = Layer(() => new Conv2d(2, 2, 2, stride: 3)),
        ["conv-transpose2d"] = Layer(() => new ConvTranspose2d(3, 4, 3)),
        ["conv-transpose2d-output-padding"] = Layer(() => new ConvTranspose2d(3, 2, 3, stride: 2, padding: 1, outputPadding: 1)),
        ["conv-transpose2d-groups"] = Layer(() => new ConvTranspose2d(4, 6, 3, stride: 2, padding: 1, groups: 2)),
        ["conv-transpose2d-dilation"] = Layer(() => new ConvTranspose2d(2, 3, 3, stride: 2, padding: 2, outputPadding: 1, dilation: 2)),
        ["conv-transpose2d-no-bias"] = Layer(() => new ConvTranspose2d(3, 2, 2, stride: 2, bias: false)),
        ["conv-transpose2d-rectangular"] = Layer(
            () => new ConvTranspose2d(2, 3, (3, 2), stride: (2, 3), padding: (1, 0), outputPadding: (1, 2))),
    };

    private static Dictionary<string, LayerCase> Norms() => new()
    {
        ["batch-norm1d-rank-2-train"] = Layer(() => new BatchNorm1d(4, Epsilon, Momentum)),
        ["batch-norm1d-rank-2-eval"] = Layer(() => new BatchNorm1d(4, Epsilon, Momentum)),
        ["batch-norm1d-rank-3-train"] = Layer(() => new BatchNorm1d(3, Epsilon, Momentum)),
        ["batch-norm1d-rank-3-eval"] = Layer(() => new BatchNorm1d(3, Epsilon, Momentum)),
        ["batch-norm2d-train"] = Layer(() => new BatchNorm2d(3, Epsilon, Momentum)),
        ["batch-norm2d-eval"] = Layer(() => new BatchNorm2d(3, Epsilon, Momentum)),
        ["batch-norm2d-not-affine-train"] = Layer(() => new BatchNorm2d(3, Epsilon, 0.3f, affine: false)),
        ["batch-norm2d-not-affine-eval"] = Layer(() => new BatchNorm2d(3, Epsilon, 0.3f, affine: false)),
        ["batch-norm2d-large-mean"] = Layer(() => new BatchNorm2d(3, Epsilon, Momentum)),
        ["layer-norm"] = Layer(() => new LayerNorm(7, Epsilon)),
        ["layer-norm-two-axes"] = Layer(() => new LayerNorm([4, 5], Epsilon)),
        ["layer-norm-not-affine"] = Layer(() => new LayerNorm(7, Epsilon, affine: false)),
        ["group-norm"] = Layer(() => new GroupNorm(2, 6, Epsilon)),
        ["group-norm-one-group"] = Layer(() => new GroupNorm(1, 4, Epsilon)),
        ["group-norm-each-channel"] = Layer(() => new GroupNorm(4, 4, Epsilon, affine: false)),
        ["instance-norm"] = Layer(() => new InstanceNorm2d(3, Epsilon)),
        ["instance-norm-affine"] = Layer(() => new InstanceNorm2d(3, Epsilon, affine: true)),
        ["rms-norm"] = Layer(() => new RMSNorm(6, 1e-6f)),
    };

    private static Dictionary<string, LayerCase> Pools() => new()
    {
        ["max-pool"] = Layer(() => new MaxPool2d(2)),
        ["max-pool-odd-size"] = Layer(() => new MaxPool2d(2)),
        ["max-pool-overlapping"] = Layer(() => new MaxPool2d(3, stride: 1)),
        ["max-pool-padding"] = Layer(() => new MaxPool2d(3, stride: 2, padding: 1)),
        ["max-pool-ceil"] = Layer(() => new MaxPool2d(3, stride: 2, ceilMode: true)),
        ["max-pool-ceil-padding"] = Layer(() => new MaxPool2d(3, stride: 3, padding: 1, ceilMode: true)),
        ["max-pool-rectangular"] = Layer(() => new MaxPool2d((3, 2), stride: (1, 2), padding: (1, 0))),
        ["max-pool-ties"] = Layer(() => new MaxPool2d(3, stride: 2, padding: 1)),
        ["avg-pool"] = Layer(() => new AvgPool2d(2)),
        ["avg-pool-overlapping"] = Layer(() => new AvgPool2d(3, stride: 1)),
        ["avg-pool-padding-counted"] = Layer(() => new AvgPool2d(3, stride: 2, padding: 1)),
        ["avg-pool-padding-not-counted"] = Layer(() => new AvgPool2d(3, stride: 2, padding: 1, countIncludePad: false)),
        ["avg-pool-ceil"] = Layer(() => new AvgPool2d(3, stride: 2, ceilMode: true)),
        ["avg-pool-ceil-padding"] = Layer(() => new AvgPool2d(3, stride: 2, padding: 1, ceilMode: true)),
        ["avg-pool-ceil-padding-not-counted"] = Layer(
            () => new AvgPool2d(3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false)),
        ["avg-pool-rectangular"] = Layer(() => new AvgPool2d((3, 2), stride: (1, 2), padding: (1, 0))),
        ["adaptive-avg-pool-1"] = Layer(() => new AdaptiveAvgPool2d(1)),
        ["adaptive-avg-pool-3"] = Layer(() => new AdaptiveAvgPool2d(3)),
        ["adaptive-avg-pool-2x3"] = Layer(() => new AdaptiveAvgPool2d((2, 3))),
        ["adaptive-avg-pool-upwards"] = Layer(() => new AdaptiveAvgPool2d(5)),
        ["adaptive-max-pool-3"] = Layer(() => new AdaptiveMaxPool2d(3)),
        ["adaptive-max-pool-2x3"] = Layer(() => new AdaptiveMaxPool2d((2, 3))),
    };
}
