using Gradient.Core;

namespace Gradient.Autograd.Tests;

/// <summary>That profiles and errors of memory name what users called, forward and backward.</summary>
[NonParallelizable]
public sealed class MemoryProfileTests
{
    private const long Megabyte = 1 << 20;

    [TearDown]
    public void Unlimit() => Devices.Cpu.MemoryPool.Limit = null;

    [Test]
    public void The_peak_of_a_forward_and_backward_is_tied_to_its_operation()
    {
        var a = GradientTensor.Randn([1024, 1], seed: 1, requiresGrad: true);
        var b = GradientTensor.Randn([1, 1024], seed: 2);
        using var profiler = MemoryProfiler.Start(Devices.Cpu);
        using (TensorScope.Begin())
        {
            var product = a.MatMul(b);          // 4 MiB
            var sine = product.Sin();           // 4 MiB; the product stays for its derivative
            sine.Sum().Backward();              // two numbers: the sum and the 1 that backward starts from
        }

        var seen = profiler.Stop().Devices.Single();
        TestContext.Out.WriteLine(seen);
        var operations = seen.Operations.ToDictionary(entry => entry.Operation);
        Assert.Multiple(() =>
        {
            // The sine's derivative makes cos x, and cos x times the gradient; on top of these four comes the gradient of a, 4 KiB.
            Assert.That(seen.Peak.Operation, Is.EqualTo("backward of matMul: matMul"));
            Assert.That(seen.Peak.LiveBytes - seen.EarlierBytesAtPeak, Is.EqualTo((16 * Megabyte) + 4096 + (2 * 64)));
            Assert.That(operations["backward of sin: cos"].BytesAtPeak, Is.EqualTo(4 * Megabyte));
            Assert.That(operations["backward of sin: multiply"].BytesAtPeak, Is.EqualTo(4 * Megabyte));
            Assert.That(operations["matMul"].BytesAtPeak, Is.EqualTo(4 * Megabyte));
            Assert.That(operations["sin"].BytesAtPeak, Is.EqualTo(4 * Megabyte));
            Assert.That(operations["sin"].Allocations, Is.EqualTo(1));
            Assert.That(operations["sum"].Bytes, Is.EqualTo(64));
            Assert.That(operations.Values.Sum(entry => entry.BytesAtPeak) + seen.EarlierBytesAtPeak, Is.EqualTo(seen.Peak.LiveBytes));
        });
    }

    [TestCase("matMul")]
    [TestCase("conv2d")]
    [TestCase("sum")]
    [TestCase("add")]
    [TestCase("exp")]
    [TestCase("cat")]
    [TestCase("softmax")]
    [TestCase("layerNorm")]
    [TestCase("maxPool2d")]
    [TestCase("embedding")]
    [TestCase("gather")]
    [TestCase("cumSum")]
    [TestCase("sort")]
    [TestCase("to")]
    public void Allocations_carry_the_name_that_errors_use(string name)
    {
        var x = GradientTensor.Randn([2, 4, 4, 3], seed: 1);
        using var scope = TensorScope.Begin();
        using var profiler = MemoryProfiler.Start(Devices.Cpu);
        GradientTensor _ = name switch
        {
            "matMul" => x.MatMul(x.Transpose()),
            "conv2d" => Functional.Conv2d(x, GradientTensor.Ones([3, 3, 3, 5])),
            "sum" => x.Sum([1]),
            "add" => x + x,
            "exp" => x.Exp(),
            "cat" => GradientTensor.Cat([x, x], 0),
            "softmax" => x.Softmax(),
            "layerNorm" => Functional.LayerNorm(x, [3]),
            "maxPool2d" => Functional.MaxPool2d(x, 2),
            "embedding" => Functional.Embedding(GradientTensor.From([0L, 1]), GradientTensor.Ones([4, 3])),
            "gather" => x.Gather(0, GradientTensor.Zeros([1, 4, 4, 3], DType.Int64)),
            "cumSum" => x.CumSum(1),
            "sort" => x.Sort().Values,
            _ => x.To(DType.Float64),
        };
        Assert.That(profiler.Stop().Devices.Single().Operations.Select(entry => entry.Operation), Has.Member(name));
    }

    [Test]
    public void Above_the_limit_the_error_names_the_operation_sizes_and_remedy_and_the_next_step_works()
    {
        var a = GradientTensor.Randn([4096, 1], seed: 1);
        Memory.Trim();
        Devices.Cpu.MemoryPool.Limit = Memory.Statistics(Devices.Cpu).LiveBytes + (8 * Megabyte);
        var error = Assert.Throws<OutOfDeviceMemoryException>(() => a.MatMul(a.Transpose()))!;
        Assert.That(error.Message, Does.StartWith("matMul: no memory for 67,108,864 bytes on cpu: ").And.Contain("the limit is").And.Contain("smaller batches"));
        for (int i = 0; i < 100; i++) _ = a.Reshape(64, 64).MatMul(a.Reshape(64, 64)); // 1.6 MiB undisposed each hundred: room is made
        for (int i = 0; i < 20; i++) _ = GradientTensor.Ones([1024, 1024]);             // 4 MiB each: only by collecting what is unreachable
    }

    [Test]
    public void Nothing_is_watched_any_more_after_an_exception_left_the_block()
    {
        Assert.Throws<ShapeMismatchException>(() =>
        {
            using var profiler = MemoryProfiler.Start();
            GradientTensor.Ones([2]).MatMul(GradientTensor.Ones([3]));
        });
        Assert.That(MemoryProfiler.IsRunning, Is.False);
    }
}
