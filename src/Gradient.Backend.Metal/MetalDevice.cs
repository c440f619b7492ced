namespace Gradient.Backend.Metal;

/// <summary>The Apple GPU of this machine, or what GRADIENT_METAL_LIBRARY names in its place.</summary>
public sealed class MetalDevice : Device
{
    private static readonly Lazy<MetalDevice?> Found = new(
        () => MetalKernelDevice.Find() is { } device ? new MetalDevice(device) : null, LazyThreadSafetyMode.PublicationOnly); // a failure is not kept

    /// <summary>A device over whatever runs the kernels.</summary>
    public MetalDevice(IKernelDevice kernels)
    {
        MemoryPool = Memory.CreatePool("metal", kernels);
        Backend = new MetalBackend(this, kernels);
    }

    /// <summary>The machine's Metal device; null where there is none.</summary>
    public static MetalDevice? Instance => Found.Value;

    /// <inheritdoc/>
    public override DeviceKind Kind => DeviceKind.Metal;

    /// <inheritdoc/>
    public override string Name => "metal";

    /// <inheritdoc/>
    public override IBackend Backend { get; }

    /// <inheritdoc/>
    public override MemoryPool MemoryPool { get; }
}
