using Gradient.Backend.Metal;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>A device with less memory, which remembers what it was asked for.</summary>
internal sealed class ScarceDevice(IKernelDevice inner, long room) : IKernelDevice
{
    private long used;

    public int Refusals { get; private set; }

    public List<IKernel> Compiled { get; } = [];

    public string Name => inner.Name;

    public KernelDeviceLimits Limits => inner.Limits;

    public bool TryAllocate(long bytes, out DeviceBuffer buffer)
    {
        buffer = default;
        bool refused = Interlocked.Add(ref used, bytes) > room;
        if (!refused && inner.TryAllocate(bytes, out buffer)) return true;
        if (refused) Refusals++;
        Interlocked.Add(ref used, -bytes);
        return false;
    }

    public void Free(in DeviceBuffer buffer)
    {
        Interlocked.Add(ref used, -buffer.Bytes);
        inner.Free(buffer);
    }

    public IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants)
    {
        var kernel = inner.Compile(family, source, function, constants);
        Compiled.Add(kernel);
        return kernel;
    }

    public void Launch(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads) =>
        inner.Launch(kernel, buffers, parameters, groups, threads);

    public void Commit() => inner.Commit();

    public void WaitFor(in DeviceBuffer buffer) => inner.WaitFor(buffer);

    public void Synchronize() => inner.Synchronize();
}
