using System.Runtime.InteropServices;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>Native memory of the process, 64-byte aligned: a cache line, and the widest vector.</summary>
internal sealed class CpuMemorySource : IMemorySource
{
    private const int Alignment = 64;

    public unsafe bool TryAllocate(long bytes, out DeviceBuffer buffer)
    {
        buffer = default;
        try
        {
            nint address = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, Alignment), Alignment);
            buffer = new(address, address, bytes);
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false; // the pool trims, collects and tries again before it gives up
        }
    }

    public unsafe void Free(in DeviceBuffer buffer) => NativeMemory.AlignedFree((void*)buffer.Handle);
}
