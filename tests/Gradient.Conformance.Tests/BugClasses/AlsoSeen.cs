using System.Globalization;
using System.Text.RegularExpressions;
using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>The last paragraph of the list: leaks, limits of kernels, collisions in the pipeline cache, weight gradients.</summary>
public sealed partial class AlsoSeen
{
    [Test]
    public void Steps_leave_no_object_behind()
    {
        SoftMetal.Require();
        var w = GradientTensor.Full([16, 16], 0.01, device: Devices.Metal, requiresGrad: true);
        Train(3);
        long before = Count(out _);
        Train(60);
        long after = Count(out string report);
        Assert.That(after, Is.EqualTo(before), report);

        void Train(int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                using var scope = TensorScope.Begin();
                var x = GradientTensor.Randn([8, 16], seed: i, device: Devices.Metal);
                var loss = (x.MatMul(w).Gelu() - x).Square().Mean();
                loss.Backward();
                w.Value.CopyFrom((w.Detach() - (w.Grad! * 0.1)).Value);
                w.Grad = null;
                if (i % 10 == 0) Assert.That(loss.Item(), Is.Not.NaN);
            }

            Devices.Metal.Backend.Synchronize();
        }

        static long Count(out string report)
        {
            Memory.Trim();
            return SoftMetal.LiveObjects(out report);
        }
    }

    public static IEnumerable<string> Families => KernelCache.Families;

    [TestCaseSource(nameof(Families))]
    public void Kernels_have_at_most_31_buffers(string family)
    {
        int[] indices = [.. BufferIndex().Matches(KernelCache.Compose(family)).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.That(indices, Is.Not.Empty.And.All.InRange(0, 30));
    }

    /// <summary>What the pipelines say of themselves, once calls of every family have run.</summary>
    [Test]
    public void Kernels_use_at_most_32_KB_of_threadgroup_memory([Values] bool withMatrices, [Values(DType.Float32, DType.BFloat16)] DType dtype)
    {
        SoftMetal.RequireDevice();
        using var fault = withMatrices ? null : SoftMetal.Fault("no-simdgroup-matrix");
        var recorder = new ScarceDevice(MetalKernelDevice.Find()!, long.MaxValue);
        var device = new MetalDevice(recorder);
        foreach (var operation in SeamOperations.All)
        {
            var type = operation.OutputType == DType.Float32 && !operation.IsWide ? dtype : operation.OutputType;
            operation.Run(device.Backend, [.. operation.MakeInputs(device).Select(x => x.DType == DType.Float32 ? x.To(dtype) : x)], Tensor.Empty(new Shape(operation.Output), type, device));
        }

        foreach (long size in new long[] { 70, 600 }) // large and small tiles
        {
            var x = GradientTensor.Ones([size, size], dtype, device);
            Assert.That((x.MatMul(x) / size).Mean().To(DType.Float32).Item(), Is.EqualTo(1).Within(0.01));
        }

        device.Backend.Synchronize();
        var memory = recorder.Compiled.Select(kernel => (kernel.Name, Bytes: (long)((MetalKernel)kernel).Pipeline.StaticThreadgroupMemoryLength)).ToList();
        TestContext.Out.WriteLine(string.Join("\n", memory.Where(kernel => kernel.Bytes > 0).OrderByDescending(kernel => kernel.Bytes)));
        Assert.That(memory.Count(kernel => kernel.Bytes > 0), Is.GreaterThan(5), "kernels that use any");
        Assert.That(memory.Where(kernel => kernel.Bytes > 32 * 1024), Is.Empty);
    }

    /// <summary>One kernel source gives pipelines that differ by type, kind and flags alone: none may be taken for another.</summary>
    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Pipelines_of_one_source_are_told_apart(Backend backend)
    {
        double[] numbers = [0.5, 2, 1, 4];
        var kinds = new (string Name, Func<GradientTensor, GradientTensor> Run, Func<double, double> F)[]
        {
            ("negate", x => -x, x => -x), ("square", x => x.Square(), x => x * x), ("add", x => x + 1, x => x + 1), ("subtract", x => 1 - x, x => 1 - x),
            ("multiply", x => x * 2, x => x * 2), ("divide", x => x / 2, x => x / 2), ("divide scalar", x => 2 / x, x => 2 / x),
            ("sum", x => x.Sum(keepDims: true).Expand(4).Clone(), _ => 7.5), ("max", x => x.Max(keepDims: true).Expand(4).Clone(), _ => 4),
            ("min", x => x.Min(keepDims: true).Expand(4).Clone(), _ => 0.5), ("product", x => x.Prod(keepDims: true).Expand(4).Clone(), _ => 4),
            ("less", x => x.LessThan(1).To(x.DType), x => x < 1 ? 1 : 0), ("greater", x => x.GreaterThan(1).To(x.DType), x => x > 1 ? 1 : 0),
            ("gather by Int64", x => x.IndexSelect(0, GradientTensor.From<long>([0, 1, 2, 3], x.Device)), x => x),
            ("gather by Int32", x => x.IndexSelect(0, GradientTensor.From<int>([0, 1, 2, 3], x.Device)), x => x),
            ("outer", x => x.Reshape(4, 1).MatMul(GradientTensor.Ones([1, 1], x.DType, x.Device)).Reshape(4), x => x),
            ("with bias", x => Functional.Linear(x.Reshape(4, 1), GradientTensor.Ones([1, 2], x.DType, x.Device), GradientTensor.Ones([2], x.DType, x.Device))[.., 1], x => x + 1),
        };
        for (int round = 0; round < 3; round++) // from the second on, all come out of the cache
            foreach (var (name, run, f) in kinds)
                foreach (var dtype in new[] { DType.Float32, DType.Float16, DType.BFloat16 })
                {
                    var x = new GradientTensor(Inputs.ToTensor(new(numbers, 4), dtype, backend.Device()));
                    Compare.Near(new Values(numbers, 4).Map(f), Inputs.FromTensor(run(x).Value), 0, $"{name} {dtype.Name()}, round {round}");
                }
    }

    public static IEnumerable<TestCaseData> Convolutions()
    {
        (string Name, long[] Input, long[] Kernel, Conv2dOptions Options)[] all =
        [
            ("plain", [2, 6, 5, 3], [3, 2, 3, 4], new()),
            ("1×1", [2, 4, 3, 5], [1, 1, 5, 7], new()),
            ("stride 2", [1, 9, 8, 3], [3, 3, 3, 5], new() { StrideHeight = 2, StrideWidth = 2, PaddingHeight = 1, PaddingWidth = 1 }),
            ("stride larger than kernel", [1, 9, 8, 2], [2, 1, 2, 3], new() { StrideHeight = 3, StrideWidth = 4 }),
            ("dilated", [1, 9, 8, 3], [3, 2, 3, 2], new() { DilationHeight = 2, DilationWidth = 3, PaddingHeight = 2 }),
            ("groups", [2, 5, 5, 6], [3, 3, 2, 9], new() { Groups = 3, PaddingHeight = 1, PaddingWidth = 1 }),
            ("depthwise", [2, 5, 5, 6], [3, 3, 1, 6], new() { Groups = 6, PaddingHeight = 1, PaddingWidth = 1 }),
            ("depthwise, two outputs each", [1, 5, 5, 4], [3, 3, 1, 8], new() { Groups = 4 }),
            ("one pixel", [3, 1, 1, 4], [1, 1, 4, 2], new()),
            ("padding beyond the input", [1, 2, 2, 2], [3, 3, 2, 2], new() { PaddingHeight = 2, PaddingWidth = 2 }),
            ("deep batch", [17, 4, 4, 8], [3, 3, 8, 8], new() { PaddingHeight = 1, PaddingWidth = 1 }),
        ];
        return from backend in Backends.All from c in all select new TestCaseData(backend, c.Input, c.Kernel, c.Options).SetArgDisplayNames(backend.Name, c.Name);
    }

    [TestCaseSource(nameof(Convolutions))]
    public void Convolutions_and_both_gradients(Backend backend, long[] input, long[] kernel, Conv2dOptions options) =>
        ConvolutionReference.Check(backend.Device(), input, kernel, options);

    [GeneratedRegex(@"\[\[\s*buffer\((\d+)\)\s*\]\]")]
    private static partial Regex BufferIndex();
}
