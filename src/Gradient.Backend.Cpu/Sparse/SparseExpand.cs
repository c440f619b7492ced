using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>Puts the entries of a sparse matrix, which lie in different places, into a dense one that is 0. Item e is entry e.</summary>
internal unsafe struct SparseExpand<T> : IParallelBody where T : unmanaged, IFloatingPointIeee754<T>
{
    public int* Offsets;
    public int Rows;
    public int* Columns;

    /// <summary>Null: all ones.</summary>
    public T* Values;
    public T* Y;
    public nint YRow, YColumn;

    public readonly void Run(long start, long end)
    {
        int row = MergePath.RowOf(Offsets, Rows, start);
        for (int e = (int)start; e < end; e++)
        {
            while (Offsets[row + 1] <= e) row++;
            Y[(row * YRow) + (Columns[e] * YColumn)] = Values == null ? T.One : Values[e];
        }
    }
}
