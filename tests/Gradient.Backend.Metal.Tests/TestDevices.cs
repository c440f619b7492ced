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

    private sealed class WithoutMatrices(IKernelDevice device) : WrappedDevice(device)
    {
        public override KernelDeviceLimits Limits => base.Limits with { HasSimdgroupMatrix = false };
    }
}
