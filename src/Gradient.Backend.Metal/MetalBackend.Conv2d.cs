using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>
/// Two-dimensional convolutions: shaders/conv.metal. All operands may have any layout; nothing is copied. A 1×1 convolution
/// without stride is a matrix product; one with few channels per group has kernels without tiles.
/// </content>
public sealed partial class MetalBackend
{
    private const string ConvolutionFamily = "conv";

    /// <summary>Groups of fewer channels, in and out, fill less than half a tile.</summary>
    private const int NarrowGroup = 16;

    /// <inheritdoc/>
    public void Conv2d(Tensor x, Tensor weight, Tensor? bias, in Conv2dOptions options, Tensor y)
    {
        if (y.ElementCount == 0) return;
        string type = FloatName("conv2d", y.DType);
        if (IsProduct(weight.Shape, options))
        {
            MatMul(x, weight, bias, MatMulActivation.None, y); // [batch, height, width, inputs] · [1, 1, inputs, outputs]
            return;
        }

        var (source, kernel, offsets) = (x.To(y.DType), weight.To(y.DType), bias?.To(y.DType));
        var convolution = Convolution.Forward(source, kernel, offsets, options, y);
        Convolve(convolution, type, InOr(source, y), InOr(kernel, y), InOr(offsets, y), bias is not null, Out(y));
        GC.KeepAlive(source);
        GC.KeepAlive(kernel);
        GC.KeepAlive(offsets);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void Conv2dInputGradient(Tensor dy, Tensor weight, in Conv2dOptions options, Tensor dx)
    {
        if (dx.ElementCount == 0) return;
        string type = FloatName("conv2d input gradient", dx.DType);
        if (IsProduct(weight.Shape, options))
        {
            using var transposed = weight.View(weight.Layout.Transpose(-2, -1));
            MatMul(dy, transposed, null, MatMulActivation.None, dx);
            return;
        }

        var (gradient, kernel) = (dy.To(dx.DType), weight.To(dx.DType));
        // Inputs of one phase of the stride see the same taps: each phase is a convolution of its own.
        for (int row = 0; row < Math.Min(options.StrideHeight, dx.Shape[1]); row++)
        {
            for (int column = 0; column < Math.Min(options.StrideWidth, dx.Shape[2]); column++)
            {
                var convolution = Convolution.Phase(gradient, kernel, options, dx, row, column, out long firstWeight, out long firstPixel);
                int size = dx.DType.Size();
                var read = InOr(kernel, dx);
                var written = Out(dx);
                if (kernel.ElementCount > 0 && convolution.TapsHigh > 0 && convolution.TapsWide > 0) read = read with { ByteOffset = read.ByteOffset + (firstWeight * size) };
                Convolve(convolution, type, InOr(gradient, dx), read, written, false, written with { ByteOffset = written.ByteOffset + (firstPixel * size) });
            }
        }

        GC.KeepAlive(gradient);
        GC.KeepAlive(kernel);
        GC.KeepAlive(dx);
    }

    /// <inheritdoc/>
    public void Conv2dWeightGradient(Tensor x, Tensor dy, in Conv2dOptions options, Tensor dw)
    {
        if (dw.ElementCount == 0) return;
        string type = FloatName("conv2d weight gradient", dw.DType);
        var (source, gradient) = (x.To(dw.DType), dy.To(dw.DType));
        if (!IsProduct(dw.Shape, options) || !WeightProduct(source, gradient, dw))
            WeightGradient(Convolution.Forward(source, dw, null, options, gradient), type, source, gradient, dw);
        GC.KeepAlive(source);
        GC.KeepAlive(gradient);
        GC.KeepAlive(dw);
    }

    private void WeightGradient(Convolution convolution, string type, Tensor x, Tensor dy, Tensor dw)
    {
        long taps = (long)convolution.TapsHigh * convolution.TapsWide * convolution.Sources;
        long pixels = (long)convolution.Images * convolution.TargetHeight * convolution.TargetWidth;
        bool narrow = IsNarrow(convolution);
        var (function, rows, columns, threads) = narrow ? ("weigh_narrow_", 1, 1, VectorThreads) : Tiles(taps, convolution.Targets, convolution.Groups, "weigh_");
        // One thread sums a split of a narrow one: then a group's worth of them counts as a tile.
        long tiles = narrow ? Ceiling(dw.ElementCount, threads) : Ceiling(taps, rows) * Ceiling(convolution.Targets, columns) * convolution.Groups;
        (convolution.Splits, convolution.Chunk) = Splits(tiles, pixels);
        var kernel = cache.Get(ConvolutionFamily, function + type, convolution.SourceColumn == 1 ? 1 : 0, convolution.TargetColumn == 1 ? 1 : 0, 0, 0);
        using var partials = convolution.Splits > 1 ? Tensor.Empty([convolution.Splits, dw.ElementCount], DType.Float32, dw.Device) : null;
        ReadOnlySpan<KernelBuffer> buffers = [InOr(x, dw), InOr(dy, dw), Out(dw), partials is null ? Unused(dw) : Out(partials)];
        if (narrow) Launch(kernel, buffers, convolution, dw.ElementCount * convolution.Splits, 2 * convolution.Chunk);
        else LaunchGroups(kernel, buffers, convolution, new(Groups(tiles * convolution.Splits)), new(threads), TileWork(tiles, rows, columns, pixels));
        if (partials is not null) SumSplits(ConvolutionFamily, type, partials, convolution.Splits, null, MatMulActivation.None, dw);
    }

    /// <summary>dw[inputs, outputs] ← xᵀ·dy, where both are matrices of pixels × channels without a copy.</summary>
    private bool WeightProduct(Tensor x, Tensor dy, Tensor dw)
    {
        long pixels = x.Shape[0] * x.Shape[1] * x.Shape[2];
        Shape inputs = [pixels, x.Shape[3]], outputs = [pixels, dy.Shape[3]], matrix = [x.Shape[3], dy.Shape[3]];
        if (!x.Layout.TryReshape(inputs, out var left) || !dy.Layout.TryReshape(outputs, out var right) || !dw.Layout.TryReshape(matrix, out var result)) return false;
        using Tensor a = x.View(left.Transpose(0, 1)), b = dy.View(right), y = dw.View(result);
        MatMul(a, b, null, MatMulActivation.None, y);
        return true;
    }

    /// <summary>Writes the target, of any phase.</summary>
    private void Convolve(in Convolution convolution, string type, KernelBuffer source, KernelBuffer weight, KernelBuffer bias, bool hasBias, KernelBuffer target)
    {
        long pixels = (long)convolution.Images * convolution.TargetHeight * convolution.TargetWidth;
        bool narrow = IsNarrow(convolution);
        var (function, rows, columns, threads) = narrow ? ("convolve_narrow_", 1, 1, VectorThreads) : Tiles(pixels, convolution.Targets, convolution.Groups, "convolve_");
        var kernel = cache.Get(ConvolutionFamily, function + type, convolution.SourceColumn == 1 ? 0 : 1, convolution.WeightSource == 1 ? 1 : 0, hasBias ? 1 : 0, 0);
        ReadOnlySpan<KernelBuffer> buffers = [source, weight, bias, target];
        long taps = (long)convolution.TapsHigh * convolution.TapsWide * convolution.Sources;
        long tiles = Ceiling(pixels, rows) * Ceiling(convolution.Targets, columns) * convolution.Groups;
        if (narrow) Launch(kernel, buffers, convolution, pixels * convolution.Groups * convolution.Targets, (2 * taps) + 1);
        else LaunchGroups(kernel, buffers, convolution, new(Groups(tiles)), new(threads), TileWork(tiles, rows, columns, taps));
    }

    private static bool IsNarrow(in Convolution convolution) =>
        convolution.Groups > 1 && convolution.Sources < NarrowGroup && convolution.Targets < NarrowGroup;

    private static bool IsProduct(in Shape weight, in Conv2dOptions options) =>
        weight[0] == 1 && weight[1] == 1 && options is { Groups: 1, StrideHeight: 1, StrideWidth: 1, PaddingHeight: 0, PaddingWidth: 0 };

    /// <summary>The name of a type that has kernels of floating point only.</summary>
    private static string FloatName(string operation, DType dtype) =>
        dtype is DType.Float32 or DType.Float16 or DType.BFloat16 ? TypeName(operation, dtype) : throw Unsupported(operation, dtype);

    /// <summary>The parameters of conv.metal, which says what they mean.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Convolution
    {
        public long SourceImage, SourceRow, SourceColumn, SourceChannel;
        public long TargetImage, TargetRow, TargetColumn, TargetChannel;
        public long WeightRow, WeightColumn, WeightSource, WeightTarget, WeightGroup;
        public long Bias;
        public long Chunk;
        public int Images, SourceHeight, SourceWidth, TargetHeight, TargetWidth;
        public int TapsHigh, TapsWide;
        public int StrideHigh, StrideWide, OriginHigh, OriginWide, DilationHigh, DilationWide;
        public int Groups, Sources, Targets;
        public int Splits;

        /// <summary>From an input to an output; the weight's gradient has the same parameters.</summary>
        public static Convolution Forward(Tensor x, Tensor weight, Tensor? bias, in Conv2dOptions options, Tensor y)
        {
            var made = Between(x, y, options.Groups, x.Shape[3], y.Shape[3]);
            made.WeightSource = weight.Layout.Stride(2);
            made.WeightTarget = weight.Layout.Stride(3);
            made.WeightGroup = made.Targets * weight.Layout.Stride(3);
            (made.WeightRow, made.WeightColumn) = (weight.Layout.Stride(0), weight.Layout.Stride(1));
            (made.TapsHigh, made.TapsWide) = (Int(weight.Shape[0]), Int(weight.Shape[1]));
            (made.StrideHigh, made.StrideWide) = (options.StrideHeight, options.StrideWidth);
            (made.OriginHigh, made.OriginWide) = (-options.PaddingHeight, -options.PaddingWidth);
            (made.DilationHigh, made.DilationWide) = (options.DilationHeight, options.DilationWidth);
            made.Bias = bias is null ? 0 : bias.Layout.Stride(0);
            made.Check();
            return made;
        }

        /// <summary>
        /// From an output's gradient to the input's, for the inputs (row + i·stride, column + j·stride). Input r receives
        /// through tap t from output (r + padding − t·dilation)/stride where that is whole: with d = gcd(dilation, stride) these
        /// are every (stride/d)-th tap from a first one, if any, and each next one reads (dilation/d) outputs before.
        /// </summary>
        public static Convolution Phase(
            Tensor dy, Tensor weight, in Conv2dOptions options, Tensor dx, int row, int column, out long firstWeight, out long firstPixel)
        {
            var made = Between(dy, dx, options.Groups, dy.Shape[3], dx.Shape[3]);
            made.WeightSource = weight.Layout.Stride(3);
            made.WeightTarget = weight.Layout.Stride(2);
            made.WeightGroup = made.Sources * weight.Layout.Stride(3);
            var high = Taps(row + options.PaddingHeight, options.StrideHeight, options.DilationHeight, Int(weight.Shape[0]));
            var wide = Taps(column + options.PaddingWidth, options.StrideWidth, options.DilationWidth, Int(weight.Shape[1]));
            (made.WeightRow, made.WeightColumn) = (high.Step * weight.Layout.Stride(0), wide.Step * weight.Layout.Stride(1));
            (made.TapsHigh, made.TapsWide) = (high.Count, wide.Count);
            (made.StrideHigh, made.StrideWide) = (1, 1);
            (made.OriginHigh, made.OriginWide) = (high.Origin, wide.Origin);
            (made.DilationHigh, made.DilationWide) = (high.Dilation, wide.Dilation);
            made.TargetHeight = Int(Ceiling(dx.Shape[1] - row, options.StrideHeight));
            made.TargetWidth = Int(Ceiling(dx.Shape[2] - column, options.StrideWidth));
            made.TargetRow *= options.StrideHeight;
            made.TargetColumn *= options.StrideWidth;
            firstWeight = (high.First * weight.Layout.Stride(0)) + (wide.First * weight.Layout.Stride(1));
            firstPixel = (row * dx.Layout.Stride(1)) + (column * dx.Layout.Stride(2));
            made.Check();
            return made;
        }

        private static (int First, int Step, int Count, int Origin, int Dilation) Taps(int place, int stride, int dilation, int taps)
        {
            int common = stride;
            for (int rest = dilation; rest != 0;) (common, rest) = (rest, common % rest);
            int step = stride / common;
            for (int first = 0; first < Math.Min(step, taps); first++)
            {
                int from = place - (first * dilation);
                if (from % stride == 0) return (first, step, ((taps - 1 - first) / step) + 1, from / stride, -(dilation / common));
            }

            return (0, 0, 0, 0, 0);
        }

        private static Convolution Between(Tensor source, Tensor target, int groups, long sources, long targets)
        {
            ref readonly var from = ref source.Layout;
            ref readonly var to = ref target.Layout;
            return new()
            {
                SourceImage = from.Stride(0), SourceRow = from.Stride(1), SourceColumn = from.Stride(2), SourceChannel = from.Stride(3),
                TargetImage = to.Stride(0), TargetRow = to.Stride(1), TargetColumn = to.Stride(2), TargetChannel = to.Stride(3),
                Images = Int(target.Shape[0]), SourceHeight = Int(source.Shape[1]), SourceWidth = Int(source.Shape[2]),
                TargetHeight = Int(target.Shape[1]), TargetWidth = Int(target.Shape[2]),
                Groups = groups, Sources = Int(sources / groups), Targets = Int(targets / groups), Splits = 1,
            };
        }

        /// <summary>The kernels count pixels, and taps, in 32 bits.</summary>
        private readonly void Check()
        {
            Int((long)Images * TargetHeight * TargetWidth);
            Int((long)TapsHigh * TapsWide * Sources);
            Int((long)Groups * Targets);
        }

        private static int Int(long length) => length <= int.MaxValue ? (int)length
            : throw new UnsupportedOperationException($"conv2d on device metal: {length:N0} places are more than 2³¹ − 1; split the batch.");
    }
}
