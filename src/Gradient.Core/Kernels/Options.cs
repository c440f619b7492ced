namespace Gradient.Core;

/// <summary>The numbers that an elementwise kernel takes besides tensors; what they mean is said at each kind.</summary>
/// <param name="A">The first.</param>
/// <param name="B">The second.</param>
public readonly record struct KernelParameters(double A = 0, double B = 0);

/// <summary>Which labels count in a cross-entropy, and how.</summary>
public readonly record struct CrossEntropyOptions()
{
    /// <summary>The label whose rows have loss 0 and gradient 0.</summary>
    public long IgnoredLabel { get; init; } = -100;

    /// <summary>How much of each target is spread evenly over all classes, 0 to 1.</summary>
    public double LabelSmoothing { get; init; }
}

/// <summary>How a two-dimensional convolution walks its input, per spatial axis.</summary>
public readonly record struct Conv2dOptions()
{
    /// <summary>Rows between windows.</summary>
    public int StrideHeight { get; init; } = 1;

    /// <summary>Columns between windows.</summary>
    public int StrideWidth { get; init; } = 1;

    /// <summary>Rows of zeros above and below the input.</summary>
    public int PaddingHeight { get; init; }

    /// <summary>Columns of zeros left and right of the input.</summary>
    public int PaddingWidth { get; init; }

    /// <summary>Rows between neighbouring kernel elements.</summary>
    public int DilationHeight { get; init; } = 1;

    /// <summary>Columns between neighbouring kernel elements.</summary>
    public int DilationWidth { get; init; } = 1;

    /// <summary>Into how many groups of equal size channels are split; each output group sees only its input group.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>The height of the output: ⌊(height + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1.</summary>
    public long OutputHeight(long height, long kernelHeight) =>
        Windows(height, kernelHeight, StrideHeight, PaddingHeight, DilationHeight);

    /// <summary>The width of the output, likewise.</summary>
    public long OutputWidth(long width, long kernelWidth) =>
        Windows(width, kernelWidth, StrideWidth, PaddingWidth, DilationWidth);

    private static long Windows(long length, long kernel, int stride, int padding, int dilation) =>
        (long)Math.Floor((length + (2.0 * padding) - (dilation * (kernel - 1)) - 1) / stride) + 1;
}

/// <summary>How a two-dimensional pooling walks its input.</summary>
public readonly record struct Pool2dOptions()
{
    /// <summary>What a window becomes.</summary>
    public PoolKind Kind { get; init; }

    /// <summary>
    /// Whether windows follow from the output's size: window i covers rows ⌊i·height/out⌋ to ⌈(i + 1)·height/out⌉; all else
    /// below is ignored then.
    /// </summary>
    public bool Adaptive { get; init; }

    /// <summary>Rows of a window.</summary>
    public int KernelHeight { get; init; } = 1;

    /// <summary>Columns of a window.</summary>
    public int KernelWidth { get; init; } = 1;

    /// <summary>Rows between windows.</summary>
    public int StrideHeight { get; init; } = 1;

    /// <summary>Columns between windows.</summary>
    public int StrideWidth { get; init; } = 1;

    /// <summary>Rows of padding above and below.</summary>
    public int PaddingHeight { get; init; }

    /// <summary>Columns of padding left and right.</summary>
    public int PaddingWidth { get; init; }

    /// <summary>Rows between neighbours in a window (maximum pooling only).</summary>
    public int DilationHeight { get; init; } = 1;

    /// <summary>Columns between neighbours in a window (maximum pooling only).</summary>
    public int DilationWidth { get; init; } = 1;

    /// <summary>Whether a last window that starts inside the input or its left padding but ends outside counts.</summary>
    public bool CeilMode { get; init; }

    /// <summary>Whether padding counts in the divisor of an average (what CeilMode adds beyond it never does).</summary>
    public bool CountIncludePad { get; init; } = true;

    /// <summary>The height of the output, as PyTorch defines it; for adaptive pooling it is given, not computed.</summary>
    public long OutputHeight(long height) =>
        Windows(height, KernelHeight, StrideHeight, PaddingHeight, DilationHeight);

    /// <summary>The width of the output, likewise.</summary>
    public long OutputWidth(long width) =>
        Windows(width, KernelWidth, StrideWidth, PaddingWidth, DilationWidth);

    private long Windows(long length, int kernel, int stride, int padding, int dilation)
    {
        double room = (length + (2.0 * padding) - (dilation * (kernel - 1)) - 1) / stride;
        long windows = (long)(CeilMode ? Math.Ceiling(room) : Math.Floor(room)) + 1;
        return CeilMode && (windows - 1) * stride >= length + padding ? windows - 1 : windows;
    }
}

/// <summary>What scaled dot-product attention does besides its products.</summary>
public readonly record struct AttentionOptions()
{
    /// <summary>Whether query i sees keys 0 to i only. Other keys weigh 0, or are skipped: what is not finite in them may show (0·NaN) or not.</summary>
    public bool Causal { get; init; }

    /// <summary>The factor of the products of queries and keys, before the mask.</summary>
    public double Scale { get; init; } = 1;
}

/// <summary>The numbers of one optimizer step; each rule uses those that its paper has. Defaults are those of PyTorch's Adam.</summary>
public readonly record struct OptimizerSettings()
{
    /// <summary>The learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The factor of weight decay.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether decay acts on the parameters (AdamW) instead of the gradients (L2 penalty).</summary>
    public bool DecoupledWeightDecay { get; init; }

    /// <summary>Momentum of SGD and RMSprop; β₁ of Adam and NAdam; the learning-rate decay of Adagrad does not belong here.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>β₂ of Adam and NAdam; the smoothing α of RMSprop; ρ of Adadelta.</summary>
    public double Smoothing { get; init; } = 0.999;

    /// <summary>What is added to denominators.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>SGD: by how much a gradient's share in the momentum buffer is lowered.</summary>
    public double Dampening { get; init; }

    /// <summary>SGD: Nesterov's momentum.</summary>
    public bool Nesterov { get; init; }

    /// <summary>RMSprop: whether the mean gradient is taken out of the variance.</summary>
    public bool Centered { get; init; }

    /// <summary>Adam: whether the largest second moment so far is used (AMSGrad).</summary>
    public bool AmsGrad { get; init; }

    /// <summary>Whether to ascend.</summary>
    public bool Maximize { get; init; }

    /// <summary>The number of this step, from 1.</summary>
    public long Step { get; init; } = 1;

    /// <summary>NAdam: μ of this step.</summary>
    public double MomentumNow { get; init; }

    /// <summary>NAdam: μ of the next step.</summary>
    public double MomentumNext { get; init; }

    /// <summary>NAdam: the product of all μ up to and with this step.</summary>
    public double MomentumProduct { get; init; }
}

/// <summary>What one parameter brings to an optimizer step: all of one shape; states as <see cref="OptimizerKind"/> says.</summary>
/// <param name="Parameter">Updated in place.</param>
/// <param name="Gradient">Read.</param>
/// <param name="State0">Updated in place.</param>
/// <param name="State1">Updated in place.</param>
/// <param name="State2">Updated in place.</param>
public readonly record struct OptimizerSlot(
    Tensor Parameter, Tensor Gradient, Tensor? State0 = null, Tensor? State1 = null, Tensor? State2 = null);
