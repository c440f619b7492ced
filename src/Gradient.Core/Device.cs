namespace Gradient.Core;

/// <summary>The kinds of devices that tensors lie on.</summary>
public enum DeviceKind
{
    /// <summary>The processor, through the embedded CPU backend.</summary>
    Cpu,

    /// <summary>An Apple GPU, through Metal.</summary>
    Metal,
}

/// <summary>
/// Where tensors lie and operations run. Devices are compared by reference: there is one object per device.
/// <c>Devices</c> in Gradient.Autograd hands them out.
/// </summary>
public abstract class Device
{
    /// <summary>The device's kind.</summary>
    public abstract DeviceKind Kind { get; }

    /// <summary>What people call it: "cpu", "metal".</summary>
    public abstract string Name { get; }

    /// <summary>The kernels of the device.</summary>
    public abstract IBackend Backend { get; }

    /// <summary>The pool that the device's storage comes from.</summary>
    public abstract MemoryPool MemoryPool { get; }

    /// <summary>Waits until everything asked of the device is done, and throws what went wrong meanwhile.</summary>
    public void Synchronize() => Backend.Synchronize();

    /// <inheritdoc/>
    public override string ToString() => Name;
}
