namespace Gradient.Backend.Metal.Tests;

/// <summary>The machine's Metal device, and the same said to have no simdgroup matrices.</summary>
internal static class TestDevices
{
    private static readonly Lazy<MetalDevice?> Plain = new(() => MetalKernelDevice.Find() is { } device ? new MetalDevice(new WithoutMatrices(device)) : null);

    /// <summary>Whichever is asked for; the test is inconclusive where there is none.</summary>
    public static MetalDevice Get(bool simdgroupMatrices)
    {
        var device = simdgroupMatrices ? MetalDevice.Instance : Plain.Value;
        if (device is null) Assert.Ignore("There is no Metal device here, and GRADIENT_METAL_LIBRARY names no substitute.");
        return device!;
    }

    private sealed class WithoutMatrices(IKernelDevice device) : IKernelDevice
    {
        public string Name => device.Name;

        public KernelDeviceLimits Limits => device.Limits with { HasSimdgroupMatrix = false };

        public bool TryAllocate(long bytes, out DeviceBuffer buffer) => device.TryAllocate(bytes, out buffer);

        public void Free(in DeviceBuffer buffer) => device.Free(buffer);

        public IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants) => device.Compile(family, source, function, constants);

        public void Launch(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads) =>
            device.Launch(kernel, buffers, parameters, groups, threads);

        public void Commit() => device.Commit();

        public void WaitFor(in DeviceBuffer buffer) => device.WaitFor(buffer);

        public void Synchronize() => device.Synchronize();
    }
}
