using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Convolutions of 3 × 3 taps at stride 1 as F(2×2, 3×3): a tile of 4 × 4 pixels is transformed, 16 matrix products over the channels
/// take the place of the 9 of each of its 4 results, so 4 multiplications do the work of 9, and the products are transformed back.
/// </summary>
/// <remarks>
/// <para>A result's error is at most (channels + 12) · ε · 81 · Σ over channels of the largest |pixel| times the largest |weight|; in
/// practice it is within twice that of a plain sum. F(4×4, 3×3) would do with a quarter of the multiplications, but its error is about
/// ten times as large, and its factors of 1/3 give no exact results for small fractions.</para>
/// <para>A NaN or an infinity in the image reaches all results of the tiles that see it, and infinities may give NaN: the transforms
/// subtract. Results do not depend on the number of threads: a tile is computed from its own pixels alone.</para>
/// </remarks>
internal static unsafe class Winograd<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    private const int Positions = WinogradTransforms<T, TVector, TSimd>.Positions;

    /// <summary>Tiles of an item of work: enough for the transformed weights to be read seldom.</summary>
    private const int MaxTiles = 96;

    private static int TileColumns => TileDispatch<T, TVector, TSimd>.MaxColumns;

    /// <summary>
    /// Whether it is the faster way: channels that fill vectors, enough of them for the products to outweigh the transforms, and enough
    /// tiles for the transform of the weights.
    /// </summary>
    public static bool Suits(in TapPlan plan, int batch, int groups, int outputs) =>
        groups == 1 && WinogradTiles.Suits(plan) && plan.Channels % TSimd.Width == 0 && outputs % TSimd.Width == 0
        && plan.Channels >= MinChannels && outputs >= MinChannels && new WinogradTiles(plan, batch).Count >= MinTiles;

    private const int MinChannels = 32, MinTiles = 128;

    /// <summary>Computes all pixels of a batch from weights as <see cref="NarrowProduct{T, TVector, TSimd}.Run"/> reads them; one of the steps is 1.</summary>
    public static void Run(
        in TapPlan plan, int batch, int outputs, T* images, T* weight, nint* tapOffsets, nint channelStep, nint outputStep, T* bias, bool relu,
        in LatticeOutput<T> output, WorkerPool pool)
    {
        nint channels = plan.Channels;
        nint count = GemmDriver<T, TVector, TSimd>.PackedCount(outputs, channels);
        T* packed = Scratch.Get<T>(ScratchPurpose.Panels, Positions * count);
        var pack = new PackBody
        {
            Channels = channels,
            Outputs = outputs,
            Weight = weight,
            TapOffsets = tapOffsets,
            ChannelStep = channelStep,
            OutputStep = outputStep,
            Packed = packed,
            PackedCount = count,
        };
        pool.For((outputs + TileColumns - 1) / TileColumns, 1, pack);

        var tiles = new WinogradTiles(plan, batch);
        nint perItem = (tiles.Count + (8 * pool.Threads) - 1) / (8 * pool.Threads);
        int height = TSimd.TileRows;
        perItem = Math.Clamp((perItem + height - 1) / height * height, 4 * height, MaxTiles);
        var body = new Body
        {
            Tiles = tiles,
            PerItem = perItem,
            Channels = channels,
            Outputs = outputs,
            Images = images,
            Packed = packed,
            PackedCount = count,
            Bias = bias,
            Relu = relu,
            Output = output,
        };
        pool.For((tiles.Count + perItem - 1) / perItem, 1, body);
    }

    /// <summary>Transforms and packs the weights. Item i is panel i.</summary>
    private struct PackBody : IParallelBody
    {
        public nint Channels;
        public nint Outputs;
        public T* Weight;
        public nint* TapOffsets;
        public nint ChannelStep;
        public nint OutputStep;
        public T* Packed;
        public nint PackedCount;

        public readonly void Run(long start, long end)
        {
            nint step = Channels * TileColumns;
            T* transformed = Scratch.Get<T>(ScratchPurpose.Left, Positions * step);
            T** taps = stackalloc T*[9];
            for (nint panel = (nint)start; panel < (nint)end; panel++)
            {
                nint first = panel * TileColumns, columns = Math.Min(TileColumns, Outputs - first);
                // Vectors run along whichever is contiguous, outputs or channels; packing turns them the right way.
                bool alongOutputs = OutputStep == 1;
                nint lines = alongOutputs ? Channels : columns, length = alongOutputs ? columns : Channels, stride = alongOutputs ? TileColumns : Channels;
                for (nint line = 0; line < lines; line++)
                {
                    for (int t = 0; t < 9; t++)
                        taps[t] = Weight + TapOffsets[t] + (first * OutputStep) + (line * (alongOutputs ? ChannelStep : OutputStep));
                    for (nint i = 0; i < length; i += TSimd.Width)
                        WinogradTransforms<T, TVector, TSimd>.Kernel(taps, i, transformed + (line * stride) + i, step);
                }

                for (int p = 0; p < Positions; p++)
                {
                    GemmDriver<T, TVector, TSimd>.PackPanel(
                        Packed + (p * PackedCount), Outputs, Channels, panel, transformed + (p * step), alongOutputs ? stride : 1, alongOutputs ? 1 : stride);
                }
            }
        }
    }

    /// <summary>Item i is PerItem tiles.</summary>
    private struct Body : IParallelBody
    {
        public WinogradTiles Tiles;
        public nint PerItem;
        public nint Channels;
        public nint Outputs;
        public T* Images;
        public T* Packed;
        public nint PackedCount;
        public T* Bias;
        public bool Relu;
        public LatticeOutput<T> Output;

        [SkipLocalsInit]
        public readonly void Run(long start, long end)
        {
            nint imageStep = PerItem * Channels, productStep = PerItem * Outputs;
            T* transformed = Scratch.Get<T>(ScratchPurpose.Image, Positions * imageStep);
            T* products = Scratch.Get<T>(ScratchPurpose.Result, Positions * productStep);
            T* edge = Scratch.Get<T>(ScratchPurpose.Left, Math.Max(Channels, Outputs));
            T** pixels = stackalloc T*[Positions];
            for (nint item = (nint)start; item < (nint)end; item++)
            {
                nint first = item * PerItem, count = Math.Min(PerItem, Tiles.Count - first);
                new Span<T>(edge, (int)Channels).Clear();
                for (nint t = 0; t < count; t++)
                {
                    Tiles.Image(first + t, Images, edge, pixels);
                    WinogradTransforms<T, TVector, TSimd>.Image(pixels, Channels, transformed + (t * Channels), imageStep);
                }

                var product = new GemmArguments<T> { M = count, N = Outputs, K = Channels, ARow = Channels, AColumn = 1, CRow = Outputs };
                for (int p = 0; p < Positions; p++)
                {
                    product.A = transformed + (p * imageStep);
                    product.C = products + (p * productStep);
                    GemmDriver<T, TVector, TSimd>.RunPacked(product, Packed + (p * PackedCount));
                }

                for (nint t = 0; t < count; t++)
                {
                    Tiles.Lattice(first + t, Output, edge, pixels);
                    WinogradTransforms<T, TVector, TSimd>.Result(products + (t * Outputs), productStep, Outputs, pixels, Bias, Relu);
                }
            }
        }
    }
}
