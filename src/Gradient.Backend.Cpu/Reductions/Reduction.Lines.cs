using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Reductions whose inner loop runs along a line of elements that become one.</content>
internal static unsafe partial class Reduction
{
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
            if (segments == 1 && Kept.Rank <= 1 && typeof(T) == typeof(C) && (stride == 1 || length <= 1))
            {
                WholeLines(start, end);
                return;
            }

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

        /// <summary>Cells of one contiguous line each, evenly apart: short lines have no time for more.</summary>
        private readonly void WholeLines(long start, long end)
        {
            bool isOne = Kept.Rank == 0;
            long apart = isOne ? 0 : Kept.Stride(0, 0), outputApart = isOne ? 0 : Kept.Stride(1, 0);
            for (long cell = start; cell < end; cell++)
                Output.Store(cell * outputApart, LineReduction<C, P, TReduction>.Line((C*)(X + (cell * apart)), length));
        }

        private readonly P Piece(T* x, long start, long end, C* scratch)
        {
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
}
