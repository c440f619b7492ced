using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>Where the pixels of a lattice are written: element (n, i, j, channel) at Origin + n · Image + i · Row + j · Column + channel.</summary>
internal unsafe struct LatticeOutput<T>
    where T : unmanaged
{
    public T* Origin;
    public nint Image;
    public nint Row;
    public nint Column;
}

/// <summary>
/// The product of a lattice's windows with packed weights: forward convolution and input gradient. Tile rows are pixels, the
/// depth is the window: only padding copies an image (once, not once per kernel element as im2col does).
/// </summary>
/// <remarks>A pixel's sum runs over taps and channels in order, in blocks cut by shape alone: the same bits on any number of threads.</remarks>
internal static unsafe class TapProduct<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Longest depth block, as in the matrix product: a panel stays in the first-level cache.</summary>
    private const int MaxDepth = 320;

    /// <summary>Bytes of padded image per item of work: it stays in the second-level cache.</summary>
    private const int BandBytes = 192 << 10;

    /// <summary>Pixels per item below which the weights would be read from memory more often than is good.</summary>
    private const int MinPixels = 192;

    /// <summary>Multiply-adds below which work is not shared among threads.</summary>
    private const double ParallelWork = 1 << 19;

    private static int TileColumns => TileDispatch<T, TVector, TSimd>.MaxColumns;

    /// <summary>Elements of the packed weights.</summary>
    public static nint PackedCount(in TapPlan plan, int groups, int groupOutputs) =>
        groups * Panels(groupOutputs) * TileColumns * plan.Taps * (plan.Channels / groups);

    private static nint Panels(int groupOutputs) => (groupOutputs + TileColumns - 1) / TileColumns;

    /// <summary>
    /// Packs weights: for group g, tap t, its source channel c and output o, the element at
    /// weight + tapOffsets[t] + c · channelStep + o · outputStep + g · groupStep.
    /// </summary>
    public static void Pack(
        in TapPlan plan, int groups, int groupOutputs, T* weight, nint* tapOffsets, nint channelStep, nint outputStep, nint groupStep, T* packed, WorkerPool pool)
    {
        var body = new PackBody
        {
            Taps = plan.Taps,
            Depth = plan.Channels / groups,
            Panels = Panels(groupOutputs),
            GroupOutputs = groupOutputs,
            Weight = weight,
            TapOffsets = tapOffsets,
            ChannelStep = channelStep,
            OutputStep = outputStep,
            GroupStep = groupStep,
            Packed = packed,
        };
        pool.For(groups * body.Panels * body.Taps, Math.Max(1, (1 << 15) / (body.Depth * TileColumns)), body);
    }

    /// <summary>Computes all pixels of a batch.</summary>
    /// <param name="plan">The lattice; with at least one tap.</param>
    /// <param name="batch">Images.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="groupOutputs">Output channels of a group.</param>
    /// <param name="images">The source, contiguous.</param>
    /// <param name="packed">What <see cref="Pack"/> made.</param>
    /// <param name="bias">One value per output channel, or null.</param>
    /// <param name="relu">Whether negative results become 0.</param>
    /// <param name="output">Where the results go.</param>
    /// <param name="pool">The threads.</param>
    public static void Run(
        in TapPlan plan, int batch, int groups, int groupOutputs, T* images, T* packed, T* bias, bool relu, in LatticeOutput<T> output, WorkerPool pool)
    {
        bool merged = groups == 1 && plan.ColumnSpacing == 1;
        var body = new Body
        {
            Plan = plan,
            Groups = groups,
            GroupOutputs = groupOutputs,
            Images = images,
            Packed = packed,
            Bias = bias,
            Relu = relu,
            Output = output,
            SegmentCount = merged ? plan.TapRows : plan.Taps,
            SegmentLength = plan.Channels / groups * (merged ? plan.TapColumns : 1),
            Segments = Scratch.Get<nint>(ScratchPurpose.Offsets, plan.Taps),
        };
        for (int s = 0; s < body.SegmentCount; s++)
            body.Segments[s] = plan.Offset(merged ? s * plan.TapColumns : s);

        double work = (double)batch * plan.Rows * plan.Columns * plan.Taps * plan.Channels * groupOutputs;
        bool serial = work < ParallelWork || WorkerPool.IsInsideLoop;
        body.Cut = BandCut.For(plan, batch, MinPixels, BandBytes / sizeof(T), serial ? 1 : pool.Threads);
        body.Slices = serial ? 1 : (int)Math.Clamp(4 * pool.Threads / body.Cut.Count, 1, Panels(groupOutputs));
        long items = body.Cut.Count * body.Slices;
        if (serial)
            body.Run(0, items);
        else
            pool.For(items, 1, body);
    }

    /// <summary>Item i is a tap of a panel of a group.</summary>
    private struct PackBody : IParallelBody
    {
        public int Taps;
        public nint Depth;
        public nint Panels;
        public int GroupOutputs;
        public T* Weight;
        public nint* TapOffsets;
        public nint ChannelStep;
        public nint OutputStep;
        public nint GroupStep;
        public T* Packed;

        public readonly void Run(long start, long end)
        {
            for (nint item = (nint)start; item < end; item++)
            {
                nint panel = item / Taps, column = panel % Panels * TileColumns;
                T* source = Weight + TapOffsets[item % Taps] + (panel / Panels * GroupStep) + (column * OutputStep);
                Packing<T, TVector, TSimd>.Panel(
                    Packed + (item * Depth * TileColumns), source, ChannelStep, OutputStep, Depth, (int)Math.Min(TileColumns, GroupOutputs - column));
            }
        }
    }

    /// <summary>Item i is unit i / Slices of the cut, slice i % Slices of the panels.</summary>
    private struct Body : IParallelBody
    {
        public TapPlan Plan;
        public int Groups;
        public int GroupOutputs;
        public BandCut Cut;
        public int Slices;
        public T* Images;
        public T* Packed;
        public T* Bias;
        public bool Relu;
        public LatticeOutput<T> Output;
        public nint* Segments;
        public nint SegmentCount;
        public nint SegmentLength;

        public readonly void Run(long start, long end)
        {
            T* buffer = Scratch.Get<T>(ScratchPurpose.Image, Cut.UnitImages * Plan.BandElements(Cut.BandRows));
            nint most = (nint)Cut.UnitImages * Cut.BandRows * Plan.Columns;
            T** rows = (T**)Scratch.Get<nint>(ScratchPurpose.Pointers, 2 * most);
            T** outputs = rows + most;
            for (long item = start; item < end; item++)
            {
                var (firstImage, images, firstRow, count) = Cut.Unit(Plan, item / Slices);
                nint pixel = 0;
                for (nint n = 0; n < images; n++)
                {
                    nint image = firstImage + n;
                    T* band = Plan.Band(Images + (image * Plan.ImageElements), firstRow, count, buffer + (n * Plan.BandElements(count)));
                    for (int i = 0; i < count; i++)
                    {
                        T* from = band + (i * Plan.StepRows * Plan.RowStride);
                        T* to = Output.Origin + (image * Output.Image) + ((firstRow + i) * Output.Row);
                        for (int j = 0; j < Plan.Columns; j++, pixel++, from += Plan.ColumnStride, to += Output.Column)
                        {
                            rows[pixel] = from;
                            outputs[pixel] = to;
                        }
                    }
                }

                nint panels = Panels(GroupOutputs), slice = (nint)(item % Slices);
                for (int g = 0; g < Groups; g++)
                    MultiplyGroup(g, panels * slice / Slices, panels * (slice + 1) / Slices, rows, outputs, pixel);
            }
        }

        /// <summary>Cuts the depth: whole segments as many as fit, or a long segment in equal parts.</summary>
        private readonly void MultiplyGroup(int group, nint firstPanel, nint lastPanel, T** rows, T** outputs, nint pixels)
        {
            nint channels = Plan.Channels / Groups;
            nint perBlock = Math.Max(1, MaxDepth / SegmentLength);
            nint parts = (SegmentLength + MaxDepth - 1) / MaxDepth;
            nint part = (SegmentLength + parts - 1) / parts;
            TileArguments<T> tile = default;
            tile.RowStep = 1;
            tile.PanelStep = TileColumns;
            for (nint s = 0; s < SegmentCount; s += perBlock)
            {
                for (nint begin = 0; begin < SegmentLength; begin += part)
                {
                    tile.Segments = Segments + s;
                    tile.SegmentCount = Math.Min(perBlock, SegmentCount - s);
                    tile.SegmentLength = Math.Min(part, SegmentLength - begin);
                    tile.RowOffset = (group * channels) + begin;
                    tile.Accumulate = s > 0 || begin > 0;
                    bool last = s + perBlock >= SegmentCount && begin + part >= SegmentLength;
                    tile.Relu = Relu && last;
                    MultiplyBlock(ref tile, group, (s * SegmentLength) + begin, last && Bias != null, firstPanel, lastPanel, rows, outputs, pixels);
                }
            }
        }

        private readonly void MultiplyBlock(ref TileArguments<T> shared, int group, nint depth, bool addBias, nint firstPanel, nint lastPanel, T** rows, T** outputs, nint pixels)
        {
            int height = TileDispatch<T, TVector, TSimd>.MaxRows;
            nint totalDepth = SegmentCount * SegmentLength;
            TileArguments<T> tile = shared;
            for (nint panel = firstPanel; panel < lastPanel; panel++)
            {
                nint j = panel * TileColumns;
                tile.Panel = Packed + (((((group * Panels(GroupOutputs)) + panel) * totalDepth) + depth) * TileColumns);
                tile.Columns = (int)Math.Min(TileColumns, GroupOutputs - j);
                tile.OutputOffset = (group * GroupOutputs) + j;
                tile.Bias = addBias ? Bias + tile.OutputOffset : null;
                for (nint i = 0; i < pixels; i += height)
                {
                    tile.Rows = rows + i;
                    tile.Outputs = outputs + i;
                    TileDispatch<T, TVector, TSimd>.Run(&tile, (int)Math.Min(height, pixels - i));
                }
            }
        }
    }
}
