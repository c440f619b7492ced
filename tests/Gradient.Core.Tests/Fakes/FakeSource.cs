using System.Runtime.InteropServices;
using Gradient.Core;

namespace Gradient.Core.Tests.Fakes;

/// <summary>Aligned host memory that counts what is out, fails on demand, and notices a buffer given back twice.</summary>
internal sealed unsafe class FakeSource(bool hostVisible) : IMemorySource
{
    private readonly Lock gate = new();
    private readonly HashSet<nint> outstanding = [];
    private long bytesOut, requests;

    /// <summary>Above this many bytes out, allocations fail.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>So many of the next allocations fail.</summary>
    public int FailNext { get; set; }

    public long BytesOut => Interlocked.Read(ref bytesOut);

    public long Requests => Interlocked.Read(ref requests);

    /// <summary>Buffers given back that were not out.</summary>
    public int ForeignFrees { get; private set; }

    public bool TryAllocate(long bytes, out DeviceBuffer buffer)
    {
        lock (gate)
        {
            requests++;
            buffer = default;
            if (FailNext > 0)
            {
                FailNext--;
                return false;
            }

            if (bytes > Capacity - bytesOut) return false;
            nint address = (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);
            outstanding.Add(address);
            bytesOut += bytes;
            buffer = new(address, hostVisible ? address : 0, bytes);
            return true;
        }
    }

    public void Free(in DeviceBuffer buffer)
    {
        lock (gate)
        {
            if (!outstanding.Remove(buffer.Handle))
            {
                ForeignFrees++;
                return;
            }

            bytesOut -= buffer.Bytes;
            NativeMemory.AlignedFree((void*)buffer.Handle);
        }
    }
}
