using System.Numerics;
using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <summary>How a threadgroup is cut into cells, each reduced by as many threads, all powers of two; see team.metal.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct TeamShape
{
    /// <summary>The most threads of a threadgroup; scratch in the shaders has room for as many values.</summary>
    private const int MaxThreads = 256;

    /// <summary>How many elements a thread sums in one chain at most; longer cells are cut into pieces.</summary>
    public const int Chain = 64;

    /// <summary>The cells of a threadgroup.</summary>
    public readonly int Cells;

    /// <summary>The threads of a cell.</summary>
    public readonly int Members;

    /// <summary>1 if neighbouring threads belong to neighbouring cells, 0 if to one cell.</summary>
    public readonly int IsColumn;

#pragma warning disable IDE0051, CS0169 // keeps the size a multiple of 8, as in the shaders
    private readonly int padding;
#pragma warning restore IDE0051, CS0169

    private TeamShape(int cells, int members, bool isColumn)
    {
        (Cells, Members, IsColumn) = (cells, members, isColumn ? 1 : 0);
    }

    /// <summary>A threadgroup of the most threads, all of one cell.</summary>
    public static TeamShape Whole { get; } = new(1, MaxThreads, false);

    /// <summary>All threads of a threadgroup.</summary>
    public int Threads => Cells * Members;

    /// <summary>How many elements of a cell a threadgroup reduces at most, so that no chain is long.</summary>
    public long Piece => (long)Members * Chain;

    /// <summary>
    /// A team for cells and what is reduced in each; the first operand of both plans decides whether neighbours in memory are
    /// neighbouring cells or elements of one.
    /// </summary>
    public static TeamShape For(in Strided kept, in Strided reduced)
    {
        long neighbours = Math.Min(kept.Columns, kept.Count);
        bool isColumn = neighbours >= 4 && kept.InnerStride(0) != 0
            && (reduced.Rank == 0 || kept.InnerStride(0) < reduced.InnerStride(0) || reduced.InnerStride(0) == 0);
        int most = Power(reduced.Count, MaxThreads), members;
        if (isColumn) members = reduced.Count <= Chain / 2 ? 1 : Math.Min(most, MaxThreads / Power(neighbours, 32));
        else members = Power((reduced.Count + 3) / 4, MaxThreads); // four elements per thread before a second thread pays
        int cells = Math.Clamp(Power(kept.Count, MaxThreads), Math.Max(1, 32 / members), MaxThreads / members);
        return new(cells, members, isColumn);
    }

    /// <summary>The next power of two, up to a limit.</summary>
    private static int Power(long count, int limit) => count >= limit ? limit : (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, count));
}
