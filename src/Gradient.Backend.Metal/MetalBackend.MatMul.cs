using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Matrix products: shaders/matmul.metal. All operands may have any layout; nothing is copied.</content>
public sealed partial class MetalBackend
{
    private const string ProductFamily = "matmul";

    // As in gemm.metal and matmul.metal.
    private const int SimdThreads = 128, PlainTile = 32, PlainThreads = 64, TileDepth = 16, VectorRows = 8, VectorColumns = 32, VectorThreads = 256;

    /// <summary>So many threadgroups keep a GPU busy; a product with fewer tiles is split along its depth.</summary>
    private const int EnoughGroups = 64;

    /// <inheritdoc/>
    public void MatMul(Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y)
    {
        if (y.ElementCount == 0) return;
        string type = TypeName("matmul", y.DType);
        bool integers = y.DType is DType.Int32 or DType.Int64;
        if (y.DType == DType.Bool) throw Unsupported("matmul", y.DType);
        var (left, right, offsets) = (a.To(y.DType), b.To(y.DType), bias?.To(y.DType));
        var product = Product.Of(left, right, offsets, y);
        if (integers)
        {
            LaunchIntegers(product, type, left, right, offsets, activation, y);
        }
        else
        {
            // y = a·b is yᵀ = bᵀ·aᵀ: a single row times a matrix is a matrix times a vector too.
            bool swap = product.M == 1 && product.N > 1;
            if (swap) (product, left, right) = (product.Transposed(), right, left);
            LaunchProduct(product, type, left, right, offsets, activation, y);
        }

        GC.KeepAlive(left);
        GC.KeepAlive(right);
        GC.KeepAlive(offsets);
        GC.KeepAlive(y);
    }

    private void LaunchProduct(Product product, string type, Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y)
    {
        int biased = bias is null ? 0 : 1;
        string function;
        int rows, columns, threads;
        if (product.N == 1)
        {
            bool byRows = product.ADepth == 1;
            (function, rows, columns, threads) = byRows ? ("multiply_vector_by_rows_", VectorRows, 1, VectorThreads) : ("multiply_vector_by_columns_", VectorColumns, 1, VectorThreads);
        }
        else
        {
            (function, rows, columns, threads) = Tiles(product.M, product.N, product.BatchCount, "multiply_");
        }

        long tiles = Ceiling(product.M, rows) * Ceiling(product.N, columns) * product.BatchCount;
        (product.Splits, product.Chunk) = Splits(tiles, product.K);
        var kernel = cache.Get(ProductFamily, function + type, product.ADepth == 1 ? 1 : 0, product.BDepth == 1 ? 1 : 0, biased, (int)activation);
        var groups = new KernelSize(Groups(tiles * product.Splits));
        long work = product.N == 1 ? tiles * rows * (product.K + 1) : TileWork(tiles, rows, columns, product.K);
        if (product.Splits == 1)
        {
            LaunchGroups(kernel, [InOr(a, y), InOr(b, y), InOr(bias, y), Out(y), Unused(y)], product, groups, new(threads), work);
            return;
        }

        using var partials = Tensor.Empty([product.Splits, y.ElementCount], DType.Float32, y.Device);
        LaunchGroups(kernel, [InOr(a, y), InOr(b, y), InOr(bias, y), Out(y), Out(partials)], product, groups, new(threads), work);
        SumSplits(ProductFamily, type, partials, product.Splits, bias, activation, y);
    }

    private void LaunchIntegers(Product product, string type, Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y)
    {
        var kernel = cache.Get(ProductFamily, "multiply_integers_" + type, 0, 0, bias is null ? 0 : 1, (int)activation);
        Launch(kernel, [InOr(a, y), InOr(b, y), InOr(bias, y), Out(y)], product, y.ElementCount, (2 * product.K) + 1);
    }

    /// <summary>The tiles that suit a product: large ones if they still keep the device busy, and those the device can do.</summary>
    private (string Function, int Rows, int Columns, int Threads) Tiles(long m, long n, long batches, string prefix)
    {
        if (!kernels.Limits.HasSimdgroupMatrix) return (prefix + "plain_", PlainTile, PlainTile, PlainThreads);
        bool large = m > 32 && n > 32 && Ceiling(m, 64) * Ceiling(n, 64) * batches >= EnoughGroups;
        return large ? (prefix + "large_", 64, 64, SimdThreads) : (prefix + "small_", 32, 32, SimdThreads);
    }

    /// <summary>The work of tiles, as <see cref="IKernelDevice.Launch"/> counts it: 32 multiply-adds as one, and the results.</summary>
    private static long TileWork(long tiles, int rows, int columns, long depth) => tiles * rows * columns * (1 + (depth / 32));

    /// <summary>Into how many parts the depth of a product is split, and how long they are. It follows from sizes alone.</summary>
    private static (int Splits, long Chunk) Splits(long tiles, long depth)
    {
        const int Shortest = 256;
        long splits = tiles >= EnoughGroups ? 1 : Math.Clamp(depth / Shortest, 1, Math.Max(1, Ceiling(2 * EnoughGroups, tiles)));
        long chunk = Ceiling(Ceiling(depth, splits), TileDepth) * TileDepth;
        return chunk == 0 ? (1, 0) : ((int)Ceiling(depth, chunk), chunk);
    }

    /// <summary>y ← activation(the sum of partial sums, in row-major order of y, + bias).</summary>
    private void SumSplits(string family, string type, Tensor partials, int splits, Tensor? bias, MatMulActivation activation, Tensor y)
    {
        var kernel = cache.Get(family, "sum_splits_" + type, 0, 0, bias is null ? 0 : 1, (int)activation);
        var parameters = new SumParameters { Places = bias is null ? Strided.Plan(y.Shape, y) : Strided.Plan(y.Shape, y, bias), Splits = splits };
        Launch(kernel, [In(partials), InOr(bias, y), Out(y)], parameters, y.ElementCount, splits + 2);
    }

    /// <summary>A tensor that is read; in place of none, or of an empty one, whose offset may lie behind its storage, another.</summary>
    private static KernelBuffer InOr(Tensor? tensor, Tensor other) => tensor is null || tensor.ElementCount == 0 ? Unused(other) : In(tensor);

    private static int Groups(long count) => count <= int.MaxValue ? (int)count
        : throw new UnsupportedOperationException($"Metal: an operation of {count:N0} threadgroups is too large for one launch; split it, for instance along the batch.");

    private static long Ceiling(long count, long size) => (count + size - 1) / size;

    /// <summary>The parameters of gemm.metal's sum_splits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SumParameters
    {
        public Strided Places;
        public int Splits;
    }

    /// <summary>The parameters of matmul.metal, in elements.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Product
    {
        public Strided Batches;
        public long M, N, K;
        public long ARow, ADepth;
        public long BDepth, BColumn;
        public long YRow, YColumn;
        public long BiasRow, BiasColumn;
        public long PartialRow, PartialColumn;
        public long Chunk;
        public int Splits;
        public int BatchCount;

        /// <summary>
        /// The product of one pair of matrices, and where the pairs lie. Leading axes along which b repeats and along which the
        /// rows of a and y go on evenly become rows: a batch times one matrix is one product.
        /// </summary>
        public static Product Of(Tensor a, Tensor b, Tensor? bias, Tensor y)
        {
            var product = new Product
            {
                M = y.Shape[-2], N = y.Shape[-1], K = a.Shape[-1],
                ARow = a.Layout.Stride(-2), ADepth = a.Layout.Stride(-1), BDepth = b.Layout.Stride(-2), BColumn = b.Layout.Stride(-1),
                YRow = y.Layout.Stride(-2), YColumn = y.Layout.Stride(-1), BiasColumn = bias is null ? 0 : bias.Layout.Stride(-1), Splits = 1,
            };
            if (product.K == 1) (product.ADepth, product.BDepth) = (1, 1);
            int leading = y.Rank - 2;
            for (; leading > 0; leading--)
            {
                int axis = leading - 1;
                if (y.Shape[axis] == 1) continue;
                if (product.M == 1) (product.ARow, product.YRow) = (BatchStride(a, axis, y.Rank), y.Layout.Stride(axis)); // a single row goes on anyhow
                if (BatchStride(b, axis, y.Rank) != 0 || BatchStride(a, axis, y.Rank) != product.ARow * product.M
                    || y.Layout.Stride(axis) != product.YRow * product.M) break;
                product.M *= y.Shape[axis];
            }

            Span<long> lengths = stackalloc long[leading], strides = stackalloc long[leading];
            for (int axis = 0; axis < leading; axis++) lengths[axis] = y.Shape[axis];
            var shape = new Shape(lengths);
            Span<Layout> layouts = new Layout[3];
            Tensor[] operands = [a, b, y];
            for (int i = 0; i < layouts.Length; i++)
            {
                for (int axis = 0; axis < leading; axis++) strides[axis] = BatchStride(operands[i], axis, y.Rank);
                layouts[i] = new(shape, strides, 0);
            }

            product.Batches = Strided.Plan(shape, AxisSet.All(leading), false, layouts);
            product.BatchCount = Groups(shape.ElementCount);
            (product.PartialRow, product.PartialColumn) = (product.N, 1);
            return product;
        }

        /// <summary>bᵀ·aᵀ = yᵀ; the caller swaps the operands.</summary>
        public readonly Product Transposed()
        {
            var swapped = this with
            {
                M = N, N = M, ARow = BColumn, ADepth = BDepth, BDepth = ADepth, BColumn = ARow,
                YRow = YColumn, YColumn = YRow, BiasRow = BiasColumn, BiasColumn = BiasRow, PartialRow = PartialColumn, PartialColumn = PartialRow,
            };
            swapped.Batches.SwapOperands(0, 1);
            return swapped;
        }

        /// <summary>The stride of an operand along a leading axis of the result; 0 where it is broadcast.</summary>
        private static long BatchStride(Tensor operand, int axis, int rank)
        {
            int own = axis - (rank - operand.Rank);
            return own < 0 || operand.Shape[own] == 1 ? 0 : operand.Layout.Stride(own);
        }
    }
}
