using Gradient.Autograd;

namespace Gradient.Conformance.Tests.RandomPrograms;

/// <summary>What each operation of a random program is called in Gradient; semantics.py says what it means.</summary>
internal static partial class Interpreter
{
    private delegate GradientTensor Operation(GradientTensor[] x, Instruction i);

    private static readonly Dictionary<string, Operation> Operations = new(
        [.. Elementwise(), .. Reductions(), .. Views(), .. Indexing(), .. Layers()]);

    public static IReadOnlyCollection<string> Names => Operations.Keys;

    public static GradientTensor Apply(Instruction instruction, GradientTensor[] operands) => Operations[instruction.Name](operands, instruction);

    private static Dictionary<string, Operation> Elementwise() => new()
    {
        ["neg"] = (x, _) => -x[0],
        ["exp"] = (x, _) => x[0].Exp(),
        ["log"] = (x, _) => x[0].Log(),
        ["log1p"] = (x, _) => x[0].Log1p(),
        ["expm1"] = (x, _) => x[0].Expm1(),
        ["sqrt"] = (x, _) => x[0].Sqrt(),
        ["rsqrt"] = (x, _) => x[0].Rsqrt(),
        ["abs"] = (x, _) => x[0].Abs(),
        ["sign"] = (x, _) => x[0].Sign(),
        ["sin"] = (x, _) => x[0].Sin(),
        ["cos"] = (x, _) => x[0].Cos(),
        ["tan"] = (x, _) => x[0].Tan(),
        ["erf"] = (x, _) => x[0].Erf(),
        ["floor"] = (x, _) => x[0].Floor(),
        ["ceil"] = (x, _) => x[0].Ceiling(),
        ["round"] = (x, _) => x[0].Round(),
        ["tanh"] = (x, _) => x[0].Tanh(),
        ["sigmoid"] = (x, _) => x[0].Sigmoid(),
        ["relu"] = (x, _) => x[0].Relu(),
        ["leaky_relu"] = (x, _) => x[0].LeakyRelu(0.125),
        ["elu"] = (x, _) => x[0].Elu(),
        ["gelu"] = (x, _) => x[0].Gelu(),
        ["gelu_tanh"] = (x, _) => x[0].Gelu(approximate: true),
        ["silu"] = (x, _) => x[0].Silu(),
        ["softplus"] = (x, _) => x[0].Softplus(),
        ["hardswish"] = (x, _) => x[0].Hardswish(),
        ["mish"] = (x, _) => x[0].Mish(),
        ["square"] = (x, _) => x[0].Square(),
        ["add"] = (x, _) => x[0] + x[1],
        ["sub"] = (x, _) => x[0] - x[1],
        ["mul"] = (x, _) => x[0] * x[1],
        ["div"] = (x, _) => x[0] / x[1],
        ["pow"] = (x, _) => x[0].Pow(x[1]),
        ["minimum"] = (x, _) => GradientTensor.Minimum(x[0], x[1]),
        ["maximum"] = (x, _) => GradientTensor.Maximum(x[0], x[1]),
        ["add_scalar"] = (x, i) => x[0] + i.Double("value"),
        ["mul_scalar"] = (x, i) => x[0] * i.Double("value"),
        ["rsub_scalar"] = (x, i) => i.Double("value") - x[0],
        ["rdiv_scalar"] = (x, i) => i.Double("value") / x[0],
        ["pow_scalar"] = (x, i) => x[0].Pow(i.Double("value")),
        ["clamp"] = (x, i) => x[0].Clamp(i.Double("low"), i.Double("high")),
        ["where"] = (x, i) => Compare(i.String("compare"), x[0], x[1]).Where(x[2], x[3]),
        ["masked_fill"] = (x, i) => x[0].MaskedFill(x[1].GreaterThan(0), i.Double("value")),
    };

    private static Dictionary<string, Operation> Reductions() => new()
    {
        ["sum"] = (x, i) => x[0].Sum(i.Ints("axes"), i.Bool("keep")),
        ["mean"] = (x, i) => x[0].Mean(i.Ints("axes"), i.Bool("keep")),
        ["logsumexp"] = (x, i) => x[0].LogSumExp(i.Ints("axes"), i.Bool("keep")),
        ["var"] = (x, i) => x[0].Var(i.Ints("axes"), keepDims: i.Bool("keep")),
        ["std"] = (x, i) => x[0].Std(i.Ints("axes"), keepDims: i.Bool("keep")),
        ["norm"] = (x, i) => x[0].Norm(2, i.Ints("axes"), i.Bool("keep")),
        ["max"] = (x, i) => x[0].Max(i.Int("axis"), i.Bool("keep")).Values,
        ["min"] = (x, i) => x[0].Min(i.Int("axis"), i.Bool("keep")).Values,
        ["prod"] = (x, i) => x[0].Prod(i.Int("axis"), i.Bool("keep")),
        ["cumsum"] = (x, i) => x[0].CumSum(i.Int("axis")),
        ["softmax"] = (x, i) => x[0].Softmax(i.Int("axis")),
        ["log_softmax"] = (x, i) => x[0].LogSoftmax(i.Int("axis")),
        ["matmul"] = (x, _) => x[0].MatMul(x[1]),
    };

    private static Dictionary<string, Operation> Views() => new()
    {
        ["reshape"] = (x, i) => x[0].Reshape(i.Shape("shape")),
        ["permute"] = (x, i) => x[0].Permute(i.Ints("axes")),
        ["transpose"] = (x, i) => x[0].Transpose(i.Int("a"), i.Int("b")),
        ["slice"] = (x, i) => x[0].Slice(i.Int("axis"), i.Int("start"), i.Int("stop"), i.Int("step")),
        ["select"] = (x, i) => x[0].Select(i.Int("axis"), i.Int("index")),
        ["flip"] = (x, i) => x[0].Flip(i.Ints("axes")),
        ["expand"] = (x, i) => x[0].Expand(i.Shape("shape")),
        ["unsqueeze"] = (x, i) => x[0].Unsqueeze(i.Int("axis")),
        ["squeeze"] = (x, i) => x[0].Squeeze(i.Int("axis")),
        ["flatten"] = (x, i) => x[0].Flatten(i.Int("first"), i.Int("last")),
        ["cat"] = (x, i) => GradientTensor.Cat(x, i.Int("axis")),
        ["stack"] = (x, i) => GradientTensor.Stack(x, i.Int("axis")),
        ["chunk"] = (x, i) => x[0].Chunk(i.Int("count"), i.Int("axis"))[i.Int("index")],
        ["split"] = (x, i) => x[0].Split(i.Longs("sizes"), i.Int("axis"))[i.Int("index")],
    };

    private static Dictionary<string, Operation> Indexing() => new()
    {
        ["index_select"] = (x, i) => x[0].IndexSelect(i.Int("axis"), x[1]),
        ["gather"] = (x, i) => x[0].Gather(i.Int("axis"), x[1]),
        ["scatter_add"] = (x, i) => x[0].ScatterAdd(i.Int("axis"), x[1], x[2]),
        ["tril"] = (x, i) => x[0].Tril(i.Int("diagonal")),
        ["triu"] = (x, i) => x[0].Triu(i.Int("diagonal")),
        ["sort"] = (x, i) => x[0].Sort(i.Int("axis"), i.Bool("descending")).Values,
        ["topk"] = (x, i) => x[0].TopK(i.Int("count"), i.Int("axis"), i.Bool("largest")).Values,
        ["pad"] = (x, i) => Pad(x[0], i),
    };

    private static GradientTensor Compare(string name, GradientTensor a, GradientTensor b) => name switch
    {
        "gt" => a.GreaterThan(b),
        "ge" => a.GreaterOrEqual(b),
        "lt" => a.LessThan(b),
        _ => a.LessOrEqual(b),
    };

    private static GradientTensor Pad(GradientTensor x, Instruction i)
    {
        (int axis, int before, int after) = (i.Int("axis"), i.Int("before"), i.Int("after"));
        switch (i.String("mode"))
        {
            case "reflect":
                return x.ReflectionPad(axis, before, after);
            case "replicate":
                return x.ReplicationPad(axis, before, after);
            default:
                var padding = new (long Before, long After)[x.Rank];
                padding[axis] = (before, after);
                return x.Pad(padding, i.Double("value"));
        }
    }
}
