using Gradient.Backend.Cpu;

namespace Gradient.Autograd;

/// <summary>The devices of this machine.</summary>
public static class Devices
{
    private static Device @default = CpuDevice.Instance;

    /// <summary>The processor. <c>Devices.Cpu.Threads</c> is how many cores kernels use.</summary>
    public static CpuDevice Cpu => CpuDevice.Instance;

    /// <summary>The Apple GPU.</summary>
    /// <exception cref="PlatformNotSupportedException">There is none: this build has the CPU backend only.</exception>
    public static Device Metal => throw new PlatformNotSupportedException(
        "There is no Metal device here: this version of Gradient has the CPU backend only. Use Devices.Cpu, or Devices.Best.");

    /// <summary>The fastest device there is.</summary>
    public static Device Best => Cpu;

    /// <summary>Where tensors are made when no device is named; the processor at first.</summary>
    public static Device Default
    {
        get => Volatile.Read(ref @default);
        set => Volatile.Write(ref @default, value ?? throw new ArgumentNullException(nameof(value)));
    }
}
