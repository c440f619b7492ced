using System.Runtime.InteropServices;

namespace Gradient.Backend.Cpu;

/// <summary>Native memory of the process, aligned to a cache line, which is also the widest vector.</summary>
/// <remarks>
/// Linux is asked to back what holds whole huge pages by such: the processor then finds their addresses in one entry of its
/// translation buffer instead of 512. (docs/performance.md tells what that is worth.) It is free to refuse.
/// </remarks>
internal static unsafe class AlignedMemory
{
    private const nuint Alignment = 64, HugePage = 2 << 20;

    /// <summary>MADV_HUGEPAGE of madvise(2).</summary>
    private const int AdviceHugePage = 14;

    private static readonly delegate* unmanaged<void*, nuint, int, int> Advise =
        OperatingSystem.IsLinux() && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "madvise", out nint address)
            ? (delegate* unmanaged<void*, nuint, int, int>)address : null;

    /// <summary>At least so many bytes, of undefined content.</summary>
    /// <exception cref="OutOfMemoryException">There are none.</exception>
    public static nint Allocate(nuint bytes)
    {
        bool isLarge = Advise != null && bytes >= HugePage;
        void* address = NativeMemory.AlignedAlloc(Math.Max(bytes, Alignment), isLarge ? HugePage : Alignment);
        if (isLarge) _ = Advise(address, bytes & ~(HugePage - 1), AdviceHugePage);
        return (nint)address;
    }

    /// <summary>Gives memory back; 0 is none.</summary>
    public static void Free(nint address) => NativeMemory.AlignedFree((void*)address);
}
