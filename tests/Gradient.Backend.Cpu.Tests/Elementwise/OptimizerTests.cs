using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>Update rules against scalar double-precision ones, written after PyTorch's documentation, over several steps.</summary>
public class OptimizerTests
{
    private static readonly Shape[] Shapes = [[7, 5], [3], [], [0], [40, 33]];

    private static readonly (string Name, OptimizerKind Kind, OptimizerSettings Settings)[] Cases =
    [
        ("sgd", OptimizerKind.Sgd, new() { LearningRate = 0.1, Momentum = 0 }),
        ("sgd decay", OptimizerKind.Sgd, new() { LearningRate = 0.1, Momentum = 0, WeightDecay = 0.2, Maximize = true }),
        ("sgd momentum", OptimizerKind.Sgd, new() { LearningRate = 0.1, Momentum = 0.9, Dampening = 0.3 }),
        ("sgd nesterov", OptimizerKind.Sgd, new() { LearningRate = 0.1, Momentum = 0.9, Nesterov = true, WeightDecay = 0.01 }),
        ("adam", OptimizerKind.Adam, new() { LearningRate = 0.01, WeightDecay = 0.1 }),
        ("adamw", OptimizerKind.Adam, new() { LearningRate = 0.01, WeightDecay = 0.1, DecoupledWeightDecay = true }),
        ("amsgrad", OptimizerKind.Adam, new() { LearningRate = 0.01, AmsGrad = true, Maximize = true, Smoothing = 0.6 }),
        ("rmsprop", OptimizerKind.RmsProp, new() { LearningRate = 0.01, Smoothing = 0.99, Momentum = 0 }),
        ("rmsprop centered momentum", OptimizerKind.RmsProp, new() { LearningRate = 0.01, Smoothing = 0.9, Momentum = 0.5, Centered = true, WeightDecay = 0.1 }),
        ("rmsprop centered", OptimizerKind.RmsProp, new() { LearningRate = 0.01, Smoothing = 0.9, Momentum = 0, Centered = true }),
        ("adagrad", OptimizerKind.Adagrad, new() { LearningRate = 0.1, Epsilon = 1e-10 }),
        ("adadelta", OptimizerKind.Adadelta, new() { LearningRate = 1, Smoothing = 0.9, Epsilon = 1e-6 }),
        ("nadam", OptimizerKind.NAdam, new() { LearningRate = 0.01, WeightDecay = 0.1 }),
    ];

    private static IEnumerable<string> Names => Cases.Select(c => c.Name);

    [Test]
    public void Steps_agree(
        [ValueSource(nameof(Names))] string name,
        [Values(DType.Float32, DType.Float64, DType.BFloat16)] DType dtype,
        [Values(Placement.Contiguous, Placement.Transposed, Placement.Mixed)] Placement placement)
    {
        var (_, kind, settings) = Cases.First(c => c.Name == name);
        var states = dtype == DType.Float64 ? DType.Float64 : DType.Float32;
        var random = new Random(3);
        var expected = new List<double[]>();
        var expectedStates = new List<double[][]>();
        var tensors = new List<OptimizerSlot>();
        foreach (var shape in Shapes)
        {
            int n = (int)shape.ElementCount;
            var initial = Enumerable.Range(0, n).Select(_ => LayoutFixture.Round(random.NextDouble() - 0.5, dtype)).ToArray();
            expected.Add(initial);
            expectedStates.Add([new double[n], new double[n], new double[n]]);
            bool momentum = settings.Momentum != 0;
            bool[] needs = kind switch
            {
                OptimizerKind.Sgd => [momentum, false, false],
                OptimizerKind.Adam => [true, true, settings.AmsGrad],
                OptimizerKind.RmsProp => [true, momentum, settings.Centered],
                OptimizerKind.Adagrad => [true, false, false],
                _ => [true, true, false],
            };
            Tensor? State(int k) => needs[k] ? LayoutFixture.MakeOutput(shape, states, k == 1 ? Placement.Contiguous : placement) : null;
            tensors.Add(new(LayoutFixture.Make(initial, shape, dtype, placement), null!, State(0), State(1), State(2)));
        }

        double product = 1;
        for (int step = 1; step <= 6; step++)
        {
            double now = 0.9 * (1 - (0.5 * Math.Pow(0.96, step * 0.004))), next = 0.9 * (1 - (0.5 * Math.Pow(0.96, (step + 1) * 0.004)));
            product *= now;
            var current = settings with { Step = step, MomentumNow = now, MomentumNext = next, MomentumProduct = product };
            var slots = new OptimizerSlot[Shapes.Length];
            for (int i = 0; i < slots.Length; i++)
            {
                var gradient = expected[i].Select(_ => LayoutFixture.Round(random.NextDouble() - 0.4, dtype)).ToArray();
                slots[i] = tensors[i] with { Gradient = LayoutFixture.Make(gradient, Shapes[i], dtype, Placement.Offset) };
                for (int j = 0; j < gradient.Length; j++)
                {
                    ref double p = ref expected[i][j];
                    p = LayoutFixture.Round(Step(kind, current, p, gradient[j], expectedStates[i], j), dtype);
                }
            }

            CpuDevice.Instance.Backend.OptimizerStep(kind, current, slots);
        }

        double tolerance = dtype switch { DType.Float32 => 3e-6, DType.Float64 => 1e-14, _ => 0.02 };
        for (int i = 0; i < tensors.Count; i++)
        {
            Assert.That(LayoutFixture.Read(tensors[i].Parameter), Is.EqualTo(expected[i]).Within(tolerance), $"{name} {Shapes[i]}");
            LayoutFixture.AssertMarginsIntact(tensors[i].Parameter);
            if (dtype == DType.BFloat16) continue; // rounding of the parameters feeds back into gradients of decay
            Tensor?[] made = [tensors[i].State0, tensors[i].State1, tensors[i].State2];
            for (int k = 0; k < 3; k++)
                if (made[k] is { } state) Assert.That(LayoutFixture.Read(state), Is.EqualTo(expectedStates[i][k]).Within(tolerance * 10), $"{name} state {k}");
        }
    }

    [Test]
    public void A_missing_state_is_named()
    {
        using var p = Tensor.From<float>([1, 2], [2], CpuDevice.Instance);
        Assert.That(
            () => CpuDevice.Instance.Backend.OptimizerStep(OptimizerKind.Adam, new(), [new(p, p)]),
            Throws.InstanceOf<GradientException>().With.Message.Contains("lacks a state"));
    }

    private static double Step(OptimizerKind kind, OptimizerSettings o, double p, double g, double[][] states, int j)
    {
        ref double s0 = ref states[0][j], s1 = ref states[1][j], s2 = ref states[2][j];
        if (o.Maximize) g = -g;
        if (o.DecoupledWeightDecay) p -= o.LearningRate * o.WeightDecay * p;
        else g += o.WeightDecay * p;
        switch (kind)
        {
            case OptimizerKind.Sgd:
                if (o.Momentum == 0) return p - (o.LearningRate * g);
                s0 = o.Step == 1 ? g : (o.Momentum * s0) + ((1 - o.Dampening) * g);
                return p - (o.LearningRate * (o.Nesterov ? g + (o.Momentum * s0) : s0));
            case OptimizerKind.Adam:
            case OptimizerKind.NAdam:
                s0 = (o.Momentum * s0) + ((1 - o.Momentum) * g);
                s1 = (o.Smoothing * s1) + ((1 - o.Smoothing) * g * g);
                double second = s1;
                if (o.AmsGrad) second = s2 = Math.Max(s2, s1);
                double root = Math.Sqrt(second / (1 - Math.Pow(o.Smoothing, o.Step))) + o.Epsilon;
                if (kind == OptimizerKind.Adam) return p - (o.LearningRate * s0 / (1 - Math.Pow(o.Momentum, o.Step)) / root);
                p -= o.LearningRate * (1 - o.MomentumNow) / (1 - o.MomentumProduct) * g / root;
                return p - (o.LearningRate * o.MomentumNext / (1 - (o.MomentumProduct * o.MomentumNext)) * s0 / root);
            case OptimizerKind.RmsProp:
                s0 = (o.Smoothing * s0) + ((1 - o.Smoothing) * g * g);
                double variance = s0;
                if (o.Centered)
                {
                    s2 = (o.Smoothing * s2) + ((1 - o.Smoothing) * g);
                    variance -= s2 * s2;
                }

                double update = g / (Math.Sqrt(variance) + o.Epsilon);
                if (o.Momentum == 0) return p - (o.LearningRate * update);
                s1 = (o.Momentum * s1) + update;
                return p - (o.LearningRate * s1);
            case OptimizerKind.Adagrad:
                s0 += g * g;
                return p - (o.LearningRate * g / (Math.Sqrt(s0) + o.Epsilon));
            default:
                s0 = (o.Smoothing * s0) + ((1 - o.Smoothing) * g * g);
                double delta = Math.Sqrt(s1 + o.Epsilon) / Math.Sqrt(s0 + o.Epsilon) * g;
                s1 = (o.Smoothing * s1) + ((1 - o.Smoothing) * delta * delta);
                return p - (o.LearningRate * delta);
        }
    }
}
