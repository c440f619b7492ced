using System.Runtime.InteropServices;

namespace Gradient.LinearAlgebra;

/// <summary>
/// Native memory of a block, of undefined content. Not aligned to cache lines: that allocation misses the allocator's fast path, which small
/// matrices feel, and products pack their operands anyway.
/// </summary>
internal readonly unsafe ref struct NativeBuffer<T>
    where T : unmanaged
{
    public NativeBuffer(nint count) =>
        Pointer = (T*)NativeMemory.Alloc(checked((nuint)count * (nuint)sizeof(T)));

    public T* Pointer { get; }

    public void Dispose() => NativeMemory.Free(Pointer);
}
