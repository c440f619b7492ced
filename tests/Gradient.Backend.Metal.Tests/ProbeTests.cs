using Gradient.Backend.Metal;

namespace Gradient.Backend.Metal.Tests;

/// <summary>Whether the device runs a known kernel rightly, before anything else is judged on it.</summary>
[Category("Probe")]
public sealed class ProbeTests
{
    private const string Source = """
        #include <metal_stdlib>
        using namespace metal;
        kernel void probe(device const float* x [[buffer(0)]], device float* y [[buffer(1)]], constant uint& count [[buffer(2)]],
                          uint index [[thread_position_in_grid]]) {
            if (index < count) y[index] = x[index] * 2.0f + float(index);
        }
        """;

    [Test]
    public unsafe void The_device_runs_a_known_kernel()
    {
        // On a Mac a missing device is a failure: everything else would be skipped silently.
        if (!OperatingSystem.IsMacOS()) SoftMetal.RequireDevice();
        var device = MetalKernelDevice.Find();
        Assert.That(device, Is.Not.Null, "MTLCreateSystemDefaultDevice and MTLCopyAllDevices gave no device.");
        TestContext.Out.WriteLine($"{device!.Name}: {device.Limits}");

        const int count = 1000;
        Assert.That(device.TryAllocate(count * sizeof(float), out var x) & device.TryAllocate(count * sizeof(float), out var y));
        float* input = (float*)x.HostAddress, output = (float*)y.HostAddress;
        for (int i = 0; i < count; i++) (input[i], output[i]) = (i * 0.5f, float.NaN);
        var kernel = device.Compile("probe", Source, "probe", []);
        uint length = count;
        device.Launch(kernel, [new(x, 0, false), new(y, 0, true)], new ReadOnlySpan<byte>(&length, sizeof(uint)), new((count + 63) / 64), new(64));
        device.Synchronize();
        for (int i = 0; i < count; i++) Assert.That(output[i], Is.EqualTo(i * 2f), $"element {i}");
        device.Free(x);
        device.Free(y);
    }
}
