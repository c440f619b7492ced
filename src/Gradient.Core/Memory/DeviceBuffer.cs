namespace Gradient.Core;

/// <summary>A piece of a device's memory as its backend knows it.</summary>
/// <param name="Handle">What the backend needs to use it: an address, or an object of its API.</param>
/// <param name="HostAddress">Where the host sees it (after synchronization), 0 where it does not.</param>
/// <param name="Bytes">Its size.</param>
public readonly record struct DeviceBuffer(nint Handle, nint HostAddress, long Bytes)
{
    /// <summary>How many of the bytes were asked for; the pool sets it.</summary>
    public long Requested { get; init; }
}

/// <summary>Where a pool gets its memory from, and gives it back to. Called from any thread, the finalizer's included.</summary>
public interface IMemorySource
{
    /// <summary>
    /// New memory, 64-byte aligned, of undefined content; <see cref="DeviceBuffer.Bytes"/> is exactly <paramref name="bytes"/>.
    /// False if there is none to be had.
    /// </summary>
    bool TryAllocate(long bytes, out DeviceBuffer buffer);

    /// <summary>Gives back what <see cref="TryAllocate"/> gave.</summary>
    void Free(in DeviceBuffer buffer);
}
