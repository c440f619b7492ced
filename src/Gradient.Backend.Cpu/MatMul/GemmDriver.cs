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

    /// <summary>Columns per packed block of B.</summary>
    private const int MaxBlockColumns = 2048;

    /// <summary>Rows per block of A: a multiple of both tile heights, 8 and 6.</summary>
    private const int MaxBlockRows = 192;

    /// <summary>Bytes of packed B at a time: a loop of the threads for each so many. They lie in the last-level cache, or stream from memory, far ahead.</summary>
    private const int PackedBytes = 8 << 20;

    /// <summary>Elements whose packing is worth a thread's wake-up.</summary>
    private const int PackingWork = 1 << 14;

    /// <summary>Items that a thread gets on average: the fewer, the longer the last one is waited for.</summary>
    private const int ItemsPerThread = 8;

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
        else if (DeepProduct<T, TVector, TSimd>.Suits(g))
            DeepProduct<T, TVector, TSimd>.Run(g, pool);
        else
            RunBlocks(g, pool);
    }

    /// <summary>A product on this thread.</summary>
    public static void RunSerial(in GemmArguments<T> g) => RunBlocks(g, null);

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

    /// <summary>
    /// Block after block of B: packs it, then shares its product with the rows of A among the threads. A block has as many columns and
    /// as much depth as <see cref="PackedBytes"/> holds, so that threads meet seldom.
    /// </summary>
    private static void RunBlocks(in GemmArguments<T> g, WorkerPool? pool)
    {
        if (pool is not null && (pool.Threads == 1 || WorkerPool.IsInsideLoop || (double)g.M * g.N * g.K < ParallelWork))
            pool = null;
        int threads = pool?.Threads ?? 1;
        nint depthBlock = DepthBlockOf(g.K);
        bool panelsInPlace = g.BColumn == 1 && (g.M <= 2 * TileRows || g.K * g.N * sizeof(T) <= InPlaceBytes);
        nint maxColumns = Math.Min(MaxBlockColumns, RoundUp(g.N, TileColumns));
        nint maxDepth = Math.Max(1, PackedBytes / (maxColumns * depthBlock * sizeof(T))) * depthBlock;

        for (nint j0 = 0; j0 < g.N; j0 += maxColumns)
        {
            nint columns = Math.Min(maxColumns, g.N - j0);
            nint panels = (columns + TileColumns - 1) / TileColumns;
            for (nint p0 = 0; p0 < g.K; p0 += maxDepth)
            {
                var block = new Block
                {
                    Product = g,
                    FirstColumn = j0,
                    Columns = columns,
                    FirstDepth = p0,
                    Depth = Math.Min(maxDepth, g.K - p0),
                    DepthBlock = depthBlock,
                    Layout = LayoutOf(g),
                    FirstPacked = panelsInPlace ? columns / TileColumns : 0,
                };
                if (panelsInPlace && columns % TileColumns == TSimd.Width)
                    block.FirstPacked++;
                nint packed = panels - block.FirstPacked;
                if (packed > 0)
                {
                    block.Packed = Scratch.Get<T>(ScratchPurpose.Panels, packed * TileColumns * block.Depth);
                    var pack = new PackBody { Block = block };
                    if (pool is null)
                        pack.Run(0, packed);
                    else
                        pool.For(packed, 1 + (PackingWork / (TileColumns * block.Depth)), pack);
                }

                // Several items per thread: first by rows, then, if there are few rows, by panels too.
                nint wanted = ItemsPerThread * threads;
                block.RowBlock = pool is null ? MaxBlockRows : Math.Clamp(RoundUp((g.M + wanted - 1) / wanted, TileRows), Math.Min(4 * TileRows, MaxBlockRows), MaxBlockRows);
                nint rowBlocks = (g.M + block.RowBlock - 1) / block.RowBlock;
                block.ColumnGroups = pool is null ? 1 : Math.Clamp(wanted / rowBlocks, 1, panels);
                if (pool is null)
                    block.Run(0, rowBlocks * block.ColumnGroups);
                else
                    pool.For(rowBlocks * block.ColumnGroups, 1, block);
            }
        }
    }

    private static nint DepthBlockOf(nint k)
    {
        nint blocks = (k + MaxDepth - 1) / MaxDepth;
        return (k + blocks - 1) / blocks;
    }

    /// <summary>Elements of a packed right operand.</summary>
    public static nint PackedCount(nint n, nint k) => RoundUp(n, TileColumns) * k;

    /// <summary>Packs a panel, TileColumns columns, of a right operand for <see cref="RunPacked"/>.</summary>
    /// <param name="packed">The whole packed operand.</param>
    /// <param name="n">Its columns.</param>
    /// <param name="k">Its rows.</param>
    /// <param name="panel">Which panel.</param>
    /// <param name="source">The panel's first column.</param>
    /// <param name="row">From row to row of the source.</param>
    /// <param name="column">From column to column of the source.</param>
    public static void PackPanel(T* packed, nint n, nint k, nint panel, T* source, nint row, nint column) =>
        new Block { Columns = n, Depth = k, DepthBlock = DepthBlockOf(k), Packed = packed }.PackPanel(panel, source, row, column);

    /// <summary>A product on this thread with a right operand that is packed; B of the arguments is not read.</summary>
    public static void RunPacked(in GemmArguments<T> g, T* packed) => new Block
    {
        Product = g,
        Columns = g.N,
        Depth = g.K,
        DepthBlock = DepthBlockOf(g.K),
        RowBlock = MaxBlockRows,
        ColumnGroups = 1,
        Layout = LayoutOf(g),
        Packed = packed,
    }.Run(0, (g.M + MaxBlockRows - 1) / MaxBlockRows);

    /// <summary>How a block of A is best read.</summary>
    private static RowLayout LayoutOf(in GemmArguments<T> g) =>
        g.N <= TileColumns || (g.AColumn == 1 && g.ARow * sizeof(T) % 4096 != 0 && g.N <= 2 * TileColumns) ? RowLayout.InPlace
        : TSimd.Width * sizeof(T) < 64 || g.ARow == 1 ? RowLayout.Interleaved
        : g.M * g.K * sizeof(T) <= InPlaceBytes || (g.AColumn == 1 && g.ARow * sizeof(T) % 4096 != 0 && g.N <= 4 * TileColumns) ? RowLayout.InPlace
        : RowLayout.Copied;

    /// <summary>The forms in which the tile kernels read rows of A.</summary>
    private enum RowLayout
    {
        /// <summary>Where they are.</summary>
        InPlace,

        /// <summary>Row after row: with AVX-512's taller and wider tile, that costs less than interleaving.</summary>
        Copied,

        /// <summary>As <see cref="PackedKernel{T, TVector, TSimd}"/> reads them.</summary>
        Interleaved,
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

    /// <summary>Packs the panels of a block of B: depth block after depth block, each panel of it.</summary>
    private struct PackBody : IParallelBody
    {
        public Block Block;

        public readonly void Run(long start, long end)
        {
            ref readonly GemmArguments<T> g = ref Block.Product;
            for (nint panel = Block.FirstPacked + (nint)start; panel < Block.FirstPacked + (nint)end; panel++)
                Block.PackPanel(panel, g.B + (Block.FirstDepth * g.BRow) + ((Block.FirstColumn + (panel * TileColumns)) * g.BColumn), g.BRow, g.BColumn);
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
        public nint DepthBlock;
        public nint RowBlock;
        public nint ColumnGroups;
        public RowLayout Layout;

        /// <summary>The first panel that is packed; those before it are read in place.</summary>
        public nint FirstPacked;

        public T* Packed;

        private readonly nint Panels => (Columns + TileColumns - 1) / TileColumns;

        /// <summary>A packed panel of the depth block that begins at <paramref name="first"/>.</summary>
        private readonly T* PackedPanel(nint panel, nint first, nint depth) =>
            Packed + ((((Panels - FirstPacked) * first) + ((panel - FirstPacked) * depth)) * TileColumns);

        public readonly void PackPanel(nint panel, T* source, nint row, nint column)
        {
            int columns = (int)Math.Min(TileColumns, Columns - (panel * TileColumns));
            for (nint p = 0; p < Depth; p += DepthBlock)
            {
                nint depth = Math.Min(DepthBlock, Depth - p);
                Packing<T, TVector, TSimd>.Panel(PackedPanel(panel, p, depth), source + (p * row), row, column, depth, columns);
            }
        }

        public readonly void Run(long start, long end)
        {
            for (nint item = (nint)start; item < end; item++)
            {
                nint row = item / ColumnGroups * RowBlock, group = item % ColumnGroups;
                nint rows = Math.Min(RowBlock, Product.M - row), firstPanel = Panels * group / ColumnGroups, lastPanel = Panels * (group + 1) / ColumnGroups;
                for (nint p = 0; p < Depth; p += DepthBlock)
                {
                    nint depth = Math.Min(DepthBlock, Depth - p);
                    if (Layout == RowLayout.Interleaved)
                        MultiplyInterleaved(row, rows, p, depth, firstPanel, lastPanel);
                    else
                        MultiplyRows(row, rows, p, depth, firstPanel, lastPanel);
                }
            }
        }

        private readonly void MultiplyInterleaved(nint firstRow, nint rows, nint firstDepth, nint depth, nint firstPanel, nint lastPanel)
        {
            int height = TileRows;
            T* a = Product.A + (firstRow * Product.ARow) + ((FirstDepth + firstDepth) * Product.AColumn);
            T* packed = Scratch.Get<T>(ScratchPurpose.Rows, Packing<T, TVector, TSimd>.InterleavedCount(rows, depth));
            Packing<T, TVector, TSimd>.Interleaved(packed, a, Product.ARow, Product.AColumn, rows, depth);
            bool last = FirstDepth + firstDepth + depth == Product.K;
            PackedTile<T> tile;
            tile.Depth = depth;
            tile.OutputRow = Product.CRow;
            tile.Accumulate = Product.Accumulate || FirstDepth + firstDepth > 0;
            tile.Relu = Product.Relu && last;
            for (nint j = firstPanel; j < lastPanel; j++)
            {
                nint column = FirstColumn + (j * TileColumns);
                tile.Panel = Panel(j, firstDepth, depth, out tile.PanelStep);
                tile.Columns = (int)Math.Min(TileColumns, FirstColumn + Columns - column);
                tile.Bias = last && Product.Bias != null ? Product.Bias + column : null;
                tile.Output = Product.C + (firstRow * Product.CRow) + column;
                tile.Rows = packed;
                for (nint i = 0; i < rows; i += height, tile.Output += height * Product.CRow, tile.Rows += height * depth)
                    TileDispatch<T, TVector, TSimd>.Run(&tile, (int)Math.Min(height, rows - i));
            }
        }

        [SkipLocalsInit]
        private readonly void MultiplyRows(nint firstRow, nint rows, nint firstDepth, nint depth, nint firstPanel, nint lastPanel)
        {
            int height = TileRows;
            T* a = Product.A + (firstRow * Product.ARow) + ((FirstDepth + firstDepth) * Product.AColumn);
            nint rowStride = Product.ARow, rowStep = Product.AColumn;
            if (Layout == RowLayout.Copied)
            {
                // A cache line between rows, lest all rows of a tile fall into the same sets of the cache.
                rowStride = depth + (64 / sizeof(T));
                rowStep = 1;
                T* packed = Scratch.Get<T>(ScratchPurpose.Rows, rows * rowStride);
                Packing<T, TVector, TSimd>.Rows(packed, rowStride, a, Product.ARow, Product.AColumn, rows, depth);
                a = packed;
            }

            T** rowPointers = stackalloc T*[height];
            T** outputs = stackalloc T*[height];
            nint origin = 0;
            bool last = FirstDepth + firstDepth + depth == Product.K;
            TileArguments<T> tile;
            tile.Rows = rowPointers;
            tile.Outputs = outputs;
            tile.RowStep = rowStep;
            tile.Segments = &origin;
            tile.RowOffset = 0;
            tile.OutputOffset = 0;
            tile.SegmentCount = 1;
            tile.SegmentLength = depth;
            tile.Accumulate = Product.Accumulate || FirstDepth + firstDepth > 0;
            tile.Relu = Product.Relu && last;
            for (nint j = firstPanel; j < lastPanel; j++)
            {
                nint column = FirstColumn + (j * TileColumns);
                tile.Panel = Panel(j, firstDepth, depth, out tile.PanelStep);
                tile.Columns = (int)Math.Min(TileColumns, FirstColumn + Columns - column);
                tile.Bias = last && Product.Bias != null ? Product.Bias + column : null;
                T* from = a, output = Product.C + (firstRow * Product.CRow) + column;
                for (nint i = 0; i < rows; i += height)
                {
                    int count = (int)Math.Min(height, rows - i);
                    for (int r = 0; r < count; r++, from += rowStride, output += Product.CRow)
                    {
                        rowPointers[r] = from;
                        outputs[r] = output;
                    }

                    TileDispatch<T, TVector, TSimd>.Run(&tile, count);
                }
            }
        }

        /// <summary>A panel, packed or in place, and its step from depth to depth.</summary>
        private readonly T* Panel(nint panel, nint firstDepth, nint depth, out nint step)
        {
            bool inPlace = panel < FirstPacked;
            step = inPlace ? Product.BRow : TileColumns;
            return inPlace ? Product.B + ((FirstDepth + firstDepth) * Product.BRow) + FirstColumn + (panel * TileColumns) : PackedPanel(panel, firstDepth, depth);
        }
    }
}
