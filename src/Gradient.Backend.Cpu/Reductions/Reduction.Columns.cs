using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Reductions whose inner loop runs across columns, each of which becomes one element.</content>
internal static unsafe partial class Reduction
{
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
                var combine = new CombineColumns<P, TReduction>
                {
                    Outer = outer, Output = Output, OutputStride = outputStride, Partials = partials, Pieces = pieces, Length = length,
                };
                WorkerPool.Shared.For(cells * combine.BlocksPerCell, Math.Max(1, PieceElements / (2 * CombineColumns<P, TReduction>.Block * pieces)), combine);
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
            bool isEven = Rows.Rank <= 1;
            long rowStride = Rows.Rank == 1 ? Rows.Stride(0, 0) : 0;
            var cursor = new Cursor(in Rows, row);
            while (row < end)
            {
                int taken = (int)Math.Min(Group, end - row);
                for (int i = 0; i < taken; i++)
                {
                    T* source = isEven ? x + ((row + i) * rowStride) : x + cursor[0];
                    group[i] = Elements.Line(source, stride, count, scratch + (i * tile));
                    if (!isEven) cursor.Next();
                }

                if (taken == Group) LineReduction<C, P, TReduction>.Rows(group, count, accumulators);
                else for (int i = 0; i < taken; i++) LineReduction<C, P, TReduction>.Row(group[i], count, accumulators);
                row += taken;
            }
        }
    }

    /// <summary>Combines the pieces of some columns of a cell, pair by pair, in place; an item is a cell's block of columns.</summary>
    private struct CombineColumns<P, TReduction> : IParallelBody where P : unmanaged, INumber<P> where TReduction : IReduction
    {
        public const long Block = 256;
        public Walk Outer;
        public Output<P> Output;
        public P* Partials;
        public long Pieces, Length, OutputStride;

        public readonly long BlocksPerCell => (Length + Block - 1) / Block;

        public readonly void Run(long start, long end)
        {
            for (long item = start; item < end; item++)
            {
                (long cell, long block) = Math.DivRem(item, BlocksPerCell);
                long first = block * Block, count = Math.Min(Block, Length - first);
                P* partials = Partials + (cell * Pieces * Length) + first;
                for (long step = 1; step < Pieces; step *= 2)
                    for (long i = 0; i + step < Pieces; i += 2 * step)
                        LineReduction<P, P, TReduction>.Combine(partials + (i * Length), partials + ((i + step) * Length), count);
                long position = new Cursor(in Outer, cell)[1] + (first * OutputStride);
                for (long i = 0; i < count; i++) Output.Store(position + (i * OutputStride), partials[i]);
            }
        }
    }
}
