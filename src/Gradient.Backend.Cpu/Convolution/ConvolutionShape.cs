namespace Gradient.Backend.Cpu;

/// <summary>
/// The lengths of a two-dimensional convolution. All tensors are contiguous: images [batch, height, width, channels], weights
/// [kernelHeight, kernelWidth, inputs / groups, outputs].
/// </summary>
internal readonly record struct ConvolutionShape
{
    public required int Batch { get; init; }

    public required int Height { get; init; }

    public required int Width { get; init; }

    public required int Inputs { get; init; }

    public required int OutputHeight { get; init; }

    public required int OutputWidth { get; init; }

    public required int Outputs { get; init; }

    public required int KernelHeight { get; init; }

    public required int KernelWidth { get; init; }

    public int StrideHeight { get; init; } = 1;

    public int StrideWidth { get; init; } = 1;

    public int PaddingHeight { get; init; }

    public int PaddingWidth { get; init; }

    public int DilationHeight { get; init; } = 1;

    public int DilationWidth { get; init; } = 1;

    public int Groups { get; init; } = 1;

    public ConvolutionShape() { }

    public int GroupInputs => Inputs / Groups;

    public int GroupOutputs => Outputs / Groups;

    /// <summary>Whether every channel is a convolution of its own.</summary>
    public bool IsDepthwise => Groups > 1 && Inputs == Groups && Outputs == Groups;

    public nint WeightCount => (nint)KernelHeight * KernelWidth * GroupInputs * Outputs;
}
