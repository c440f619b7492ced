using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>The processor and its main memory. There is one: <see cref="Instance"/>.</summary>
public sealed class CpuDevice : Device
{
    private readonly CpuBackend backend = new();
    private readonly MemoryPool pool = Memory.CreatePool("cpu", new CpuMemorySource());

    private CpuDevice() { }

    /// <summary>The only CPU device.</summary>
    public static CpuDevice Instance { get; } = new();

    /// <inheritdoc/>
    public override DeviceKind Kind => DeviceKind.Cpu;

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override IBackend Backend => backend;

    /// <inheritdoc/>
    public override MemoryPool MemoryPool => pool;

    /// <summary>
    /// How many threads kernels use, 1 or more; by default one per processor that the process may use. Results do not depend on it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
#pragma warning disable CA1822 // A property of the device as users see it, although the pool of workers is the process's.
    public int Threads
    {
        get => WorkerPool.Shared.Threads;
        set
        {
            WorkerPool.Shared.Threads = value;
        }
    }
#pragma warning restore CA1822
}
