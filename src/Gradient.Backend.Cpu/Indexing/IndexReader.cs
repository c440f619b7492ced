using System.Runtime.CompilerServices;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>The elements of an index tensor, of type Int64 or Int32.</summary>
internal readonly unsafe struct IndexReader
{
    private readonly void* start;
    private readonly bool wide;

    /// <summary>Positions are relative to the tensor's first element.</summary>
    /// <exception cref="DTypeMismatchException">The tensor holds no indices.</exception>
    public IndexReader(Tensor index)
    {
        if (!index.DType.IsInteger())
            throw new DTypeMismatchException($"An index is int64 or int32, not {index.DType.Name()}; convert with To(DType.Int64).");
        wide = index.DType == DType.Int64;
        start = wide ? Elements.Pointer<long>(index) : Elements.Pointer<int>(index);
    }

    /// <summary>The index at a position.</summary>
    public long this[long position]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => wide ? ((long*)start)[position] : ((int*)start)[position];
    }
}
