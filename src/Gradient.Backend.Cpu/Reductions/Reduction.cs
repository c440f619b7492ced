using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Cuts a reduction into pieces by shape alone, does them in parallel, and combines what they gave in a fixed order: the
/// result does not depend on the number of threads.
/// </summary>
/// <remarks>
/// Kept and reduced axes are each ordered by the stride of x and merged. If the innermost axis of all is reduced, a piece is
/// some lines of one cell (a cell is an element of y); otherwise a piece is a tile of columns over some rows. Whatever is
/// not contiguous, or not of the type to compute in, is read into scratch first.
/// </remarks>
internal static unsafe partial class Reduction
{
    /// <summary>About how many elements a piece reduces; enough to hide the cost of handing it out.</summary>
    private const long PieceElements = 1 << 16;

    /// <summary>The longest part of a line that is read at once.</summary>
    private const long SegmentElements = 1 << 14;

    /// <summary>
    /// The most columns of a tile: the accumulators stay in the first-level cache, and rows are long enough for the processor to fetch
    /// ahead.
    /// </summary>
    private const long TileColumns = 1024;

    /// <summary>Reduces x over the axes into y, dividing by the number of elements for a mean.</summary>
    public static void Run<T, C, P, TReduction>(Tensor x, AxisSet axes, Tensor y, bool mean)
        where T : unmanaged
        where C : unmanaged, INumber<C>
        where P : unmanaged, INumber<P>
        where TReduction : IReduction
    {
        Shape shape = x.Shape;
        var kept = new Walk(shape, new((byte)~axes.Mask));
        var reduced = new Walk(shape, axes);
        kept.Add(x.Layout);
        kept.Add(y.Layout);
        reduced.Add(x.Layout);
        kept.Order(0);
        reduced.Order(0);
        kept.Merge();
        reduced.Merge();
        var output = new Output<P>
        {
            Start = (byte*)y.Storage.Buffer.HostAddress + (y.Layout.Offset * y.DType.Size()),
            DType = y.DType,
            Divisor = P.CreateTruncating(mean ? reduced.Count : 1),
            Divides = mean,
        };

        if (RunsAlongLines(kept, reduced))
        {
            var lines = new Lines<T, C, P, TReduction> { Kept = kept, X = Elements.Pointer<T>(x), Output = output };
            lines.Run(reduced);
        }
        else
        {
            var columns = new Columns<T, C, P, TReduction> { Rows = reduced, X = Elements.Pointer<T>(x), Output = output };
            columns.Run(kept);
        }
    }

    /// <summary>Whether the inner loop follows a reduced axis: it is the finer one, or the finer kept one is too short for vectors.</summary>
    private static bool RunsAlongLines(in Walk kept, in Walk reduced)
    {
        if (kept.Rank == 0 || reduced.Rank == 0) return kept.Rank == 0;
        long lineStride = Math.Abs(reduced.Stride(0, reduced.Rank - 1)), columnStride = Math.Abs(kept.Stride(0, kept.Rank - 1));
        return columnStride == 0 || kept.Length(kept.Rank - 1) < 4 || (lineStride != 0 && lineStride < columnStride);
    }

    /// <summary>Writes results.</summary>
    private struct Output<P> where P : unmanaged, INumber<P>
    {
        public byte* Start;
        public DType DType;
        public P Divisor;
        public bool Divides;

        public readonly void Store(long position, P value)
        {
            if (Divides) value /= Divisor;
            switch (DType)
            {
                case DType.Float32: ((float*)Start)[position] = float.CreateTruncating(value); break;
                case DType.Float64: ((double*)Start)[position] = double.CreateTruncating(value); break;
                case DType.Float16: ((Half*)Start)[position] = (Half)float.CreateTruncating(value); break;
                case DType.BFloat16: ((BFloat16*)Start)[position] = (BFloat16)float.CreateTruncating(value); break;
                case DType.Int32: ((int*)Start)[position] = int.CreateTruncating(value); break;
                case DType.Int64: ((long*)Start)[position] = long.CreateTruncating(value); break;
                default: Start[position] = P.IsZero(value) ? (byte)0 : (byte)1; break;
            }
        }
    }
}
