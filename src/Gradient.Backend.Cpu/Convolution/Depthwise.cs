using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Convolutions of every channel by itself: no matrix product is in them, so vectors run along the channels, and windows are
/// read from the padded image as <see cref="TapPlan"/> says.
/// </summary>
internal static unsafe class Depthwise<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Bytes of padded image per item of work.</summary>
    private const int BandBytes = 192 << 10;

    /// <summary>
    /// output pixel = bias + Σ over taps of source · weight[tap], for a lattice. weight + tapOffsets[t] is a vector of all channels.
    /// </summary>
    public static void Run(
        in TapPlan plan, int batch, T* images, T* weight, nint* tapOffsets, T* bias, bool relu, in LatticeOutput<T> output, WorkerPool pool)
    {
        var body = new TapBody { Plan = plan, Images = images, Weight = weight, WeightOffsets = tapOffsets, Bias = bias, Relu = relu, Output = output };
        body.Cut = BandCut.For(plan, batch, 1, BandBytes / sizeof(T), pool.Threads);
        nint unitWork = Math.Max(1, (nint)body.Cut.BandRows * plan.Columns * plan.Channels * plan.Taps);
        pool.For(body.Cut.Count, Math.Max(1, (1 << 17) / unitWork), body);
    }

    /// <summary>dw[tap, channel] = Σ over images and pixels of window · dy; channels are shared out, so no sum is split.</summary>
    public static void WeightGradient(in ConvolutionShape shape, T* x, T* dy, T* dw, WorkerPool pool)
    {
        var body = new GradientBody { Plan = TapPlan.Forward(shape), Batch = shape.Batch, X = x, Dy = dy, Dw = dw };
        nint strips = (shape.Outputs + GradientBody.Strip - 1) / GradientBody.Strip;
        nint work = Math.Max(1, (nint)shape.Batch * body.Plan.Rows * body.Plan.Columns * body.Plan.Taps * GradientBody.Strip);
        pool.For(strips, Math.Max(1, (1 << 17) / work), body);
    }

    /// <summary>Item i is unit i of the cut, of one image.</summary>
    private struct TapBody : IParallelBody
    {
        public TapPlan Plan;
        public T* Images;
        public T* Weight;
        public nint* WeightOffsets;
        public T* Bias;
        public bool Relu;
        public LatticeOutput<T> Output;
        public BandCut Cut;

        public readonly void Run(long start, long end)
        {
            T* buffer = Scratch.Get<T>(ScratchPurpose.Image, Plan.BandElements(Cut.BandRows));
            nint* offsets = Scratch.Get<nint>(ScratchPurpose.Pointers, Plan.Taps);
            for (int t = 0; t < Plan.Taps; t++)
                offsets[t] = Plan.Offset(t);
            for (long item = start; item < end; item++)
            {
                var (image, _, firstRow, count) = Cut.Unit(Plan, item);
                T* band = Plan.Band(Images + (image * Plan.ImageElements), firstRow, count, buffer);
                for (int i = 0; i < count; i++)
                {
                    T* from = band + (i * Plan.StepRows * Plan.RowStride);
                    T* to = Output.Origin + (image * Output.Image) + ((firstRow + i) * Output.Row);
                    int j = 0;
                    for (; j + 4 <= Plan.Columns; j += 4, from += 4 * Plan.ColumnStride, to += 4 * Output.Column)
                        FourPixels(from, offsets, to);
                    for (; j < Plan.Columns; j++, from += Plan.ColumnStride, to += Output.Column)
                        Channels(0, from, offsets, to);
                }
            }
        }

        /// <summary>Four pixels share the loads of the weights, and none waits for its own last sum.</summary>
        private readonly void FourPixels(T* window, nint* offsets, T* output)
        {
            nint step = Plan.ColumnStride, outputStep = Output.Column;
            int c = 0;
            for (; c + TSimd.Width <= Plan.Channels; c += TSimd.Width)
            {
                TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
                for (int t = 0; t < Plan.Taps; t++)
                {
                    T* source = window + offsets[t] + c;
                    TVector w = TSimd.Load(Weight + WeightOffsets[t] + c);
                    s0 = TSimd.MultiplyAdd(TSimd.Load(source), w, s0);
                    s1 = TSimd.MultiplyAdd(TSimd.Load(source + step), w, s1);
                    s2 = TSimd.MultiplyAdd(TSimd.Load(source + (2 * step)), w, s2);
                    s3 = TSimd.MultiplyAdd(TSimd.Load(source + (3 * step)), w, s3);
                }

                Finish(s0, c, output);
                Finish(s1, c, output + outputStep);
                Finish(s2, c, output + (2 * outputStep));
                Finish(s3, c, output + (3 * outputStep));
            }

            for (int k = 0; k < 4 && c < Plan.Channels; k++)
                Channels(c, window + (k * step), offsets, output + (k * outputStep));
        }

        /// <summary>The channels of one pixel from <paramref name="c"/> on.</summary>
        private readonly void Channels(int c, T* window, nint* offsets, T* output)
        {
            for (; c + TSimd.Width <= Plan.Channels; c += TSimd.Width)
            {
                TVector sum = TSimd.Zero;
                for (int t = 0; t < Plan.Taps; t++)
                    sum = TSimd.MultiplyAdd(TSimd.Load(window + offsets[t] + c), TSimd.Load(Weight + WeightOffsets[t] + c), sum);
                Finish(sum, c, output);
            }

            for (; c < Plan.Channels; c++)
            {
                T sum = T.Zero;
                for (int t = 0; t < Plan.Taps; t++)
                    sum = T.MultiplyAddEstimate(window[offsets[t] + c], Weight[WeightOffsets[t] + c], sum);
                if (Bias != null)
                    sum += Bias[c];
                output[c] = Relu && sum < T.Zero ? T.Zero : sum;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Finish(TVector sum, int channel, T* output)
        {
            if (Bias != null)
                sum = TSimd.Add(sum, TSimd.Load(Bias + channel));
            TSimd.Store(Relu ? TSimd.Relu(sum) : sum, output + channel);
        }
    }

    /// <summary>Item i is a strip of channels.</summary>
    private struct GradientBody : IParallelBody
    {
        public TapPlan Plan;
        public int Batch;
        public T* X;
        public T* Dy;
        public T* Dw;

        public static int Strip => 4 * TSimd.Width;

        public readonly void Run(long start, long end)
        {
            for (int t = 0; t < Plan.Taps; t++)
            {
                for (int c = (int)start * Strip; c < Math.Min(end * Strip, Plan.Channels); c++)
                    Dw[((nint)t * Plan.Channels) + c] = T.Zero;
            }

            int channels = Plan.Channels;
            for (nint n = 0; n < Batch; n++)
            {
                T* image = X + (n * Plan.Height * Plan.Width * channels);
                for (int i = 0; i < Plan.Rows; i++)
                {
                    T* gradient = Dy + (((n * Plan.Rows) + i) * Plan.Columns * channels);
                    for (int t = 0; t < Plan.Taps; t++)
                    {
                        int row = (i * Plan.StepRows) + (t / Plan.TapColumns * Plan.RowSpacing) - Plan.Top;
                        if (row < 0 || row >= Plan.Height)
                            continue;
                        // Columns whose window element lies inside the image: 0 ≤ j · step + shift < width.
                        int shift = (t % Plan.TapColumns * Plan.ColumnSpacing) - Plan.Left;
                        int first = shift >= 0 ? 0 : (-shift + Plan.StepColumns - 1) / Plan.StepColumns;
                        int last = Math.Min(Plan.Columns, (Plan.Width - shift + Plan.StepColumns - 1) / Plan.StepColumns);
                        T* source = image + ((((nint)row * Plan.Width) + ((nint)first * Plan.StepColumns) + shift) * channels);
                        for (long strip = start; strip < end && first < last; strip++)
                            AddRow(t, (int)strip * Strip, source, gradient + ((nint)first * channels), last - first);
                    }
                }
            }
        }

        private readonly void AddRow(int tap, int channel, T* source, T* gradient, int count)
        {
            nint channels = Plan.Channels, step = Plan.StepColumns * channels;
            T* target = Dw + (tap * channels);
            int end = Math.Min(channel + Strip, Plan.Channels), width = TSimd.Width;
            if (channel + Strip == end)
            {
                T* from = source + channel, with = gradient + channel;
                TVector s0 = TSimd.Load(target + channel), s1 = TSimd.Load(target + channel + width);
                TVector s2 = TSimd.Load(target + channel + (2 * width)), s3 = TSimd.Load(target + channel + (3 * width));
                for (int j = 0; j < count; j++, from += step, with += channels)
                {
                    s0 = TSimd.MultiplyAdd(TSimd.Load(from), TSimd.Load(with), s0);
                    s1 = TSimd.MultiplyAdd(TSimd.Load(from + width), TSimd.Load(with + width), s1);
                    s2 = TSimd.MultiplyAdd(TSimd.Load(from + (2 * width)), TSimd.Load(with + (2 * width)), s2);
                    s3 = TSimd.MultiplyAdd(TSimd.Load(from + (3 * width)), TSimd.Load(with + (3 * width)), s3);
                }

                TSimd.Store(s0, target + channel);
                TSimd.Store(s1, target + channel + width);
                TSimd.Store(s2, target + channel + (2 * width));
                TSimd.Store(s3, target + channel + (3 * width));
                return;
            }

            for (; channel + TSimd.Width <= end; channel += TSimd.Width)
            {
                TVector sum = TSimd.Load(target + channel);
                for (nint j = 0; j < count; j++)
                    sum = TSimd.MultiplyAdd(TSimd.Load(source + (j * step) + channel), TSimd.Load(gradient + (j * channels) + channel), sum);
                TSimd.Store(sum, target + channel);
            }

            for (; channel < end; channel++)
            {
                T sum = target[channel];
                for (nint j = 0; j < count; j++)
                    sum = T.MultiplyAddEstimate(source[(j * step) + channel], gradient[(j * channels) + channel], sum);
                target[channel] = sum;
            }
        }
    }
}
