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

    /// <summary>Whether an index of a line lies outside 0 … length − 1.</summary>
    /// <remarks>For such an index, and only for it, i or length − 1 − i has its sign bit set; so a line is read without a branch.</remarks>
    public bool HasOutside(long position, long stride, long count, long length)
    {
        long seen = 0, last = length - 1;
        if (wide)
        {
            for (long* at = (long*)start + position; count > 0; count--, at += stride) seen |= *at | (last - *at);
            return seen < 0;
        }

        for (int* at = (int*)start + position; count > 0; count--, at += stride)
        {
            long index = *at;
            seen |= index | (last - index);
        }

        return seen < 0;
    }
}
