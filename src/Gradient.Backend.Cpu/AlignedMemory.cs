using System.Runtime.InteropServices;

namespace Gradient.Backend.Cpu;

/// <summary>Native memory of the process, aligned to a cache line, which is also the widest vector.</summary>
internal static unsafe class AlignedMemory
{
    private const nuint Alignment = 64;

    /// <summary>At least so many bytes, of undefined content.</summary>
    /// <exception cref="OutOfMemoryException">There are none.</exception>
    public static nint Allocate(nuint bytes) => (nint)NativeMemory.AlignedAlloc(Math.Max(bytes, Alignment), Alignment);

    /// <summary>Gives memory back; 0 is none.</summary>
    public static void Free(nint address) => NativeMemory.AlignedFree((void*)address);
}
