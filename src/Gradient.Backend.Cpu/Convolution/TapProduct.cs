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
        in TapPlan plan, int groups, int groupOutputs, T* weight, nint* tapOffsets, nint channelStep, nint outputStep, nint groupStep, T* packed)
    {
        nint depth = plan.Channels / groups;
        for (int g = 0; g < groups; g++)
        {
            for (int j = 0; j < groupOutputs; j += TileColumns)
            {
                for (int t = 0; t < plan.Taps; t++, packed += depth * TileColumns)
                {
                    T* source = weight + tapOffsets[t] + (g * groupStep) + (j * outputStep);
                    Packing<T, TVector, TSimd>.Panel(packed, source, channelStep, outputStep, depth, Math.Min(TileColumns, groupOutputs - j));
                }
            }
        }
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

        // Bands as high as the cache allows, but about four for each thread, and tiles should be full.
        nint rowBytes = plan.StepRows * plan.RowStride * sizeof(T);
        nint rows = Math.Clamp(BandBytes / Math.Max(1, rowBytes), 1, plan.Rows);
        double work = (double)batch * plan.Rows * plan.Columns * plan.Taps * plan.Channels * groupOutputs;
        bool serial = work < ParallelWork || WorkerPool.IsInsideLoop;
        if (!serial)
            rows = Math.Min(rows, Math.Max(((nint)batch * plan.Rows / (4 * pool.Threads)) + 1, (32 / plan.Columns) + 1));
        body.BandRows = (int)Math.Min(rows, plan.Rows);
        body.Bands = (plan.Rows + body.BandRows - 1) / body.BandRows;
        long items = (long)batch * body.Bands;
        if (serial)
            body.Run(0, items);
        else
            pool.For(items, 1, body);
    }

    /// <summary>Item i is band i % Bands of image i / Bands.</summary>
    private struct Body : IParallelBody
    {
        public TapPlan Plan;
        public int Groups;
        public int GroupOutputs;
        public int BandRows;
        public int Bands;
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
            T* buffer = Scratch.Get<T>(ScratchPurpose.Image, Plan.BandElements(BandRows));
            T** rows = (T**)Scratch.Get<nint>(ScratchPurpose.Pointers, 2 * (nint)BandRows * Plan.Columns);
            T** outputs = rows + ((nint)BandRows * Plan.Columns);
            for (long item = start; item < end; item++)
            {
                nint image = (nint)(item / Bands);
                int firstRow = (int)(item % Bands) * BandRows;
                int count = Math.Min(BandRows, Plan.Rows - firstRow);
                T* band = Plan.Band(Images + (image * Plan.Height * Plan.Width * Plan.Channels), firstRow, count, buffer);
                nint pixel = 0;
                for (int i = 0; i < count; i++)
                {
                    T* from = band + (i * Plan.StepRows * Plan.RowStride);
                    T* to = Output.Origin + (image * Output.Image) + ((firstRow + i) * Output.Row);
                    nint step = (nint)Plan.StepColumns * Plan.Channels;
                    for (int j = 0; j < Plan.Columns; j++, pixel++, from += step, to += Output.Column)
                    {
                        rows[pixel] = from;
                        outputs[pixel] = to;
                    }
                }

                for (int g = 0; g < Groups; g++)
                    MultiplyGroup(g, rows, outputs, pixel);
            }
        }

        /// <summary>Cuts the depth: whole segments as many as fit, or a long segment in equal parts.</summary>
        private readonly void MultiplyGroup(int group, T** rows, T** outputs, nint pixels)
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
                    MultiplyBlock(ref tile, group, (s * SegmentLength) + begin, last && Bias != null, rows, outputs, pixels);
                }
            }
        }

        private readonly void MultiplyBlock(ref TileArguments<T> shared, int group, nint depth, bool addBias, T** rows, T** outputs, nint pixels)
        {
            int height = TileDispatch<T, TVector, TSimd>.MaxRows;
            nint totalDepth = SegmentCount * SegmentLength;
            TileArguments<T> tile = shared;
            for (int j = 0; j < GroupOutputs; j += TileColumns)
            {
                tile.Panel = Packed + (((group * Panels(GroupOutputs) * totalDepth) + (j / TileColumns * totalDepth) + depth) * TileColumns);
                tile.Columns = Math.Min(TileColumns, GroupOutputs - j);
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
