using System.Runtime.CompilerServices;
using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 13: the error of a command buffer swallowed, and a stale value returned.</summary>
public sealed class Row13_SwallowedErrors
{
    [Test]
    public void A_failed_command_buffer_throws_and_names_its_kernels([Values("item", "synchronize", "backward", "step", "span")] string wait)
    {
        using var absent = SoftMetal.Fault("commandbuffer:1000000"); // makes the test inconclusive where nothing can be made to fail
        var device = Devices.Metal;
        device.Backend.Synchronize();
        Memory.Trim();
        long before = Memory.Statistics(device).LiveBytes;
        FailOnce(device, wait);
        Memory.Trim();
        Assert.That(Memory.Statistics(device).LiveBytes, Is.EqualTo(before), "memory is where it was");
        // The process goes on, and the error is told once.
        var y = GradientTensor.Full([100], 2, device: device).Tanh();
        Assert.That(y.ToArray<float>(), Is.All.EqualTo(Math.Tanh(2)).Within(1e-6));
    }

    [Test]
    public void A_kernel_that_leaves_its_buffer_is_named()
    {
        SoftMetal.Require(); // a GPU may forgive it; beyond the address space there is memory of nobody
        var device = MetalKernelDevice.Find()!;
        var kernel = device.Compile(
            "stray", "#include <metal_stdlib>\nusing namespace metal;\nkernel void stray(device float* y [[buffer(0)]]) { y[1L << 41] = 1.0f; }", "stray", []);
        Assert.That(device.TryAllocate(256, out var buffer));
        device.Launch(kernel, [new(buffer, 0, true)], [], new(1), new(1));
        Assert.That(device.Synchronize, Throws.TypeOf<GradientException>().With.Message.Contains("stray"));
        Assert.That(SoftMetal.TakeErrors(), Has.Some.Contains("stray"));
        Assert.That(device.Synchronize, Throws.Nothing);
        device.Free(buffer);
        Assert.That(GradientTensor.Ones([3], device: Devices.Metal).Sum().Item(), Is.EqualTo(3), "another queue goes on");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FailOnce(Device device, string wait)
    {
        var x = GradientTensor.Full([100], 2, device: device, requiresGrad: true);
        var optimizer = new Gradient.Training.Sgd([x], 0.1);
        device.Backend.Synchronize();
        using var fault = SoftMetal.Fault("commandbuffer:1");
        GradientTensor? y = null;
        Action run = wait switch
        {
            "item" => () => x.Tanh().Sum().Item(),
            "synchronize" => () =>
            {
                y = x.Tanh();
                device.Backend.Synchronize();
            },
            "backward" => () =>
            {
                x.Tanh().Sum().Backward();
                x.Grad!.ToArray<float>();
            },
            "step" => () =>
            {
                x.Tanh().Sum().Backward();
                optimizer.Step();
                x.ToArray<float>();
            },
            _ => () => x.Tanh().Value.AsSpan<float>()[0] = 1,
        };
        Assert.That(run, Throws.InstanceOf<GradientException>().With.Message.Contains("unary_float").And.Message.Contains("GPU Hang"));
        GC.KeepAlive(y);
    }
}
