using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;
using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>
/// Launches of much work are cut along their grid, so that no command buffer runs for long (macOS ends those that do). With a budget that
/// cuts everything, results are the same bits.
/// </summary>
[NonParallelizable]
public sealed class CutLaunches
{
    private const long Budget = 24;
    private Recorder recorder = null!;
    private MetalDevice whole = null!, cut = null!;

    [OneTimeSetUp]
    public void Find()
    {
        whole = SoftMetal.RequireDevice();
        var kernels = MetalKernelDevice.Find()!;
        kernels.Stream.WorkPerCommit = Budget;
        recorder = new(kernels);
        cut = new(recorder);
    }

    public static IEnumerable<TestCaseData> Cases() =>
        from @case in CaseList.All
        let dtype = @case.DTypes.First(dtype => dtype != DType.Float64)
        select new TestCaseData(@case, dtype).SetArgDisplayNames(@case.Name, dtype.Name());

    [TestCaseSource(nameof(Cases))]
    public void A_cut_operation_gives_the_same_bits_forward_and_backward(Case @case, DType dtype)
    {
        long[][] shapes = @case.Shapes.MaxBy(set => set.Sum(shape => shape.Aggregate(1L, (a, b) => a * b)))!;
        var inputs = shapes.Select((shape, i) => Inputs.Generate(shape, @case.Domains[i], i + 1, dtype)).ToArray();
        Assert.That(Run(cut), Is.EqualTo(Run(whole)));

        List<double[]> Run(Device device)
        {
            var tensors = inputs.Select((values, i) => new GradientTensor(
                Inputs.ToTensor(values, Inputs.TypeOf(@case.Domains[i], dtype), device),
                requiresGrad: @case.Differentiable && @case.Domains[i] is not (Domain.Index3 or Domain.Mask))).ToArray();
            var y = @case.Run(tensors);
            if (y.RequiresGrad) y.Backward(new GradientTensor(Inputs.ToTensor(Inputs.Generate([.. Lengths(y)], Domain.Normal, 99, dtype), y.DType, device)));
            return [Inputs.FromTensor(y.Value).Data, .. tensors.Where(x => x.Grad is not null).Select(x => Inputs.FromTensor(x.Grad!.Value).Data)];
        }
    }

    /// <summary>Random numbers, dropout, long reductions, merges, split products, an optimizer: what the cases leave out.</summary>
    [Test]
    public void A_cut_training_step_gives_the_same_bits_and_every_family_was_cut()
    {
        Assert.That(Step(cut), Is.EqualTo(Step(whole)));
        Assert.That(KernelCache.Families.Where(family => !recorder.CutFamilies.Contains(family)), Is.Empty, "families without a cut launch");

        static List<float[]> Step(Device device)
        {
            RandomNumbers.Seed(1);
            var model = new Sequential(
                new Conv2d(1, 4, kernelSize: 3, padding: 1), new BatchNorm2d(4), new ReLU(), new MaxPool2d(2), new Flatten(), new Dropout(0.25f), new Linear(64, 10));
            model.To(device);
            var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3f);
            var noise = GradientTensor.Randn([8, 8, 8, 1], seed: 3, device: device);
            var loss = Loss.CrossEntropy(model.Forward(noise), GradientTensor.From<long>([1, 2, 3, 4, 5, 6, 7, 8], device));
            loss.Backward();
            Gradients.ClipNorm(model.Parameters(), maxNorm: 0.1f);
            optimizer.Step();
            var large = GradientTensor.Randn([3, 20_000], seed: 4, device: device);
            var (sorted, places) = large.Sort();
            var product = large.MatMul(large.Transpose(0, 1));
            var heads = GradientTensor.Randn([2, 2, 70, 8], seed: 5, device: device, requiresGrad: true);
            var attended = Functional.ScaledDotProductAttention(heads, heads, heads, causal: true);
            attended.Square().Sum().Backward();
            // 100 rows of 200 entries each, times 20,000 columns; and what of that the entries have for a gradient.
            Tensor offsets = GradientTensor.Arange(0, 20_001, 200, DType.Int32, device).Value, columns = Tensor.From<int>([.. Enumerable.Range(0, 20_000).Select(i => i % 200 * 100)], device);
            Tensor sparse = Tensor.Empty([100, 3], DType.Float32, device), sampled = Tensor.Empty([20_000], DType.Float32, device);
            device.Backend.SparseMatMul(offsets, columns, large.Value.View(large.Value.Layout.Select(0, 1)), large.Transpose(0, 1).Value, sparse);
            device.Backend.SparseSample(offsets, columns, sparse, large.Transpose(0, 1).Value, sampled);
            return
            [
                [loss.Item()], .. model.Parameters().Select(parameter => parameter.Value.ToArray<float>()),
                sorted.ToArray<float>(), large.Sum(axes: [1]).ToArray<float>(), large.CumSum(1).ToArray<float>(), product.ToArray<float>(),
                large.To(DType.Float16).To(DType.Float32).ToArray<float>(), Loss.CrossEntropy(large.Transpose(0, 1), large.ArgMax(axis: 0)).ToArray<float>(),
                large.Softmax(0).ToArray<float>(), large.Gather(1, places).ToArray<float>(),
                attended.ToArray<float>(), heads.Grad!.ToArray<float>(), sparse.ToArray<float>(), sampled.ToArray<float>(),
            ];
        }
    }

    private static IEnumerable<long> Lengths(GradientTensor x)
    {
        for (int axis = 0; axis < x.Shape.Rank; axis++) yield return x.Shape[axis];
    }

    /// <summary>Which families launched something that was cut.</summary>
    private sealed class Recorder(IKernelDevice inner) : WrappedDevice(inner)
    {
        private readonly Dictionary<IKernel, string> families = [];

        public HashSet<string> CutFamilies { get; } = [];

        public override IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants)
        {
            var kernel = base.Compile(family, source, function, constants);
            families.Add(kernel, family);
            return kernel;
        }

        public override void Launch(
            IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads, long work = 0)
        {
            Assert.That(work, Is.Positive, $"{kernel.Name} tells no work");
            if (work > Budget && groups != new KernelSize(1)) CutFamilies.Add(families[kernel]);
            base.Launch(kernel, buffers, parameters, groups, threads, work);
        }
    }
}
