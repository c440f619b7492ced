using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>Which elements of an axis a window covers: Count of them from First, Step apart; all inside the input.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many; may be 0.</param>
/// <param name="Padded">How many counting padding, as an average with padding divides (PyTorch's pool_size).</param>
internal readonly record struct PoolWindow(long First, long Count, long Padded);

/// <summary>The windows of a pooling along one spatial axis.</summary>
internal readonly struct PoolAxis
{
    private readonly long length, outputs;
    private readonly int kernel, stride, padding;
    private readonly bool adaptive;

    private PoolAxis(in Pool2dOptions options, long length, long outputs, int kernel, int stride, int padding, int dilation)
    {
        adaptive = options.Adaptive;
        Step = adaptive || options.Kind == PoolKind.Average ? 1 : dilation;
        (this.length, this.outputs, this.kernel, this.stride, this.padding) = (length, outputs, kernel, stride, padding);
    }

    /// <summary>How far apart the elements of a window are.</summary>
    public long Step { get; }

    /// <summary>The windows over rows.</summary>
    public static PoolAxis Rows(in Pool2dOptions options, long length, long outputs) =>
        new(options, length, outputs, options.KernelHeight, options.StrideHeight, options.PaddingHeight, options.DilationHeight);

    /// <summary>The windows over columns.</summary>
    public static PoolAxis Columns(in Pool2dOptions options, long length, long outputs) =>
        new(options, length, outputs, options.KernelWidth, options.StrideWidth, options.PaddingWidth, options.DilationWidth);

    /// <summary>The window of an output.</summary>
    public PoolWindow this[long output]
    {
        get
        {
            if (adaptive)
            {
                long from = output * length / outputs, to = (((output + 1) * length) + outputs - 1) / outputs;
                return new(from, to - from, to - from);
            }

            long start = (output * stride) - padding;
            long first = start >= 0 ? start : start + ((-start + Step - 1) / Step * Step);
            long end = Math.Min(start + ((kernel - 1) * Step) + 1, length);
            long count = end > first ? ((end - first - 1) / Step) + 1 : 0;
            return new(first, count, Math.Min(start + kernel, length + padding) - start);
        }
    }
}
