namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// Two-dimensional convolution (cross-correlation, as everywhere in deep learning). The output has
    /// ⌊(length + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1 rows and columns.
    /// </summary>
    /// <param name="x">[batch, height, width, inputs].</param>
    /// <param name="weight">[kernelHeight, kernelWidth, inputs/groups, outputs].</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <param name="stride">Steps between windows; 1 by default.</param>
    /// <param name="padding">Zeros on every side; 0 by default.</param>
    /// <param name="dilation">Steps between kernel elements; 1 by default.</param>
    /// <param name="groups">Into how many groups the channels are split; 1 by default.</param>
    /// <returns>[batch, outHeight, outWidth, outputs].</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor Conv2d(
        GradientTensor x, GradientTensor weight, GradientTensor? bias = null,
        Size2d? stride = null, Size2d padding = default, Size2d? dilation = null, int groups = 1)
    {
        var options = ConvolutionOptions("conv2d", stride ?? 1, padding, dilation ?? 1, groups);
        var casting = Autocast.For("conv2d", x, weight, bias);
        (x, weight, bias) = (casting.Apply(x), casting.Apply(weight), casting.Apply(bias));
        CheckAlike("conv2d", x, weight, "the kernel");
        CheckAlike("conv2d", x, bias, "the bias");
        ShapeChecks.Rank("conv2d", x.Shape, 4, "an input [batch, height, width, channels]");
        CheckKernel("conv2d", weight.Shape, "a kernel [kernelHeight, kernelWidth, inputs/groups, outputs]");
        if (x.Shape[3] != weight.Shape[2] * groups || weight.Shape[3] % groups != 0)
            throw new ShapeMismatchException(
                $"conv2d: an input of shape {x.Shape} (channels last) and a kernel of shape {weight.Shape} do not fit in {groups} groups: "
                + $"the input's {x.Shape[3]} channels must be {weight.Shape[2]}·{groups}, and the {weight.Shape[3]} outputs a multiple of {groups}."
                + (x.Shape[1] == weight.Shape[2] * groups ? " If the channels come first, Permute(0, 2, 3, 1), or give the layer ChannelOrder.First." : ""));
        CheckShape("conv2d", "the bias", bias, [weight.Shape[3]], x);
        long height = options.OutputHeight(x.Shape[1], weight.Shape[0]), width = options.OutputWidth(x.Shape[2], weight.Shape[1]);
        if (height < 1 || width < 1)
            throw new ShapeMismatchException(
                $"conv2d: a kernel of shape {weight.Shape} with padding {padding} and dilation {dilation ?? 1} does not fit into an input of "
                + $"shape {x.Shape}; pad more.");
        return Convolve(x, weight, bias, options, [x.Shape[0], height, width, weight.Shape[3]]);
    }

    /// <summary>
    /// Transposed convolution: the gradient of <see cref="Conv2d"/> with respect to its input, as an operation of its own. The output
    /// has (length − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1 rows and columns.
    /// </summary>
    /// <param name="x">[batch, height, width, inputs].</param>
    /// <param name="weight">[kernelHeight, kernelWidth, outputs/groups, inputs]: the kernel of the convolution that this transposes.</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <param name="stride">Steps between windows in the output; 1 by default.</param>
    /// <param name="padding">Rows and columns left out on every side of the output; 0 by default.</param>
    /// <param name="outputPadding">Rows and columns added below and right; less than stride or dilation. 0 by default.</param>
    /// <param name="dilation">Steps between kernel elements; 1 by default.</param>
    /// <param name="groups">Into how many groups the channels are split; 1 by default.</param>
    /// <returns>[batch, outHeight, outWidth, outputs].</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor ConvTranspose2d(
        GradientTensor x, GradientTensor weight, GradientTensor? bias = null,
        Size2d? stride = null, Size2d padding = default, Size2d outputPadding = default, Size2d? dilation = null, int groups = 1)
    {
        const string name = "convTranspose2d";
        var options = ConvolutionOptions(name, stride ?? 1, padding, dilation ?? 1, groups);
        var casting = Autocast.For(name, x, weight, bias);
        (x, weight, bias) = (casting.Apply(x), casting.Apply(weight), casting.Apply(bias));
        CheckAlike(name, x, weight, "the kernel");
        CheckAlike(name, x, bias, "the bias");
        ShapeChecks.Rank(name, x.Shape, 4, "an input [batch, height, width, channels]");
        CheckKernel(name, weight.Shape, "a kernel [kernelHeight, kernelWidth, outputs/groups, inputs]");
        if (x.Shape[3] != weight.Shape[3] || x.Shape[3] % groups != 0)
            throw new ShapeMismatchException(
                $"{name}: an input of shape {x.Shape} (channels last) and a kernel of shape {weight.Shape} [kernelHeight, kernelWidth, outputs/groups, "
                + $"inputs] do not fit in {groups} groups: the channels must be the kernel's inputs, and a multiple of the groups.");
        if (outputPadding.Height < 0 || outputPadding.Height >= Math.Max(options.StrideHeight, options.DilationHeight)
            || outputPadding.Width < 0 || outputPadding.Width >= Math.Max(options.StrideWidth, options.DilationWidth))
            throw new ShapeMismatchException($"{name}: output padding {outputPadding} must be less than stride {stride ?? 1} or dilation {dilation ?? 1}.");
        long outputs = weight.Shape[2] * groups;
        CheckShape(name, "the bias", bias, [outputs], x);
        long height = Grown(x.Shape[1], weight.Shape[0], options.StrideHeight, padding.Height, options.DilationHeight, outputPadding.Height);
        long width = Grown(x.Shape[2], weight.Shape[1], options.StrideWidth, padding.Width, options.DilationWidth, outputPadding.Width);
        if (height < 1 || width < 1)
            throw new ShapeMismatchException($"{name}: padding {padding} leaves nothing of the output of an input of shape {x.Shape}; pad less.");
        var y = ConvolveInput(x, weight, options, [x.Shape[0], height, width, outputs]);
        return bias is null ? y : y + bias;
    }

    /// <summary>Convolution of sequences; as <see cref="Conv2d"/> with one axis.</summary>
    /// <param name="x">[batch, length, inputs].</param>
    /// <param name="weight">[kernel, inputs/groups, outputs].</param>
    /// <param name="bias">[outputs], or null.</param>
    /// <param name="stride">Steps between windows.</param>
    /// <param name="padding">Zeros on both sides.</param>
    /// <param name="dilation">Steps between kernel elements.</param>
    /// <param name="groups">Into how many groups the channels are split.</param>
    /// <returns>[batch, outLength, outputs].</returns>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor Conv1d(
        GradientTensor x, GradientTensor weight, GradientTensor? bias = null, int stride = 1, int padding = 0, int dilation = 1, int groups = 1)
    {
        ShapeChecks.Rank("conv1d", x.Shape, 3, "an input [batch, length, channels]");
        ShapeChecks.Rank("conv1d", weight.Shape, 3, "a kernel [kernel, inputs/groups, outputs]");
        var casting = Autocast.For("conv1d", x, weight, bias); // before the axis is added: only a parameter as it is is cast once for all uses
        (x, weight, bias) = (casting.Apply(x), casting.Apply(weight), casting.Apply(bias));
        return Conv2d(x.Unsqueeze(1), weight.Unsqueeze(0), bias, (1, stride), (0, padding), (1, dilation), groups).Squeeze(1);
    }

    // The convolution C(x, w) is linear in both arguments, and so are its gradients I(g, w) and W(x, g). Each of the three
    // has the other two as its own gradients, so recording all three closes the circle: gradients of any order.
    private static GradientTensor Convolve(GradientTensor x, GradientTensor weight, GradientTensor? bias, Conv2dOptions options, Shape shape)
    {
        var y = Tensor.Empty(shape, x.DType, x.Device, "conv2d");
        x.Backend.Conv2d(x.Value, weight.Value, bias?.Value, options, y);
        bool needX = x.RequiresGrad, needWeight = weight.RequiresGrad, needBias = bias is { RequiresGrad: true };
        var (inputShape, kernelShape) = (x.Shape, weight.Shape);
        return Tape.Record(
            "conv2d", y, [x, weight, bias],
            g => [
                needX ? ConvolveInput(g, weight, options, inputShape) : null,
                needWeight ? ConvolveWeight(x, g, options, kernelShape) : null,
                needBias ? g : null], // the tape sums it to the bias's shape
            needWeight ? x : null, needX ? weight : null);
    }

    private static GradientTensor ConvolveInput(GradientTensor dy, GradientTensor weight, Conv2dOptions options, Shape inputShape)
    {
        var dx = Tensor.Empty(inputShape, dy.DType, dy.Device, "conv2d input gradient");
        dy.Backend.Conv2dInputGradient(dy.Value, weight.Value, options, dx);
        bool needDy = dy.RequiresGrad, needWeight = weight.RequiresGrad;
        var (outputShape, kernelShape) = (dy.Shape, weight.Shape);
        return Tape.Record(
            "conv2d input gradient", dx, [dy, weight],
            g => [
                needDy ? Convolve(g, weight, null, options, outputShape) : null,
                needWeight ? ConvolveWeight(g, dy, options, kernelShape) : null],
            needWeight ? dy : null, needDy ? weight : null);
    }

    private static GradientTensor ConvolveWeight(GradientTensor x, GradientTensor dy, Conv2dOptions options, Shape kernelShape)
    {
        var dw = Tensor.Empty(kernelShape, x.DType, x.Device, "conv2d weight gradient");
        x.Backend.Conv2dWeightGradient(x.Value, dy.Value, options, dw);
        bool needX = x.RequiresGrad, needDy = dy.RequiresGrad;
        var (inputShape, outputShape) = (x.Shape, dy.Shape);
        return Tape.Record(
            "conv2d weight gradient", dw, [x, dy],
            g => [
                needX ? ConvolveInput(dy, g, options, inputShape) : null,
                needDy ? Convolve(x, g, null, options, outputShape) : null],
            needDy ? x : null, needX ? dy : null);
    }

    private static Conv2dOptions ConvolutionOptions(string name, Size2d stride, Size2d padding, Size2d dilation, int groups)
    {
        if (stride.Height < 1 || stride.Width < 1 || dilation.Height < 1 || dilation.Width < 1 || padding.Height < 0 || padding.Width < 0 || groups < 1)
            throw new ShapeMismatchException(
                $"{name}: stride {stride}, dilation {dilation} and groups {groups} must be 1 or more, padding {padding} 0 or more.");
        return new()
        {
            StrideHeight = stride.Height,
            StrideWidth = stride.Width,
            PaddingHeight = padding.Height,
            PaddingWidth = padding.Width,
            DilationHeight = dilation.Height,
            DilationWidth = dilation.Width,
            Groups = groups,
        };
    }

    private static void CheckKernel(string name, in Shape kernel, string meaning)
    {
        ShapeChecks.Rank(name, kernel, 4, meaning);
        if (kernel[0] < 1 || kernel[1] < 1) throw new ShapeMismatchException($"{name}: a kernel of shape {kernel} needs at least one row and column.");
    }

    private static long Grown(long length, long kernel, int stride, int padding, int dilation, int outputPadding) =>
        ((length - 1) * stride) - (2L * padding) + (dilation * (kernel - 1)) + outputPadding + 1;
}
