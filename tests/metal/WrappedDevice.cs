using Gradient.Core;

namespace Gradient.Backend.Metal.Tests;

/// <summary>A device that hands everything on; tests override what they watch or change.</summary>
internal abstract class WrappedDevice(IKernelDevice inner) : IKernelDevice
{
    public string Name => inner.Name;

    public virtual KernelDeviceLimits Limits => inner.Limits;

    public virtual bool TryAllocate(long bytes, out DeviceBuffer buffer) => inner.TryAllocate(bytes, out buffer);

    public virtual void Free(in DeviceBuffer buffer) => inner.Free(buffer);

    public virtual IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants) =>
        inner.Compile(family, source, function, constants);

    public virtual void Launch(
        IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads, long work = 0) =>
        inner.Launch(kernel, buffers, parameters, groups, threads, work);

    public void Commit() => inner.Commit();

    public void WaitFor(in DeviceBuffer buffer) => inner.WaitFor(buffer);

    public void Synchronize() => inner.Synchronize();
}
