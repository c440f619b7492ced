using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <summary>A piece of a launch: some of the threadgroups of its grid.</summary>
/// <param name="First">Where it begins.</param>
/// <param name="Groups">How many threadgroups it has.</param>
/// <param name="Whole">How many the launch has.</param>
internal readonly record struct GridPiece(KernelSize First, KernelSize Groups, KernelSize Whole)
{
    /// <summary>Whether it is the first of its launch.</summary>
    public bool IsFirst => First == new KernelSize(0, 0, 0);

    /// <summary>What the kernel is told.</summary>
    public GridParameters Parameters => new(First, Whole);

    /// <summary>Its share of the work of the launch, rounded up.</summary>
    public long ShareOf(long work) => (long)Math.Ceiling(work * (Count(Groups) / Count(Whole)));

    /// <summary>
    /// The pieces of a launch, in order: each of at most <paramref name="most"/> work, or of one threadgroup. The longest axis is halved
    /// until they are.
    /// </summary>
    public static IEnumerable<GridPiece> Cut(KernelSize whole, long work, long most)
    {
        var size = whole;
        while (work * (Count(size) / Count(whole)) > most && size is not { X: 1, Y: 1, Z: 1 })
        {
            size = size.X >= Math.Max(size.Y, size.Z) ? size with { X = Half(size.X) }
                : size.Y >= size.Z ? size with { Y = Half(size.Y) } : size with { Z = Half(size.Z) };
        }

        for (int z = 0; z < whole.Z; z += size.Z)
            for (int y = 0; y < whole.Y; y += size.Y)
                for (int x = 0; x < whole.X; x += size.X)
                    yield return new(new(x, y, z), new(Math.Min(size.X, whole.X - x), Math.Min(size.Y, whole.Y - y), Math.Min(size.Z, whole.Z - z)), whole);
    }

    private static double Count(KernelSize size) => (double)size.X * size.Y * size.Z;

    private static int Half(int length) => (length + 1) / 2;
}

/// <summary>
/// common.metal: Grid. The hardware counts the threadgroups of each dispatch from 0: a kernel adds where its piece begins, and steps by the
/// whole.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct GridParameters(KernelSize first, KernelSize whole)
{
    public readonly int FirstX = first.X, FirstY = first.Y, FirstZ = first.Z;
    public readonly int GroupsX = whole.X, GroupsY = whole.Y, GroupsZ = whole.Z;
}
