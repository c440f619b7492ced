using System.Runtime.InteropServices;

namespace Gradient.LinearAlgebra;

/// <summary>Native memory of a block: 64-byte aligned, of undefined content.</summary>
internal readonly unsafe ref struct NativeBuffer<T>
    where T : unmanaged
{
    public NativeBuffer(nint count) =>
        Pointer = (T*)NativeMemory.AlignedAlloc(Math.Max(1, checked((nuint)count * (nuint)sizeof(T))), 64);

    public T* Pointer { get; }

    public void Dispose() => NativeMemory.AlignedFree(Pointer);
}
