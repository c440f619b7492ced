using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Gradient.Data;

/// <summary>
/// A file mapped into memory, copy on write: who overwrites a tensor changes pages of the process, not the file. The view's handle
/// counts the tensors over it and is unmapped after the last, however many of them and of the mapping are disposed or collected first.
/// </summary>
internal sealed class FileMapping : IDisposable
{
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;

    public FileMapping(SafeFileHandle handle)
    {
        file = MemoryMappedFile.CreateFromFile(
            handle, mapName: null, capacity: 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
        view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.CopyOnWrite);
    }

    /// <summary>The address of the file's first byte, valid until the lease is disposed.</summary>
    public unsafe nint Acquire(out IDisposable lease)
    {
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        lease = new Lease(view.SafeMemoryMappedViewHandle);
        return (nint)pointer + (nint)view.PointerOffset;
    }

    public void Dispose()
    {
        // The view itself would first write back what was changed, page by page, though private changes have nowhere to go.
        view.SafeMemoryMappedViewHandle.Dispose();
        view.Dispose();
        file.Dispose();
    }

    private sealed class Lease(SafeMemoryMappedViewHandle handle) : IDisposable
    {
        private SafeMemoryMappedViewHandle? handle = handle;

        public void Dispose() => Interlocked.Exchange(ref handle, null)?.ReleasePointer();
    }
}
