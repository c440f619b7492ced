using System.Numerics;

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
        nint* offsets = Scratch.Get<nint>(ScratchPurpose.Offsets, plan.Taps);
        for (int t = 0; t < plan.Taps; t++)
        {
            offsets[t] = plan.Offset(t);
            Packing<T, TVector, TSimd>.Rows(
                packed + ((nint)t * plan.Channels), depth, weight + tapOffsets[t], outputStep, channelStep, outputs, plan.Channels);
        }

        var body = new Body { Plan = plan, Outputs = outputs, Images = images, Weight = packed, Offsets = offsets, Bias = bias, Relu = relu, Output = output };
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
        public nint* Offsets;
        public T* Bias;
        public bool Relu;
        public LatticeOutput<T> Output;

        public readonly void Run(long start, long end)
        {
            T* buffer = Scratch.Get<T>(ScratchPurpose.Image, Plan.BandElements(Cut.BandRows));
            T* sums = stackalloc T[4];
            for (long item = start; item < end; item++)
            {
                var (image, _, firstRow, count) = Cut.Unit(Plan, item);
                T* band = Plan.Band(Images + (image * Plan.ImageElements), firstRow, count, buffer);
                for (int i = 0; i < count; i++)
                {
                    T* from = band + (i * Plan.StepRows * Plan.RowStride);
                    T* to = Output.Origin + (image * Output.Image) + ((firstRow + i) * Output.Row);
                    for (int j = 0; j < Plan.Columns; j += 4, from += 4 * Plan.ColumnStride, to += 4 * Output.Column)
                    {
                        // The last pixels of a row repeat the last one, and its sums are not written.
                        int pixels = Math.Min(4, Plan.Columns - j);
                        for (int o = 0; o < Outputs; o++)
                        {
                            FourSums(from, pixels, Weight + (o * (nint)Plan.Taps * Plan.Channels), sums);
                            for (int k = 0; k < pixels; k++)
                            {
                                T sum = Bias == null ? sums[k] : sums[k] + Bias[o];
                                to[(k * Output.Column) + o] = Relu && sum < T.Zero ? T.Zero : sum;
                            }
                        }
                    }
                }
            }
        }

        private readonly void FourSums(T* window, int pixels, T* weight, T* sums)
        {
            nint step = Plan.ColumnStride;
            T* p1 = window + (Math.Min(1, pixels - 1) * step), p2 = window + (Math.Min(2, pixels - 1) * step), p3 = window + (Math.Min(3, pixels - 1) * step);
            TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
            T r0 = T.Zero, r1 = T.Zero, r2 = T.Zero, r3 = T.Zero;
            for (int t = 0; t < Plan.Taps; t++, weight += Plan.Channels)
            {
                nint offset = Offsets[t], c = 0;
                for (; c + TSimd.Width <= Plan.Channels; c += TSimd.Width)
                {
                    TVector w = TSimd.Load(weight + c);
                    s0 = TSimd.MultiplyAdd(TSimd.Load(window + offset + c), w, s0);
                    s1 = TSimd.MultiplyAdd(TSimd.Load(p1 + offset + c), w, s1);
                    s2 = TSimd.MultiplyAdd(TSimd.Load(p2 + offset + c), w, s2);
                    s3 = TSimd.MultiplyAdd(TSimd.Load(p3 + offset + c), w, s3);
                }

                for (; c < Plan.Channels; c++)
                {
                    r0 = T.MultiplyAddEstimate(window[offset + c], weight[c], r0);
                    r1 = T.MultiplyAddEstimate(p1[offset + c], weight[c], r1);
                    r2 = T.MultiplyAddEstimate(p2[offset + c], weight[c], r2);
                    r3 = T.MultiplyAddEstimate(p3[offset + c], weight[c], r3);
                }
            }

            sums[0] = TSimd.Sum(s0) + r0;
            sums[1] = TSimd.Sum(s1) + r1;
            sums[2] = TSimd.Sum(s2) + r2;
            sums[3] = TSimd.Sum(s3) + r3;
        }
    }
}
