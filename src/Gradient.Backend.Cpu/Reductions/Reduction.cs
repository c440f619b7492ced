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
internal static unsafe class Reduction
{
    /// <summary>About how many elements a piece reduces; enough to hide the cost of handing it out.</summary>
    private const long PieceElements = 1 << 16;

    /// <summary>The longest part of a line that is read at once.</summary>
    private const long SegmentElements = 1 << 12;

    /// <summary>The most columns of a tile: the accumulators stay in the first-level cache.</summary>
    private const long TileColumns = 512;

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

    /// <summary>Pieces are some segments of the lines of one cell.</summary>
    private struct Lines<T, C, P, TReduction> : IParallelBody
        where T : unmanaged
        where C : unmanaged, INumber<C>
        where P : unmanaged, INumber<P>
        where TReduction : IReduction
    {
        public Walk Kept;
        public T* X;
        public Output<P> Output;
        private Walk outer;
        private long length, stride, segment, segmentsPerLine, segments, segmentsPerPiece, pieces;
        private P* partials;

        public void Run(Walk reduced)
        {
            var inner = reduced.TakeInner();
            outer = reduced;
            (length, stride) = (inner.Length, inner.Strides[0]);
            segment = Math.Clamp(length, 1, SegmentElements);
            segmentsPerLine = (length + segment - 1) / segment;
            segments = outer.Count * segmentsPerLine;
            segmentsPerPiece = Math.Max(1, PieceElements / segment);
            pieces = Math.Max(1, (segments + segmentsPerPiece - 1) / segmentsPerPiece);
            long cells = Kept.Count, work = Math.Max(1, Math.Min(segments, segmentsPerPiece) * segment);
            if (pieces > 1) partials = Scratch.Get<P>(ScratchPurpose.Partials, (nint)(cells * pieces));
            WorkerPool.Shared.For(cells * pieces, Math.Max(1, PieceElements / 2 / work), this);
            if (pieces > 1) WorkerPool.Shared.For(cells, Math.Max(1, 4096 / pieces), new CombineCells<P, TReduction> { Kept = Kept, Output = Output, Partials = partials, Pieces = pieces });
        }

        public readonly void Run(long start, long end)
        {
            C* scratch = Scratch.Get<C>(ScratchPurpose.Rows, (nint)segment);
            var cell = new Cursor(in Kept, start / pieces);
            long piece = start % pieces;
            for (long item = start; item < end; item++)
            {
                P total = Piece(X + cell[0], piece * segmentsPerPiece, Math.Min(segments, (piece + 1) * segmentsPerPiece), scratch);
                if (pieces > 1) partials[item] = total;
                else Output.Store(cell[1], total);
                if (++piece < pieces) continue;
                piece = 0;
                cell.Next();
            }
        }

        private readonly P Piece(T* x, long start, long end, C* scratch)
        {
            if (end - start == 1 && segments == 1)
                return LineReduction<C, P, TReduction>.Line(Elements.Line(x, stride, length, scratch), length);
            var cascade = default(Cascade<P, TReduction>);
            var line = new Cursor(in outer, segmentsPerLine == 0 ? 0 : start / segmentsPerLine);
            long within = segmentsPerLine == 0 ? 0 : start % segmentsPerLine;
            for (long i = start; i < end; i++)
            {
                long first = within * segment, count = Math.Min(segment, length - first);
                C* data = Elements.Line(x + line[0] + (first * stride), stride, count, scratch);
                cascade.Add(LineReduction<C, P, TReduction>.Line(data, count));
                if (++within < segmentsPerLine) continue;
                within = 0;
                line.Next();
            }

            return cascade.Total();
        }
    }

    /// <summary>Combines the pieces of each cell.</summary>
    private struct CombineCells<P, TReduction> : IParallelBody where P : unmanaged, INumber<P> where TReduction : IReduction
    {
        public Walk Kept;
        public Output<P> Output;
        public P* Partials;
        public long Pieces;

        public readonly void Run(long start, long end)
        {
            var cell = new Cursor(in Kept, start);
            for (long item = start; item < end; item++, cell.Next())
            {
                var cascade = default(Cascade<P, TReduction>);
                for (long i = 0; i < Pieces; i++) cascade.Add(Partials[(item * Pieces) + i]);
                Output.Store(cell[1], cascade.Total());
            }
        }
    }

    /// <summary>Pieces are some rows of a tile of columns, combined into one accumulator per column.</summary>
    private struct Columns<T, C, P, TReduction> : IParallelBody
        where T : unmanaged
        where C : unmanaged, INumber<C>
        where P : unmanaged, INumber<P>
        where TReduction : IReduction
    {
        public Walk Rows;
        public T* X;
        public Output<P> Output;
        private Walk outer;
        private long length, stride, outputStride, tile, tiles, rows, rowsPerPiece, pieces;
        private P* partials;

        public void Run(Walk kept)
        {
            var inner = kept.TakeInner();
            outer = kept;
            (length, stride, outputStride) = (inner.Length, inner.Strides[0], inner.Strides[1]);
            tile = Math.Min(length, TileColumns);
            tiles = (length + tile - 1) / tile;
            rows = Rows.Count;
            rowsPerPiece = Math.Max(8, PieceElements / tile / 8 * 8);
            pieces = Math.Max(1, (rows + rowsPerPiece - 1) / rowsPerPiece);
            long work = Math.Max(1, Math.Min(rows, rowsPerPiece) * tile), cells = outer.Count;
            if (pieces > 1) partials = Scratch.Get<P>(ScratchPurpose.Partials, (nint)(cells * pieces * length));
            WorkerPool.Shared.For(cells * pieces * tiles, Math.Max(1, PieceElements / 2 / work), this);
            if (pieces > 1)
            {
                WorkerPool.Shared.For(cells * length, Math.Max(1, 4096 / pieces), new CombineColumns<P, TReduction>
                {
                    Outer = outer, Output = Output, OutputStride = outputStride, Partials = partials, Pieces = pieces, Length = length,
                });
            }
        }

        public readonly void Run(long start, long end)
        {
            P* accumulators = Scratch.Get<P>(ScratchPurpose.Result, (nint)tile);
            C* scratch = Scratch.Get<C>(ScratchPurpose.Rows, (nint)tile * LineReduction<C, P, TReduction>.Group);
            for (long item = start; item < end; item++)
            {
                (long rest, long tileIndex) = Math.DivRem(item, tiles);
                (long cell, long piece) = Math.DivRem(rest, pieces);
                long first = tileIndex * tile, count = Math.Min(tile, length - first);
                var cursor = new Cursor(in outer, cell);
                new Span<P>(accumulators, (int)count).Fill(TReduction.Identity<P>());
                Piece(X + cursor[0] + (first * stride), count, piece, accumulators, scratch);
                if (pieces > 1)
                {
                    Buffer.MemoryCopy(accumulators, partials + (rest * length) + first, count * sizeof(P), count * sizeof(P));
                    continue;
                }

                for (long i = 0; i < count; i++) Output.Store(cursor[1] + ((first + i) * outputStride), accumulators[i]);
            }
        }

        private readonly void Piece(T* x, long count, long piece, P* accumulators, C* scratch)
        {
            const int Group = LineReduction<C, P, TReduction>.Group;
            C** group = stackalloc C*[Group];
            long row = piece * rowsPerPiece, end = Math.Min(rows, row + rowsPerPiece);
            var cursor = new Cursor(in Rows, row);
            while (row < end)
            {
                int taken = (int)Math.Min(Group, end - row);
                for (int i = 0; i < taken; i++, cursor.Next())
                    group[i] = Elements.Line(x + cursor[0], stride, count, scratch + (i * tile));
                if (taken == Group) LineReduction<C, P, TReduction>.Rows(group, count, accumulators);
                else for (int i = 0; i < taken; i++) LineReduction<C, P, TReduction>.Row(group[i], count, accumulators);
                row += taken;
            }
        }
    }

    /// <summary>Combines the pieces of each column.</summary>
    private struct CombineColumns<P, TReduction> : IParallelBody where P : unmanaged, INumber<P> where TReduction : IReduction
    {
        public Walk Outer;
        public Output<P> Output;
        public P* Partials;
        public long Pieces, Length, OutputStride;

        public readonly void Run(long start, long end)
        {
            for (long item = start; item < end; item++)
            {
                (long cell, long column) = Math.DivRem(item, Length);
                var cascade = default(Cascade<P, TReduction>);
                for (long i = 0; i < Pieces; i++) cascade.Add(Partials[(((cell * Pieces) + i) * Length) + column]);
                Output.Store(new Cursor(in Outer, cell)[1] + (column * OutputStride), cascade.Total());
            }
        }
    }
}
