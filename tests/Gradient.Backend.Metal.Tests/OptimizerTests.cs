using Gradient.Autograd;

namespace Gradient.Backend.Metal.Tests;

/// <summary>Optimizer steps against the CPU's, which PyTorch's numbers stand behind.</summary>
[NonParallelizable]
public sealed class OptimizerTests
{
    private const int Steps = 4;

    // More than fit one launch, some empty, one larger than a group.
    private static readonly long[][] Shapes = [[5], [3, 4], [1], [700], [0], [2, 2, 2], [33], [64], [7, 9], [], [1000], [6], [31, 3], [8]];

    private static IEnumerable<TestCaseData> Rules()
    {
        yield return Rule("sgd", OptimizerKind.Sgd, new() { LearningRate = 0.1, Momentum = 0 });
        yield return Rule("sgd, maximize, decay", OptimizerKind.Sgd, new() { LearningRate = 0.1, Momentum = 0, Maximize = true, WeightDecay = 0.02 });
        yield return Rule("sgd, momentum, dampening", OptimizerKind.Sgd, new() { LearningRate = 0.1, Dampening = 0.3 });
        yield return Rule("sgd, Nesterov", OptimizerKind.Sgd, new() { LearningRate = 0.1, Nesterov = true });
        yield return Rule("adam", OptimizerKind.Adam, new() { LearningRate = 0.01, WeightDecay = 0.1 });
        yield return Rule("adamw", OptimizerKind.Adam, new() { LearningRate = 0.01, WeightDecay = 0.1, DecoupledWeightDecay = true });
        yield return Rule("amsgrad", OptimizerKind.Adam, new() { LearningRate = 0.01, AmsGrad = true });
        yield return Rule("rmsprop", OptimizerKind.RmsProp, new() { LearningRate = 0.01, Momentum = 0, Smoothing = 0.9 });
        yield return Rule("rmsprop, momentum, centered", OptimizerKind.RmsProp, new() { LearningRate = 0.01, Smoothing = 0.9, Centered = true, Epsilon = 1e-3 });
        yield return Rule("rmsprop, centered", OptimizerKind.RmsProp, new() { LearningRate = 0.01, Momentum = 0, Smoothing = 0.9, Centered = true, Epsilon = 1e-3 });
        yield return Rule("adagrad", OptimizerKind.Adagrad, new() { LearningRate = 0.1, Momentum = 0 });
        yield return Rule("adadelta", OptimizerKind.Adadelta, new() { LearningRate = 1, Smoothing = 0.9, Epsilon = 1e-6 });
        yield return Rule("nadam", OptimizerKind.NAdam, new() { LearningRate = 0.01, MomentumNow = 0.45, MomentumNext = 0.5, MomentumProduct = 0.3 });

        static TestCaseData Rule(string name, OptimizerKind kind, OptimizerSettings settings) => new TestCaseData(kind, settings).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Rules))]
    public void Steps_agree_with_the_CPU(OptimizerKind kind, OptimizerSettings settings)
    {
        var device = SoftMetal.RequireDevice();
        foreach (var (type, state, tolerance) in ((DType, DType, double)[])
            [(DType.Float32, DType.Float32, 2e-6), (DType.Float16, DType.Float16, 2e-3), (DType.BFloat16, DType.Float32, 2e-2), (DType.Float16, DType.Float32, 2e-3)])
        {
            var actual = Run(device, kind, settings, type, state, transposed: false);
            var expected = Run(Devices.Cpu, kind, settings, type, state, transposed: false);
            Same(actual, expected, tolerance, $"{type.Name()} with states of {state.Name()}");
        }
    }

    [Test]
    public void Parameters_gradients_and_states_may_have_any_layout()
    {
        var device = SoftMetal.RequireDevice();
        var settings = new OptimizerSettings { LearningRate = 0.01, AmsGrad = true };
        Same(
            Run(device, OptimizerKind.Adam, settings, DType.Float32, DType.Float32, transposed: true),
            Run(Devices.Cpu, OptimizerKind.Adam, settings, DType.Float32, DType.Float32, transposed: false), 2e-6, "transposed");
    }

    [Test]
    public void A_state_that_is_missing_is_named()
    {
        var device = SoftMetal.RequireDevice();
        using var x = Tensor.Empty([3], DType.Float32, device);
        Assert.That(
            () => device.Backend.OptimizerStep(OptimizerKind.Adam, new(), [new(x, x)]),
            Throws.TypeOf<GradientException>().With.Message.Contains("Adam").And.Message.Contains("lacks a state"));
    }

    [Test]
    public void Few_launches_serve_many_parameters()
    {
        SoftMetal.RequireDevice();
        var kernels = MetalKernelDevice.Find()!;
        var counting = new CountingDevice(kernels);
        var device = new MetalDevice(counting);
        var tensors = Enumerable.Range(0, 18 * 4).Select(_ => Tensor.Empty([16], DType.Float32, device)).ToArray();
        foreach (var tensor in tensors) tensor.Fill(0);
        var slots = Enumerable.Range(0, 18).Select(i => new OptimizerSlot(tensors[4 * i], tensors[(4 * i) + 1], tensors[(4 * i) + 2], tensors[(4 * i) + 3])).ToArray();
        int before = counting.Launches;
        device.Backend.OptimizerStep(OptimizerKind.Adam, new(), slots);
        Assert.That(counting.Launches - before, Is.EqualTo(4));
        before = counting.Launches;
        using var norm = Tensor.Empty([], DType.Float32, device);
        device.Backend.ReduceMany(ReduceManyKind.EuclideanNorm, tensors, norm);
        Assert.That(counting.Launches - before, Is.EqualTo(3 + 1), "72 tensors, 24 a launch, and one that combines");
        device.Backend.ScaleMany(tensors, norm);
        Assert.That(counting.Launches - before, Is.EqualTo(7));
        device.Synchronize();
    }

    private static List<double[]> Run(Device device, OptimizerKind kind, OptimizerSettings settings, DType type, DType state, bool transposed)
    {
        var parameters = Shapes.Select((shape, i) => Make(shape, i, type)).ToArray();
        var states = Shapes.Select(shape => Enumerable.Range(0, 3).Select(_ => Make(shape, -1, state)).ToArray()).ToArray();
        for (int step = 1; step <= Steps; step++)
        {
            var slots = parameters.Select((p, i) => new OptimizerSlot(
                p, Make(Shapes[i], 100 + (step * 10) + i, type), states[i][0], states[i][1], states[i][2])).ToArray();
            device.Backend.OptimizerStep(kind, settings with { Step = step }, slots);
        }

        return [.. parameters.Select(Values), .. states.SelectMany(s => s).Select(Values)];

        // Seed −1: zeros.
        Tensor Make(long[] shape, int seed, DType dtype)
        {
            long count = shape.Aggregate(1L, (a, b) => a * b);
            float[] values = [.. Enumerable.Range(0, (int)count).Select(i => seed < 0 ? 0 : MathF.Sin((i * 1.7f) + seed))];
            var made = Tensor.From<float>(values, new Shape(shape), device).To(dtype);
            if (!transposed || shape.Length < 2) return made;
            int[] order = [.. Enumerable.Range(0, shape.Length).Reverse()];
            return made.View(made.Layout.Permute(order)).Copy() is var copy ? copy.View(copy.Layout.Permute(order)) : made;
        }

        static double[] Values(Tensor tensor)
        {
            using var single = tensor.To(DType.Float32);
            return [.. single.ToArray<float>().Select(x => (double)x)];
        }
    }

    private static void Same(List<double[]> actual, List<double[]> expected, double tolerance, string what)
    {
        for (int i = 0; i < expected.Count; i++)
            for (int j = 0; j < expected[i].Length; j++)
                Assert.That(actual[i][j], Is.EqualTo(expected[i][j]).Within(tolerance * (1 + Math.Abs(expected[i][j]))), $"{what}: tensor {i}, element {j}");
    }

    private sealed class CountingDevice(IKernelDevice inner) : WrappedDevice(inner)
    {
        public int Launches { get; private set; }

        public override void Launch(
            IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads, long work = 0)
        {
            Launches++;
            base.Launch(kernel, buffers, parameters, groups, threads, work);
        }
    }
}
