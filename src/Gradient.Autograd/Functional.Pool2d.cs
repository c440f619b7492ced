namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>The largest of each window; the first of equals gets the gradient, NaN wins over numbers. Padding counts as −∞.</summary>
    /// <param name="x">[batch, height, width, channels].</param>
    /// <param name="kernelSize">Rows and columns of a window.</param>
    /// <param name="stride">Steps between windows; the kernel size by default.</param>
    /// <param name="padding">On every side; half of the kernel size at most.</param>
    /// <param name="dilation">Steps between neighbours in a window; 1 by default.</param>
    /// <param name="ceilMode">Whether a window that starts inside but ends outside counts.</param>
    /// <returns>[batch, outHeight, outWidth, channels].</returns>
    /// <exception cref="ShapeMismatchException">A window does not fit.</exception>
    public static GradientTensor MaxPool2d(
        GradientTensor x, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null, bool ceilMode = false)
    {
        var options = PoolOptions("maxPool2d", PoolKind.Maximum, x, kernelSize, stride, padding, dilation ?? 1, ceilMode, true);
        return Pool("maxPool2d", x, options, OutputShape("maxPool2d", x.Shape, options), withIndices: false).Values;
    }

    /// <summary>
    /// <see cref="MaxPool2d"/> and where each maximum was: row·width + column in its image, Int64.
    /// </summary>
    /// <exception cref="ShapeMismatchException">A window does not fit.</exception>
    public static (GradientTensor Values, GradientTensor Indices) MaxPool2dWithIndices(
        GradientTensor x, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null, bool ceilMode = false)
    {
        var options = PoolOptions("maxPool2d", PoolKind.Maximum, x, kernelSize, stride, padding, dilation ?? 1, ceilMode, true);
        var (values, indices) = Pool("maxPool2d", x, options, OutputShape("maxPool2d", x.Shape, options), withIndices: true);
        return (values, new(indices!.To(DType.Int64)));
    }

    /// <summary>The mean of each window.</summary>
    /// <param name="x">[batch, height, width, channels].</param>
    /// <param name="kernelSize">Rows and columns of a window.</param>
    /// <param name="stride">Steps between windows; the kernel size by default.</param>
    /// <param name="padding">Zeros on every side; half of the kernel size at most.</param>
    /// <param name="ceilMode">Whether a window that starts inside but ends outside counts.</param>
    /// <param name="countIncludePad">Whether padding counts in the divisor.</param>
    /// <returns>[batch, outHeight, outWidth, channels].</returns>
    /// <exception cref="ShapeMismatchException">A window does not fit.</exception>
    public static GradientTensor AvgPool2d(
        GradientTensor x, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, bool ceilMode = false, bool countIncludePad = true)
    {
        var options = PoolOptions("avgPool2d", PoolKind.Average, x, kernelSize, stride, padding, 1, ceilMode, countIncludePad);
        return Pool("avgPool2d", x, options, OutputShape("avgPool2d", x.Shape, options), withIndices: false).Values;
    }

    /// <summary>Means of as many windows as the output shall have: window i covers rows ⌊i·height/out⌋ to ⌈(i + 1)·height/out⌉.</summary>
    /// <param name="x">[batch, height, width, channels].</param>
    /// <param name="outputSize">Rows and columns of the output.</param>
    /// <returns>[batch, outHeight, outWidth, channels].</returns>
    /// <exception cref="ShapeMismatchException">The input is empty or no image, or a size is below 1.</exception>
    public static GradientTensor AdaptiveAvgPool2d(GradientTensor x, Size2d outputSize) =>
        AdaptivePool("adaptiveAvgPool2d", PoolKind.Average, x, outputSize);

    /// <summary>Maxima of as many windows as the output shall have, which lie as for <see cref="AdaptiveAvgPool2d"/>.</summary>
    /// <param name="x">[batch, height, width, channels].</param>
    /// <param name="outputSize">Rows and columns of the output.</param>
    /// <returns>[batch, outHeight, outWidth, channels].</returns>
    /// <exception cref="ShapeMismatchException">The input is empty or no image, or a size is below 1.</exception>
    public static GradientTensor AdaptiveMaxPool2d(GradientTensor x, Size2d outputSize) =>
        AdaptivePool("adaptiveMaxPool2d", PoolKind.Maximum, x, outputSize);

    private static GradientTensor AdaptivePool(string name, PoolKind kind, GradientTensor x, Size2d outputSize)
    {
        CheckImage(name, x);
        if (outputSize.Height < 1 || outputSize.Width < 1 || x.Shape[1] < 1 || x.Shape[2] < 1)
            throw new ShapeMismatchException($"{name}: an image of shape {x.Shape} cannot be pooled to {outputSize}; sizes must be 1 or more.");
        var shape = x.Shape.With(1, outputSize.Height).With(2, outputSize.Width);
        return Pool(name, x, new() { Kind = kind, Adaptive = true }, shape, withIndices: false).Values;
    }

    private static (GradientTensor Values, Tensor? Indices) Pool(
        string name, GradientTensor x, Pool2dOptions options, Shape shape, bool withIndices)
    {
        var y = Tensor.Empty(shape, x.DType, x.Device, name);
        bool recorded = Tape.IsRecording && x.RequiresGrad;
        var indices = options.Kind == PoolKind.Maximum && (withIndices || recorded) ? Tensor.Empty(shape, DType.Int32, x.Device, name) : null;
        x.Backend.Pool2d(options, x.Value, y, indices);
        var inputShape = x.Shape;
        return (Tape.Record(name, y, [x], g => [PoolInput(name, g, indices, options, inputShape)]), indices);
    }

    // The gradient is linear in g, so its own gradient is a pooling: the same means, or the elements that were the largest.
    private static GradientTensor PoolInput(string name, GradientTensor g, Tensor? indices, Pool2dOptions options, Shape inputShape)
    {
        var dx = Tensor.Empty(inputShape, g.DType, g.Device, name);
        g.Backend.Pool2dBackward(options, g.Value, indices, dx);
        var shape = g.Shape;
        return Tape.Record(name + " gradient", dx, [g], gg => [
            indices is null ? Pool(name, gg, options, shape, withIndices: false).Values : Picked(gg, indices, shape)]);
    }

    private static GradientTensor Picked(GradientTensor x, Tensor indices, Shape shape)
    {
        var places = new GradientTensor(indices.To(DType.Int64).Reshape([shape[0], shape[1] * shape[2], shape[3]]));
        return x.Reshape([x.Shape[0], x.Shape[1] * x.Shape[2], x.Shape[3]]).Gather(1, places).Reshape(shape);
    }

    private static Pool2dOptions PoolOptions(
        string name, PoolKind kind, GradientTensor x, Size2d kernel, Size2d? stride, Size2d padding, Size2d dilation, bool ceilMode, bool countIncludePad)
    {
        CheckImage(name, x);
        var step = stride ?? kernel;
        if (kernel.Height < 1 || kernel.Width < 1 || step.Height < 1 || step.Width < 1 || dilation.Height < 1 || dilation.Width < 1)
            throw new ShapeMismatchException($"{name}: kernel {kernel}, stride {step} and dilation {dilation} must be 1 or more.");
        if (padding.Height < 0 || padding.Width < 0 || padding.Height > kernel.Height / 2 || padding.Width > kernel.Width / 2)
            throw new ShapeMismatchException($"{name}: padding {padding} must be between 0 and half of the kernel size {kernel}.");
        return new()
        {
            Kind = kind,
            KernelHeight = kernel.Height,
            KernelWidth = kernel.Width,
            StrideHeight = step.Height,
            StrideWidth = step.Width,
            PaddingHeight = padding.Height,
            PaddingWidth = padding.Width,
            DilationHeight = dilation.Height,
            DilationWidth = dilation.Width,
            CeilMode = ceilMode,
            CountIncludePad = countIncludePad,
        };
    }

    private static Shape OutputShape(string name, Shape input, Pool2dOptions options)
    {
        long height = options.OutputHeight(input[1]), width = options.OutputWidth(input[2]);
        if (height < 1 || width < 1)
            throw new ShapeMismatchException(
                $"{name}: windows of {options.KernelHeight}×{options.KernelWidth} do not fit into an input of shape {input}; pad more, or use "
                + "smaller windows.");
        return [input[0], height, width, input[3]];
    }

    private static void CheckImage(string name, GradientTensor x)
    {
        ShapeChecks.FloatingPoint(name, x.DType);
        ShapeChecks.Rank(name, x.Shape, 4, "an image [batch, height, width, channels]");
    }
}
