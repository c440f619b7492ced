using System.Numerics;

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
        nint rowBytes = plan.StepRows * plan.RowStride * sizeof(T);
        nint rows = Math.Min(BandBytes / Math.Max(1, rowBytes), ((nint)batch * plan.Rows / (4 * pool.Threads)) + 1);
        body.BandRows = (int)Math.Clamp(rows, 1, plan.Rows);
        body.Bands = (plan.Rows + body.BandRows - 1) / body.BandRows;
        nint bandWork = Math.Max(1, (nint)body.BandRows * plan.Columns * plan.Channels * plan.Taps);
        pool.For((long)batch * body.Bands, Math.Max(1, (1 << 17) / bandWork), body);
    }

    /// <summary>dw[tap, channel] = Σ over images and pixels of window · dy; channels are shared out, so no sum is split.</summary>
    public static void WeightGradient(in ConvolutionShape shape, T* x, T* dy, T* dw, WorkerPool pool)
    {
        // A strip is what four vectors hold: each keeps its own part of the padded image, one strip wide.
        var body = new GradientBody { Plan = TapPlan.Forward(shape), Batch = shape.Batch, X = x, Dy = dy, Dw = dw };
        nint strips = (shape.Outputs + GradientBody.Strip - 1) / GradientBody.Strip;
        nint work = Math.Max(1, (nint)shape.Batch * body.Plan.Rows * body.Plan.Columns * body.Plan.Taps * GradientBody.Strip);
        pool.For(strips, Math.Max(1, (1 << 17) / work), body);
    }

    /// <summary>Item i is band i % Bands of image i / Bands.</summary>
    private struct TapBody : IParallelBody
    {
        public TapPlan Plan;
        public T* Images;
        public T* Weight;
        public nint* WeightOffsets;
        public T* Bias;
        public bool Relu;
        public LatticeOutput<T> Output;
        public int BandRows;
        public int Bands;

        public readonly void Run(long start, long end)
        {
            T* buffer = Scratch.Get<T>(ScratchPurpose.Image, Plan.BandElements(BandRows));
            nint* offsets = Scratch.Get<nint>(ScratchPurpose.Pointers, Plan.Taps);
            for (int t = 0; t < Plan.Taps; t++)
                offsets[t] = Plan.Offset(t);
            for (long item = start; item < end; item++)
            {
                nint image = (nint)(item / Bands);
                int firstRow = (int)(item % Bands) * BandRows;
                int count = Math.Min(BandRows, Plan.Rows - firstRow);
                T* band = Plan.Band(Images + (image * Plan.Height * Plan.Width * Plan.Channels), firstRow, count, buffer);
                for (int i = 0; i < count; i++)
                {
                    T* from = band + (i * Plan.StepRows * Plan.RowStride);
                    T* to = Output.Origin + (image * Output.Image) + ((firstRow + i) * Output.Row);
                    for (int j = 0; j < Plan.Columns; j++, from += (nint)Plan.StepColumns * Plan.Channels, to += Output.Column)
                        Pixel(from, offsets, to);
                }
            }
        }

        private readonly void Pixel(T* window, nint* offsets, T* output)
        {
            int c = 0;
            for (; c + TSimd.Width <= Plan.Channels; c += TSimd.Width)
            {
                TVector sum = TSimd.Zero;
                for (int t = 0; t < Plan.Taps; t++)
                    sum = TSimd.MultiplyAdd(TSimd.Load(window + offsets[t] + c), TSimd.Load(Weight + WeightOffsets[t] + c), sum);
                if (Bias != null)
                    sum = TSimd.Add(sum, TSimd.Load(Bias + c));
                TSimd.Store(Relu ? TSimd.Relu(sum) : sum, output + c);
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
            int end = Math.Min(channel + Strip, Plan.Channels);
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
