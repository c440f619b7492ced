using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The few vector operations that the dense kernels need, so that one kernel serves every width and both element types.
/// Implementations are empty structs: the compiler makes one body per struct and inlines these.
/// </summary>
internal unsafe interface ISimd<T, TVector>
    where T : unmanaged
    where TVector : struct
{
    /// <summary>Elements per vector.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of the register tile, two vectors wide: 8 with 32 registers (AVX-512, Arm64), 6 with 16.</summary>
    static abstract int TileRows { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(T* source);

    static abstract void Store(TVector value, T* target);

    static abstract TVector Broadcast(T value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary>a · b + c, fused where the hardware has it.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>x where x ≥ 0 or x is NaN, else 0.</summary>
    static abstract TVector Relu(TVector x);

    static abstract T Sum(TVector x);
}
