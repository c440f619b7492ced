using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The blocked matrix product of K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a block of
/// B is packed into panels as wide as a register tile, a block of A's rows stays in the second-level cache, and the tile kernel
/// runs down a panel that stays in the first-level cache.
/// </summary>
/// <remarks>
/// An element's sum runs over the depth in order, in blocks whose length depends on K alone: the result is the same, bit for
/// bit, on any number of threads.
/// </remarks>
internal static unsafe class GemmDriver<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Longest depth block: with it a panel and a tile's rows fit the first-level cache.</summary>
    private const int MaxDepth = 288;

    /// <summary>Columns per packed block of B; the block lies in the last-level cache.</summary>
    private const int MaxBlockColumns = 2048;

    /// <summary>Rows per block of A: a multiple of both tile heights, 8 and 6.</summary>
    private const int MaxBlockRows = 192;

    /// <summary>Multiply-adds below which a product is not shared among threads (some 10 µs).</summary>
    private const double ParallelWork = 1 << 19;

    /// <summary>Bytes of an operand that may be read in place again and again, being small enough for the first-level cache.</summary>
    private const int InPlaceBytes = 32 << 10;

    private static int TileRows => TileDispatch<T, TVector, TSimd>.MaxRows;

    private static int TileColumns => TileDispatch<T, TVector, TSimd>.MaxColumns;

    public static void Run(in GemmArguments<T> g, WorkerPool pool)
    {
        if (g.M == 0 || g.N == 0)
            return;
        if (g.K == 0)
            FillZero(g);
        else if (g.M == 1 || g.N == 1)
            Gemv<T, TVector, TSimd>.Run(g, pool);
        else
            RunBlocks(g, pool);
    }

    public static void RunBatch(in GemmArguments<T> g, in GemmBatch batch, WorkerPool pool)
    {
        double work = (double)g.M * g.N * g.K;
        var body = new BatchBody { Product = g, Batch = batch, Pool = pool };
        if (batch.Count >= 2 * pool.Threads || work < ParallelWork)
            pool.For(batch.Count, (long)Math.Ceiling(ParallelWork / 4 / Math.Max(work, 1)), body);
        else
            body.Run(0, batch.Count);
    }

    /// <summary>An empty sum is 0; what accumulates and what follows stays.</summary>
    private static void FillZero(in GemmArguments<T> g)
    {
        for (nint i = 0; i < g.M; i++)
        {
            T* output = g.C + (i * g.CRow);
            for (nint j = 0; j < g.N; j++)
            {
                T sum = g.Accumulate ? output[j] : T.Zero;
                if (g.Bias != null)
                    sum += g.Bias[j];
                output[j] = g.Relu && sum < T.Zero ? T.Zero : sum;
            }
        }
    }

    private static void RunBlocks(in GemmArguments<T> g, WorkerPool pool)
    {
        bool serial = (double)g.M * g.N * g.K < ParallelWork;
        int threads = serial || WorkerPool.IsInsideLoop ? 1 : pool.Threads;
        nint depthBlocks = (g.K + MaxDepth - 1) / MaxDepth;
        nint depthBlock = (g.K + depthBlocks - 1) / depthBlocks;
        bool panelsInPlace = g.BColumn == 1 && (g.M <= 2 * TileRows || g.K * g.N * sizeof(T) <= InPlaceBytes);
        bool rowsInPlace = g.N <= TileColumns || g.M * g.K * sizeof(T) <= InPlaceBytes
            || (g.AColumn == 1 && g.ARow * sizeof(T) % 4096 != 0 && g.N <= 4 * TileColumns);

        for (nint j0 = 0; j0 < g.N; j0 += MaxBlockColumns)
        {
            nint columns = Math.Min(MaxBlockColumns, g.N - j0);
            nint panels = (columns + TileColumns - 1) / TileColumns;
            for (nint p0 = 0; p0 < g.K; p0 += depthBlock)
            {
                nint depth = Math.Min(depthBlock, g.K - p0);
                var block = new Block
                {
                    Product = g,
                    FirstColumn = j0,
                    Columns = columns,
                    FirstDepth = p0,
                    Depth = depth,
                    RowsInPlace = rowsInPlace,
                    FirstPacked = panelsInPlace ? columns / TileColumns : 0,
                };
                if (panelsInPlace && columns % TileColumns == TSimd.Width)
                    block.FirstPacked++;
                nint packed = panels - block.FirstPacked;
                if (packed > 0)
                {
                    block.Packed = Scratch.Get<T>(ScratchPurpose.Panels, packed * TileColumns * depth);
                    var pack = new PackBody { Block = block };
                    if (serial)
                        pack.Run(0, packed);
                    else
                        pool.For(packed, 2, pack);
                }

                // About four items per thread: first by rows, then, if there are few rows, by panels too.
                nint rowBlock = RoundUp((g.M + (4 * threads) - 1) / (4 * threads), TileRows);
                block.RowBlock = threads == 1 ? MaxBlockRows : Math.Clamp(rowBlock, Math.Min(4 * TileRows, MaxBlockRows), MaxBlockRows);
                nint rowBlocks = (g.M + block.RowBlock - 1) / block.RowBlock;
                block.ColumnGroups = Math.Clamp(4 * threads / rowBlocks, 1, threads == 1 ? 1 : panels);
                if (serial)
                    block.Run(0, rowBlocks * block.ColumnGroups);
                else
                    pool.For(rowBlocks * block.ColumnGroups, 1, block);
            }
        }
    }

    private static nint RoundUp(nint value, nint multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>Product after product of a batch.</summary>
    private struct BatchBody : IParallelBody
    {
        public GemmArguments<T> Product;
        public GemmBatch Batch;
        public WorkerPool Pool;

        public readonly void Run(long start, long end)
        {
            for (nint i = (nint)start; i < end; i++)
            {
                GemmArguments<T> one = Product;
                one.A += Batch.AOffsets[i];
                one.B += Batch.BOffsets[i];
                one.C += Batch.COffsets[i];
                GemmDriver<T, TVector, TSimd>.Run(one, Pool);
            }
        }
    }

    /// <summary>Packs the panels of a block of B.</summary>
    private struct PackBody : IParallelBody
    {
        public Block Block;

        public readonly void Run(long start, long end)
        {
            ref readonly GemmArguments<T> g = ref Block.Product;
            for (nint i = (nint)start; i < end; i++)
            {
                nint j = (Block.FirstPacked + i) * TileColumns;
                T* source = g.B + (Block.FirstDepth * g.BRow) + ((Block.FirstColumn + j) * g.BColumn);
                Packing<T, TVector, TSimd>.Panel(
                    Block.Packed + (i * TileColumns * Block.Depth), source, g.BRow, g.BColumn, Block.Depth, (int)Math.Min(TileColumns, Block.Columns - j));
            }
        }
    }

    /// <summary>
    /// A block of B times all rows of A. Item i is row block i / ColumnGroups with the panels of group i % ColumnGroups.
    /// </summary>
    private struct Block : IParallelBody
    {
        public GemmArguments<T> Product;
        public nint FirstColumn;
        public nint Columns;
        public nint FirstDepth;
        public nint Depth;
        public nint RowBlock;
        public nint ColumnGroups;
        public bool RowsInPlace;

        /// <summary>The first panel that is packed; those before it are read in place.</summary>
        public nint FirstPacked;

        public T* Packed;

        public readonly void Run(long start, long end)
        {
            nint panels = (Columns + TileColumns - 1) / TileColumns;
            for (nint item = (nint)start; item < end; item++)
            {
                nint row = item / ColumnGroups * RowBlock;
                nint group = item % ColumnGroups;
                Multiply(row, Math.Min(RowBlock, Product.M - row), panels * group / ColumnGroups, panels * (group + 1) / ColumnGroups);
            }
        }

        [SkipLocalsInit]
        private readonly void Multiply(nint firstRow, nint rows, nint firstPanel, nint lastPanel)
        {
            int height = TileRows;
            T* a = Product.A + (firstRow * Product.ARow) + (FirstDepth * Product.AColumn);
            nint rowStride = Product.ARow, rowStep = Product.AColumn, groupStride = height * rowStride;
            if (!RowsInPlace && Product.ARow == 1)
            {
                T* packed = Scratch.Get<T>(ScratchPurpose.Rows, RoundUp(rows, height) * Depth);
                Packing<T, TVector, TSimd>.Interleaved(packed, height, a, Product.AColumn, rows, Depth);
                a = packed;
                (rowStride, rowStep, groupStride) = (1, height, height * Depth);
            }
            else if (!RowsInPlace)
            {
                // A cache line between rows, lest all rows of a tile fall into the same sets of the cache.
                nint stride = Depth + (64 / sizeof(T));
                T* packed = Scratch.Get<T>(ScratchPurpose.Rows, rows * stride);
                Packing<T, TVector, TSimd>.Rows(packed, stride, a, Product.ARow, Product.AColumn, rows, Depth);
                a = packed;
                (rowStride, rowStep, groupStride) = (stride, 1, height * stride);
            }

            T** rowPointers = stackalloc T*[height];
            T** outputs = stackalloc T*[height];
            nint origin = 0;
            bool last = FirstDepth + Depth == Product.K;
            TileArguments<T> tile;
            tile.Rows = rowPointers;
            tile.Outputs = outputs;
            tile.RowStep = rowStep;
            tile.Segments = &origin;
            tile.RowOffset = 0;
            tile.OutputOffset = 0;
            tile.SegmentCount = 1;
            tile.SegmentLength = Depth;
            tile.Accumulate = Product.Accumulate || FirstDepth > 0;
            tile.Relu = Product.Relu && last;
            for (nint j = firstPanel; j < lastPanel; j++)
            {
                nint column = FirstColumn + (j * TileColumns);
                bool inPlace = j < FirstPacked;
                tile.Panel = inPlace ? Product.B + (FirstDepth * Product.BRow) + column : Packed + ((j - FirstPacked) * TileColumns * Depth);
                tile.PanelStep = inPlace ? Product.BRow : TileColumns;
                tile.Columns = (int)Math.Min(TileColumns, FirstColumn + Columns - column);
                tile.Bias = last && Product.Bias != null ? Product.Bias + column : null;
                T* groupRows = a;
                T* output = Product.C + (firstRow * Product.CRow) + column;
                for (nint i = 0; i < rows; i += height, groupRows += groupStride)
                {
                    int count = (int)Math.Min(height, rows - i);
                    T* from = groupRows;
                    for (int r = 0; r < count; r++, from += rowStride, output += Product.CRow)
                    {
                        rowPointers[r] = from;
                        outputs[r] = output;
                    }

                    TileDispatch<T, TVector, TSimd>.Run(&tile, count);
                }
            }
        }
    }
}
