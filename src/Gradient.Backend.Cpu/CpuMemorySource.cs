using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>Native memory of the process.</summary>
internal sealed class CpuMemorySource : IMemorySource
{
    public bool TryAllocate(long bytes, out DeviceBuffer buffer)
    {
        buffer = default;
        try
        {
            nint address = AlignedMemory.Allocate((nuint)bytes);
            buffer = new(address, address, bytes);
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false; // the pool trims, collects and tries again before it gives up
        }
    }

    public void Free(in DeviceBuffer buffer) => AlignedMemory.Free(buffer.Handle);
}
