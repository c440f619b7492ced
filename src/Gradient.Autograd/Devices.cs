using Gradient.Backend.Cpu;
using Gradient.Backend.Metal;

namespace Gradient.Autograd;

/// <summary>The devices of this machine.</summary>
public static class Devices
{
    private static Device @default = CpuDevice.Instance;

    /// <summary>The processor. <c>Devices.Cpu.Threads</c> is how many cores kernels use.</summary>
    public static CpuDevice Cpu => CpuDevice.Instance;

    /// <summary>The Apple GPU; elsewhere what the environment variable GRADIENT_METAL_LIBRARY names in its place.</summary>
    /// <exception cref="PlatformNotSupportedException">There is none.</exception>
    public static MetalDevice Metal => MetalDevice.Instance ?? throw new PlatformNotSupportedException(
        "There is no Metal device on this machine: Metal is Apple's. Use Devices.Cpu, or Devices.Best, which takes the fastest there is. "
        + "(On Linux, GRADIENT_METAL_LIBRARY may name SoftMetal's library, which runs the shaders on the processor for tests.)");

    /// <summary>The fastest device there is: the Apple GPU on a Mac, else the processor. A substitute for Metal is never picked.</summary>
    public static Device Best => OperatingSystem.IsMacOS() && MetalDevice.Instance is { } metal ? metal : Cpu;

    /// <summary>Where tensors are made when no device is named; the processor at first.</summary>
    public static Device Default
    {
        get => Volatile.Read(ref @default);
        set => Volatile.Write(ref @default, value ?? throw new ArgumentNullException(nameof(value)));
    }
}
