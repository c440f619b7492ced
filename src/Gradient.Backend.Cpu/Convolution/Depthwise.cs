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

    /// <summary>Partial sums of a weight gradient.</summary>
    private const int MaxChunks = 32;

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

    /// <summary>
    /// dw[tap, channel] = Σ over images and pixels of window · dy. The output rows of all images are cut into chunks by shape alone, each
    /// with a partial sum of its own, added in order.
    /// </summary>
    public static void WeightGradient(in ConvolutionShape shape, T* x, T* dy, T* dw, WorkerPool pool)
    {
        var body = new GradientBody { Plan = TapPlan.Forward(shape), Rows = (long)shape.Batch * shape.OutputHeight, X = x, Dy = dy };
        nint weights = shape.WeightCount;
        body.Chunks = (int)Math.Clamp(body.Rows / 8, 1, MaxChunks);
        body.Partials = body.Chunks == 1 ? dw : Scratch.Get<T>(ScratchPurpose.Partials, body.Chunks * weights);
        long work = Math.Max(1, body.Rows * shape.OutputWidth * weights / body.Chunks);
        pool.For(body.Chunks, Math.Max(1, (1 << 17) / work), body);
        if (body.Chunks > 1)
            pool.For(weights, 1 << 14, new PartialSum<T, TVector, TSimd> { Partials = body.Partials, Count = body.Chunks, Length = weights, Result = dw });
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

    /// <summary>Item i is chunk i of the output rows of all images.</summary>
    private struct GradientBody : IParallelBody
    {
        public TapPlan Plan;
        public long Rows;
        public int Chunks;
        public T* X;
        public T* Dy;
        public T* Partials;

        public readonly void Run(long start, long end)
        {
            nint weights = (nint)Plan.Taps * Plan.Channels;
            for (nint chunk = (nint)start; chunk < end; chunk++)
            {
                T* partial = Partials + (chunk * weights);
                for (nint e = 0; e < weights; e++)
                    partial[e] = T.Zero;
                for (long row = Rows * chunk / Chunks; row < Rows * (chunk + 1) / Chunks; row++)
                    AddRow((nint)row, partial);
            }
        }

        /// <summary>Adds one output row's part to every tap.</summary>
        private readonly void AddRow(nint outputRow, T* partial)
        {
            int channels = Plan.Channels;
            T* image = X + (outputRow / Plan.Rows * Plan.ImageElements);
            T* gradient = Dy + (outputRow * Plan.Columns * channels);
            for (int t = 0; t < Plan.Taps; t++)
            {
                int row = ((int)(outputRow % Plan.Rows) * Plan.StepRows) + (t / Plan.TapColumns * Plan.RowSpacing) - Plan.Top;
                if (row < 0 || row >= Plan.Height)
                    continue;
                // Columns whose window element lies inside the image: 0 ≤ j · step + shift < width.
                int shift = (t % Plan.TapColumns * Plan.ColumnSpacing) - Plan.Left;
                int first = shift >= 0 ? 0 : (-shift + Plan.StepColumns - 1) / Plan.StepColumns;
                int last = Math.Min(Plan.Columns, (Plan.Width - shift + Plan.StepColumns - 1) / Plan.StepColumns);
                if (first >= last)
                    continue;
                T* source = image + ((((nint)row * Plan.Width) + ((nint)first * Plan.StepColumns) + shift) * channels);
                AddProducts(source, gradient + ((nint)first * channels), last - first, partial + ((nint)t * channels));
            }
        }

        /// <summary>target[c] += Σ over pixels of source · gradient; a row's sum is made first, lest one chain of additions run over all pixels.</summary>
        private readonly void AddProducts(T* source, T* gradient, int count, T* target)
        {
            nint channels = Plan.Channels, step = Plan.ColumnStride;
            int width = TSimd.Width, c = 0;
            for (; c + (4 * width) <= Plan.Channels; c += 4 * width)
            {
                T* from = source + c, with = gradient + c;
                TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
                for (int j = 0; j < count; j++, from += step, with += channels)
                {
                    s0 = TSimd.MultiplyAdd(TSimd.Load(from), TSimd.Load(with), s0);
                    s1 = TSimd.MultiplyAdd(TSimd.Load(from + width), TSimd.Load(with + width), s1);
                    s2 = TSimd.MultiplyAdd(TSimd.Load(from + (2 * width)), TSimd.Load(with + (2 * width)), s2);
                    s3 = TSimd.MultiplyAdd(TSimd.Load(from + (3 * width)), TSimd.Load(with + (3 * width)), s3);
                }

                AddTo(target + c, s0);
                AddTo(target + c + width, s1);
                AddTo(target + c + (2 * width), s2);
                AddTo(target + c + (3 * width), s3);
            }

            for (; c + width <= Plan.Channels; c += width)
            {
                TVector sum = TSimd.Zero;
                for (nint j = 0; j < count; j++)
                    sum = TSimd.MultiplyAdd(TSimd.Load(source + (j * step) + c), TSimd.Load(gradient + (j * channels) + c), sum);
                AddTo(target + c, sum);
            }

            for (; c < Plan.Channels; c++)
            {
                T sum = T.Zero;
                for (nint j = 0; j < count; j++)
                    sum = T.MultiplyAddEstimate(source[(j * step) + c], gradient[(j * channels) + c], sum);
                target[c] += sum;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddTo(T* target, TVector sum) => TSimd.Store(TSimd.Add(TSimd.Load(target), sum), target);
    }
}
