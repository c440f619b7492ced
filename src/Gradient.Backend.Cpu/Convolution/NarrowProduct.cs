using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The product of a lattice's windows with few outputs (the last layer of a decoder, the gradient of an image): vectors run along
/// the window instead of along the outputs, of which a register tile would leave most empty.
/// </summary>
internal static unsafe class NarrowProduct<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    private const int BandBytes = 192 << 10;

    /// <summary>Pixels that one pass over the weights serves.</summary>
    private const int Pixels = 4;

    /// <summary>
    /// Whether it is the faster way: with ungrouped channels that fill vectors, and outputs that fill less than half of one.
    /// </summary>
    public static bool Suits(in TapPlan plan, int groups, int outputs) => groups == 1 && 2 * outputs <= TSimd.Width && plan.Channels >= TSimd.Width;

    /// <summary>As <see cref="TapProduct{T, TVector, TSimd}.Run"/>, from weights that are not packed: element (tap, channel, output) lies at
    /// weight + tapOffsets[tap] + channel · channelStep + output · outputStep.</summary>
    public static void Run(
        in TapPlan plan, int batch, int outputs, T* images, T* weight, nint* tapOffsets, nint channelStep, nint outputStep, T* bias, bool relu,
        in LatticeOutput<T> output, WorkerPool pool)
    {
        nint depth = (nint)plan.Taps * plan.Channels;
        T* packed = Scratch.Get<T>(ScratchPurpose.Panels, outputs * depth);
        for (int t = 0; t < plan.Taps; t++)
        {
            Packing<T, TVector, TSimd>.Rows(
                packed + ((nint)t * plan.Channels), depth, weight + tapOffsets[t], outputStep, channelStep, outputs, plan.Channels);
        }

        bool merged = plan.ColumnSpacing == 1;
        var body = new Body
        {
            Plan = plan,
            Outputs = outputs,
            Images = images,
            Weight = packed,
            Segments = Scratch.Get<nint>(ScratchPurpose.Offsets, plan.Taps),
            SegmentCount = merged ? plan.TapRows : plan.Taps,
            SegmentLength = plan.Channels * (merged ? plan.TapColumns : 1),
            Bias = bias,
            Relu = relu,
            Output = output,
        };
        for (int s = 0; s < body.SegmentCount; s++)
            body.Segments[s] = plan.Offset(merged ? s * plan.TapColumns : s);
        body.Cut = BandCut.For(plan, batch, 1, BandBytes / sizeof(T), pool.Threads);
        nint unitWork = Math.Max(1, (nint)body.Cut.BandRows * plan.Columns * outputs * depth);
        pool.For(body.Cut.Count, Math.Max(1, (1 << 19) / unitWork), body);
    }

    /// <summary>Item i is unit i of the cut, of one image.</summary>
    private struct Body : IParallelBody
    {
        public TapPlan Plan;
        public BandCut Cut;
        public int Outputs;
        public T* Images;
        public T* Weight;
        public nint* Segments;
        public nint SegmentCount;
        public nint SegmentLength;
        public T* Bias;
        public bool Relu;
        public LatticeOutput<T> Output;

        public readonly void Run(long start, long end)
        {
            T* buffer = Scratch.Get<T>(ScratchPurpose.Image, Plan.BandElements(Cut.BandRows));
            nint depth = SegmentCount * SegmentLength;
            for (long item = start; item < end; item++)
            {
                var (image, _, firstRow, count) = Cut.Unit(Plan, item);
                T* band = Plan.Band(Images + (image * Plan.ImageElements), firstRow, count, buffer);
                for (int i = 0; i < count; i++)
                {
                    T* from = band + (i * Plan.StepRows * Plan.RowStride);
                    T* to = Output.Origin + (image * Output.Image) + ((firstRow + i) * Output.Row);
                    for (int j = 0; j < Plan.Columns; j += Pixels, from += Pixels * Plan.ColumnStride, to += Pixels * Output.Column)
                    {
                        int pixels = Math.Min(Pixels, Plan.Columns - j), o = 0;
                        for (; o + 3 <= Outputs; o += 3)
                            Multiply<Tile3x1>(from, pixels, Weight + (o * depth), to, o);
                        if (o + 2 <= Outputs)
                            Multiply<Tile2x1>(from, pixels, Weight + (o * depth), to, o);
                        else if (o < Outputs)
                            Multiply<Tile1x1>(from, pixels, Weight + (o * depth), to, o);
                    }
                }
            }
        }

        /// <summary>
        /// The sums of up to four pixels with one to three outputs, <typeparamref name="TSize"/>'s rows. Four by three are twelve sums, which with
        /// three weights and a window fill the sixteen registers of AVX2. Missing pixels repeat the last one and are not written.
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Multiply<TSize>(T* p0, int pixels, T* w0, T* to, int firstOutput)
            where TSize : struct, ITileSize
        {
            nint step = Plan.ColumnStride, length = SegmentLength, depth = SegmentCount * length;
            T* p1 = p0 + (Math.Min(1, pixels - 1) * step), p2 = p0 + (Math.Min(2, pixels - 1) * step), p3 = p0 + (Math.Min(3, pixels - 1) * step);
            T* w1 = TSize.Rows > 1 ? w0 + depth : w0, w2 = TSize.Rows > 2 ? w1 + depth : w0;
            TVector a0 = TSimd.Zero, a1 = TSimd.Zero, a2 = TSimd.Zero, a3 = TSimd.Zero;
            TVector b0 = TSimd.Zero, b1 = TSimd.Zero, b2 = TSimd.Zero, b3 = TSimd.Zero;
            TVector c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero;
            nint whole = length - (length % TSimd.Width);
            for (nint s = 0; s < SegmentCount; s++, w0 += length, w1 += length, w2 += length)
            {
                T* q0 = p0 + Segments[s], q1 = p1 + Segments[s], q2 = p2 + Segments[s], q3 = p3 + Segments[s];
                for (nint k = 0; k < whole; k += TSimd.Width)
                {
                    TVector wa = TSimd.Load(w0 + k), wb = TSize.Rows > 1 ? TSimd.Load(w1 + k) : wa, wc = TSize.Rows > 2 ? TSimd.Load(w2 + k) : wa;
                    TVector x = TSimd.Load(q0 + k);
                    a0 = TSimd.MultiplyAdd(x, wa, a0);
                    if (TSize.Rows > 1)
                        b0 = TSimd.MultiplyAdd(x, wb, b0);
                    if (TSize.Rows > 2)
                        c0 = TSimd.MultiplyAdd(x, wc, c0);
                    x = TSimd.Load(q1 + k);
                    a1 = TSimd.MultiplyAdd(x, wa, a1);
                    if (TSize.Rows > 1)
                        b1 = TSimd.MultiplyAdd(x, wb, b1);
                    if (TSize.Rows > 2)
                        c1 = TSimd.MultiplyAdd(x, wc, c1);
                    x = TSimd.Load(q2 + k);
                    a2 = TSimd.MultiplyAdd(x, wa, a2);
                    if (TSize.Rows > 1)
                        b2 = TSimd.MultiplyAdd(x, wb, b2);
                    if (TSize.Rows > 2)
                        c2 = TSimd.MultiplyAdd(x, wc, c2);
                    x = TSimd.Load(q3 + k);
                    a3 = TSimd.MultiplyAdd(x, wa, a3);
                    if (TSize.Rows > 1)
                        b3 = TSimd.MultiplyAdd(x, wb, b3);
                    if (TSize.Rows > 2)
                        c3 = TSimd.MultiplyAdd(x, wc, c3);
                }
            }

            T* sums = stackalloc T[3 * Pixels];
            (sums[0], sums[1], sums[2], sums[3]) = (TSimd.Sum(a0), TSimd.Sum(a1), TSimd.Sum(a2), TSimd.Sum(a3));
            if (TSize.Rows > 1)
                (sums[4], sums[5], sums[6], sums[7]) = (TSimd.Sum(b0), TSimd.Sum(b1), TSimd.Sum(b2), TSimd.Sum(b3));
            if (TSize.Rows > 2)
                (sums[8], sums[9], sums[10], sums[11]) = (TSimd.Sum(c0), TSimd.Sum(c1), TSimd.Sum(c2), TSimd.Sum(c3));
            for (int o = 0; o < TSize.Rows; o++)
            {
                T* weight = Weight + ((firstOutput + o) * depth);
                T bias = Bias == null ? T.Zero : Bias[firstOutput + o];
                for (int k = 0; k < pixels; k++)
                {
                    T sum = sums[(o * Pixels) + k];
                    if (whole < length)
                        sum += Rest(p0 + (k * step), weight, whole);
                    if (Bias != null)
                        sum += bias;
                    to[(k * Output.Column) + firstOutput + o] = Relu && sum < T.Zero ? T.Zero : sum;
                }
            }
        }

        /// <summary>What the ends of the segments, from <paramref name="first"/> on, that fill no vector add to a sum.</summary>
        private readonly T Rest(T* pixel, T* weight, nint first)
        {
            T sum = T.Zero;
            for (nint s = 0; s < SegmentCount; s++, weight += SegmentLength)
            {
                for (nint k = first; k < SegmentLength; k++)
                    sum = T.MultiplyAddEstimate(pixel[Segments[s] + k], weight[k], sum);
            }

            return sum;
        }
    }
}
