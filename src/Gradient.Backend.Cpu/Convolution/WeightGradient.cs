using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>
/// dw[r, s, c, o] = Σ over images and output pixels of x[window element (r, s, c)] · dy[pixel, o]. Tile rows are window elements,
/// the depth is the pixels, read from the padded image with the stride of the lattice: nothing is transposed.
/// </summary>
/// <remarks>
/// The images are cut into chunks by shape alone, each with a partial sum of its own, added in order: the same bits on any number
/// of threads.
/// </remarks>
internal static unsafe class WeightGradient<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Pixels that one tile sums at a time: the panel of dy stays in the first-level cache.</summary>
    private const int MaxDepth = 288;

    /// <summary>Bytes that all partial sums may take, and how many there may be.</summary>
    private const int PartialBytes = 2 << 20, MaxChunks = 32;

    private const double ParallelWork = 1 << 19;

    private static int TileColumns => TileDispatch<T, TVector, TSimd>.MaxColumns;

    public static void Run(in ConvolutionShape shape, T* x, T* dy, T* dw, WorkerPool pool)
    {
        TapPlan plan = TapPlan.Forward(shape);
        var body = new Body
        {
            Plan = plan,
            Shape = shape,
            X = x,
            Dy = dy,
            Cut = BandCut.Of(plan, shape.Batch, MaxDepth / plan.Columns, MaxDepth),
        };
        nint weights = shape.WeightCount;
        long units = body.Cut.Count;
        body.Chunks = (int)Math.Min(units, Math.Clamp(PartialBytes / ((long)weights * sizeof(T)), 1, MaxChunks));
        body.Partials = body.Chunks == 1 ? dw : Scratch.Get<T>(ScratchPurpose.Partials, body.Chunks * weights);
        body.WindowElements = shape.KernelHeight * shape.KernelWidth * shape.GroupInputs;
        body.Offsets = Scratch.Get<nint>(ScratchPurpose.Offsets, body.WindowElements);
        for (int t = 0, e = 0; t < plan.Taps; t++)
        {
            for (int c = 0; c < shape.GroupInputs; c++)
                body.Offsets[e++] = plan.Offset(t) + c;
        }

        double work = (double)shape.Batch * plan.Rows * plan.Columns * weights;
        if (work < ParallelWork || WorkerPool.IsInsideLoop)
        {
            body.Slices = 1;
            body.Run(0, body.Chunks);
        }
        else
        {
            // Where there are few chunks, window elements are shared out too; that changes no sum.
            int wanted = ((2 * pool.Threads) + body.Chunks - 1) / body.Chunks;
            body.Slices = Math.Clamp(wanted, 1, ((body.WindowElements - 1) / 32) + 1);
            pool.For((long)body.Chunks * body.Slices, 1, body);
        }

        if (body.Chunks > 1)
            pool.For(weights, 1 << 14, new PartialSum<T, TVector, TSimd> { Partials = body.Partials, Count = body.Chunks, Length = weights, Result = dw });
    }

    /// <summary>Item i is chunk i / Slices, the window elements of slice i % Slices.</summary>
    private struct Body : IParallelBody
    {
        public TapPlan Plan;
        public ConvolutionShape Shape;
        public T* X;
        public T* Dy;
        public T* Partials;
        public nint* Offsets;
        public int WindowElements;
        public BandCut Cut;
        public int Chunks;
        public int Slices;

        public readonly void Run(long start, long end)
        {
            T* buffer = Scratch.Get<T>(ScratchPurpose.Image, Cut.UnitImages * Plan.BandElements(Cut.BandRows));
            T* panel = Scratch.Get<T>(ScratchPurpose.Rows, (nint)Cut.UnitImages * Cut.BandRows * Plan.Columns * TileColumns);
            long units = Cut.Count;
            for (long item = start; item < end; item++)
            {
                int chunk = (int)(item / Slices);
                int slice = (int)(item % Slices);
                int from = (int)((long)WindowElements * slice / Slices), to = (int)((long)WindowElements * (slice + 1) / Slices);
                T* partial = Partials + (chunk * Shape.WeightCount);
                long first = units * chunk / Chunks, last = units * (chunk + 1) / Chunks;
                for (long unit = first; unit < last; unit++)
                    AddUnit(unit, from, to, buffer, panel, partial, unit > first);
            }
        }

        private readonly void AddUnit(long unit, int from, int to, T* buffer, T* panel, T* partial, bool accumulate)
        {
            var (firstImage, images, firstRow, rows) = Cut.Unit(Plan, unit);
            int height = TileDispatch<T, TVector, TSimd>.MaxRows;
            nint depth = (nint)images * rows * Plan.Columns;
            T* gradient = Dy + ((((nint)firstImage * Plan.Rows) + firstRow) * Plan.Columns * Shape.Outputs);
            T** elements = stackalloc T*[height];
            T** outputs = stackalloc T*[height];
            nint* segments = stackalloc nint[MaxDepth];
            TileArguments<T> tile = default;
            tile.Rows = elements;
            tile.Outputs = outputs;
            tile.RowStep = Plan.ColumnStride;
            tile.Segments = segments;
            tile.SegmentCount = images * rows;
            tile.SegmentLength = Plan.Columns;
            tile.Accumulate = accumulate;
            T* band = null;
            for (nint n = 0, segment = 0; n < images; n++)
            {
                T* own = Plan.Band(X + ((firstImage + n) * Plan.ImageElements), firstRow, rows, buffer + (n * Plan.BandElements(rows)));
                band = n == 0 ? own : band;
                for (int i = 0; i < rows; i++)
                    segments[segment++] = (nint)(own - band) + (i * Plan.StepRows * Plan.RowStride);
            }

            // Equal tiles instead of full ones and a rest: 9 rows are 5 and 4, not 8 and 1, which would wait for its own sums.
            int tiles = (to - from + height - 1) / height;
            for (int g = 0; g < Shape.Groups; g++)
            {
                for (int j = 0; j < Shape.GroupOutputs; j += TileColumns)
                {
                    tile.Columns = Math.Min(TileColumns, Shape.GroupOutputs - j);
                    tile.OutputOffset = (g * Shape.GroupOutputs) + j;
                    tile.RowOffset = g * Shape.GroupInputs;
                    tile.Panel = gradient + tile.OutputOffset;
                    tile.PanelStep = Shape.Outputs;
                    // In place if whole vectors may be read and pixels do not fall into the same sets of the cache.
                    if (tile.Columns % TSimd.Width != 0 || Shape.Outputs * sizeof(T) > 512)
                    {
                        Packing<T, TVector, TSimd>.Panel(panel, tile.Panel, Shape.Outputs, 1, depth, tile.Columns);
                        tile.Panel = panel;
                        tile.PanelStep = TileColumns;
                    }

                    for (int t = 0; t < tiles; t++)
                    {
                        int begin = from + ((to - from) * t / tiles), end = from + ((to - from) * (t + 1) / tiles);
                        for (int e = begin; e < end; e++)
                        {
                            elements[e - begin] = band + Offsets[e];
                            outputs[e - begin] = partial + ((nint)e * Shape.Outputs);
                        }

                        TileDispatch<T, TVector, TSimd>.Run(&tile, end - begin);
                    }
                }
            }
        }
    }
}
