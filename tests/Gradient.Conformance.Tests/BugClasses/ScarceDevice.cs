using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>A device with less memory, which remembers what it was asked for.</summary>
internal sealed class ScarceDevice(IKernelDevice inner, long room) : WrappedDevice(inner)
{
    private long used;

    public int Refusals { get; private set; }

    public List<IKernel> Compiled { get; } = [];

    public override bool TryAllocate(long bytes, out DeviceBuffer buffer)
    {
        buffer = default;
        bool refused = Interlocked.Add(ref used, bytes) > room;
        if (!refused && base.TryAllocate(bytes, out buffer)) return true;
        if (refused) Refusals++;
        Interlocked.Add(ref used, -bytes);
        return false;
    }

    public override void Free(in DeviceBuffer buffer)
    {
        Interlocked.Add(ref used, -buffer.Bytes);
        base.Free(buffer);
    }

    public override IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants)
    {
        var kernel = base.Compile(family, source, function, constants);
        Compiled.Add(kernel);
        return kernel;
    }
}
