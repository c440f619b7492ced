using Gradient.Autograd;
using Gradient.Nn;

namespace Gradient.Conformance.Tests.RandomPrograms;

internal static partial class Interpreter
{
    private static Dictionary<string, Operation> Layers() => new()
    {
        ["linear"] = (x, _) => Functional.Linear(x[0], x[1], x[2]),
        ["conv1d"] = (x, i) => Functional.Conv1d(x[0], x[1], x[2], i.Int("stride"), i.Int("padding"), i.Int("dilation"), i.Int("groups")),
        ["conv2d"] = (x, i) => Functional.Conv2d(x[0], x[1], x[2], i.Int("stride"), i.Int("padding"), i.Int("dilation"), i.Int("groups")),
        ["conv_transpose2d"] = (x, i) => Functional.ConvTranspose2d(
            x[0], x[1], x[2], i.Int("stride"), i.Int("padding"), i.Int("output_padding"), i.Int("dilation"), i.Int("groups")),
        ["max_pool2d"] = (x, i) => Functional.MaxPool2d(
            x[0], i.Int("size"), i.Int("stride"), i.Int("padding"), ceilMode: i.Bool("ceil")),
        ["avg_pool2d"] = (x, i) => Functional.AvgPool2d(
            x[0], i.Int("size"), i.Int("stride"), i.Int("padding"), i.Bool("ceil"), i.Bool("count")),
        ["layer_norm"] = (x, i) => Functional.LayerNorm(x[0], x[1].Shape, x[1], x[2], i.Double("epsilon")),
        ["rms_norm"] = (x, i) => Functional.RmsNorm(x[0], x[1].Shape, x[1], i.Double("epsilon")),
        ["group_norm"] = (x, i) => Functional.GroupNorm(x[0], i.Int("groups"), x[1], x[2], i.Double("epsilon")),
        ["instance_norm"] = (x, i) => Functional.InstanceNorm(x[0], x[1], x[2], i.Double("epsilon")),
        ["batch_norm"] = (x, i) => Functional.BatchNorm(x[0], null, null, x[1], x[2], training: true, epsilon: i.Double("epsilon")),
        ["embedding"] = (x, _) => Functional.Embedding(x[1], x[0]),
        ["attention"] = (x, i) => Functional.ScaledDotProductAttention(x[0], x[1], x[2], causal: i.Bool("causal")),
        ["mse"] = (x, _) => Loss.Mse(x[0], x[1]),
        ["cross_entropy"] = (x, _) => Loss.CrossEntropy(x[0], x[1]),
    };
}
