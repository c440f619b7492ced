namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// The windows of a convolution as rows (im2col): Unfold(x) · kernel.Reshape(−1, outputs) is the convolution.
    /// </summary>
    /// <param name="x">[batch, height, width, channels].</param>
    /// <param name="kernelSize">Rows and columns of a window.</param>
    /// <param name="stride">Steps between windows; 1 by default.</param>
    /// <param name="padding">Zeros on every side.</param>
    /// <param name="dilation">Steps between elements of a window; 1 by default.</param>
    /// <returns>[batch, outHeight·outWidth, kernelHeight·kernelWidth·channels].</returns>
    /// <exception cref="ShapeMismatchException">A window does not fit.</exception>
    public static GradientTensor Unfold(GradientTensor x, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null)
    {
        var options = ConvolutionOptions("unfold", stride ?? 1, padding, dilation ?? 1, 1);
        CheckImage("unfold", x);
        CheckWindows("unfold", x.Shape, kernelSize, options);
        return Unfold(x, kernelSize, options);
    }

    /// <summary>
    /// Adds windows back to an image (col2im): where windows overlap, their elements are summed. The gradient of
    /// <see cref="Unfold(GradientTensor, Size2d, Size2d?, Size2d, Size2d?)"/>.
    /// </summary>
    /// <param name="columns">[batch, outHeight·outWidth, kernelHeight·kernelWidth·channels].</param>
    /// <param name="outputSize">Height and width of the image.</param>
    /// <param name="kernelSize">Rows and columns of a window.</param>
    /// <param name="stride">Steps between windows; 1 by default.</param>
    /// <param name="padding">On every side, left out of the image.</param>
    /// <param name="dilation">Steps between elements of a window; 1 by default.</param>
    /// <returns>[batch, height, width, channels].</returns>
    /// <exception cref="ShapeMismatchException">The columns do not fit.</exception>
    public static GradientTensor Fold(
        GradientTensor columns, Size2d outputSize, Size2d kernelSize, Size2d? stride = null, Size2d padding = default, Size2d? dilation = null)
    {
        var options = ConvolutionOptions("fold", stride ?? 1, padding, dilation ?? 1, 1);
        ShapeChecks.FloatingPoint("fold", columns.DType);
        ShapeChecks.Rank("fold", columns.Shape, 3, "columns [batch, windows, kernelHeight·kernelWidth·channels]");
        long area = (long)kernelSize.Height * kernelSize.Width;
        Shape image = [columns.Shape[0], outputSize.Height, outputSize.Width, area > 0 ? columns.Shape[2] / area : 0];
        CheckWindows("fold", image, kernelSize, options);
        var (height, width) = WindowCounts(image, kernelSize, options);
        if (columns.Shape[1] != height * width || columns.Shape[2] % area != 0)
            throw new ShapeMismatchException(
                $"fold: columns of shape {columns.Shape} where [batch, {height * width}, {area}·channels] is needed for an image of {outputSize} "
                + $"and windows of {kernelSize}.");
        return Fold(columns, image, kernelSize, options);
    }

    private static GradientTensor Unfold(GradientTensor x, Size2d kernel, Conv2dOptions options)
    {
        var padded = Padded(x.Shape, x.Value, options);
        Inner(padded, x.Shape, options).CopyFrom(x.Value);
        var windows = Windows(padded.Layout, kernel, options);
        long area = (long)kernel.Height * kernel.Width;
        var columns = padded.View(windows).Reshape([x.Shape[0], windows.Shape[1] * windows.Shape[2], area * x.Shape[3]]);
        var image = x.Shape;
        return Tape.Record("unfold", columns, [x], g => [Fold(g, image, kernel, options)]);
    }

    private static GradientTensor Fold(GradientTensor columns, Shape image, Size2d kernel, Conv2dOptions options)
    {
        var padded = Padded(image, columns.Value, options);
        padded.Fill(0);
        // Within one place of the window nothing overlaps: one strided sum per place.
        var windows = padded.View(Windows(padded.Layout, kernel, options));
        var parts = columns.Value.Reshape(windows.Shape);
        for (int i = 0; i < kernel.Height; i++)
            for (int j = 0; j < kernel.Width; j++)
            {
                var target = windows.View(windows.Layout.Select(3, i).Select(3, j));
                padded.Backend.Binary(BinaryKind.Add, target, parts.View(parts.Layout.Select(3, i).Select(3, j)), target);
            }

        return Tape.Record("fold", Inner(padded, image, options), [columns], g => [Unfold(g, kernel, options)]);
    }

    /// <summary>[batch, outHeight, outWidth, kernelHeight, kernelWidth, channels] as a view.</summary>
    private static Layout Windows(in Layout padded, Size2d kernel, in Conv2dOptions options)
    {
        long rows = ((kernel.Height - 1L) * options.DilationHeight) + 1, columns = ((kernel.Width - 1L) * options.DilationWidth) + 1;
        return padded.Unfold(1, rows, options.StrideHeight).Unfold(2, columns, options.StrideWidth)
            .Slice(4, 0, kernel.Height, options.DilationHeight).Slice(5, 0, kernel.Width, options.DilationWidth)
            .Permute([0, 1, 2, 4, 5, 3]);
    }

    private static Tensor Padded(in Shape image, Tensor like, in Conv2dOptions options)
    {
        var padded = Tensor.Empty(
            [image[0], image[1] + (2L * options.PaddingHeight), image[2] + (2L * options.PaddingWidth), image[3]], like.DType, like.Device, "unfold");
        if (options.PaddingHeight > 0 || options.PaddingWidth > 0) padded.Fill(0);
        return padded;
    }

    private static Tensor Inner(Tensor padded, in Shape image, in Conv2dOptions options) =>
        padded.View(padded.Layout.Slice(1, options.PaddingHeight, image[1]).Slice(2, options.PaddingWidth, image[2]));

    private static (long Height, long Width) WindowCounts(in Shape image, Size2d kernel, in Conv2dOptions options) =>
        (options.OutputHeight(image[1], kernel.Height), options.OutputWidth(image[2], kernel.Width));

    private static void CheckWindows(string name, in Shape image, Size2d kernel, in Conv2dOptions options)
    {
        var (height, width) = WindowCounts(image, kernel, options);
        if (kernel.Height < 1 || kernel.Width < 1 || height < 1 || width < 1)
            throw new ShapeMismatchException($"{name}: windows of {kernel} do not fit into an image of shape {image}; pad more.");
    }
}
