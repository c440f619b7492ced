using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Pooling: shaders/pool.metal. All operands may have any layout; nothing is copied.</content>
public sealed partial class MetalBackend
{
    private const string PoolFamily = "pool";

    /// <inheritdoc/>
    public void Pool2d(in Pool2dOptions options, Tensor x, Tensor y, Tensor? indices)
    {
        if (y.ElementCount == 0) return;
        var kernel = PoolKernel("pool2d", "pool_", options, x.DType, indices);
        Launch(kernel, [InOr(x, y), Out(y), indices is null ? Unused(y) : Out(indices)], Pooling.Between(options, x, y, indices, y.ElementCount), y.ElementCount,
            Window(options, x.Shape, y.Shape));
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(indices);
    }

    /// <inheritdoc/>
    public void Pool2dBackward(in Pool2dOptions options, Tensor dy, Tensor? indices, Tensor dx)
    {
        if (dx.ElementCount == 0) return;
        var kernel = PoolKernel("pool2d backward", "pool_backward_", options, dy.DType, indices);
        Launch(kernel, [InOr(dy, dx), Out(dx), InOr(indices, dx)], Pooling.Between(options, dx, dy, indices, dx.ElementCount), dx.ElementCount,
            Window(options, dx.Shape, dy.Shape));
        GC.KeepAlive(dy);
        GC.KeepAlive(dx);
        GC.KeepAlive(indices);
    }

    /// <summary>How many elements a thread touches at most: a window, or, backward, as many windows as overlap.</summary>
    private static long Window(in Pool2dOptions options, in Shape input, in Shape output) => options.Adaptive
        ? (Ceiling(input[1], Math.Max(1, output[1])) + 1) * (Ceiling(input[2], Math.Max(1, output[2])) + 1)
        : ((long)options.KernelHeight * options.KernelWidth) + 2;

    private IKernel PoolKernel(string operation, string function, in Pool2dOptions options, DType dtype, Tensor? indices) =>
        cache.Get(
            PoolFamily, function + FloatName(operation, dtype), (int)options.Kind, options.Adaptive ? 1 : 0, indices is null ? 0 : 1,
            options.CountIncludePad && !options.Adaptive ? 1 : 0);

    /// <summary>How windows walk an axis, as in pool.metal.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PoolAxis
    {
        public int Length, Outputs;
        public int KernelLength, Stride, Padding, Dilation;
    }

    /// <summary>The parameters of pool.metal.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Pooling
    {
        public long InputImage, InputRow, InputColumn, InputChannel;
        public long OutputImage, OutputRow, OutputColumn, OutputChannel;
        public long IndexImage, IndexRow, IndexColumn, IndexChannel;
        public long Count;
        public PoolAxis Rows, Columns;
        public int Channels;

        public static Pooling Between(in Pool2dOptions options, Tensor input, Tensor output, Tensor? indices, long count)
        {
            ref readonly var x = ref input.Layout;
            ref readonly var y = ref output.Layout;
            // Averages have no dilation.
            bool dilated = options.Kind == PoolKind.Maximum && !options.Adaptive;
            var made = new Pooling
            {
                InputImage = x.Stride(0), InputRow = x.Stride(1), InputColumn = x.Stride(2), InputChannel = x.Stride(3),
                OutputImage = y.Stride(0), OutputRow = y.Stride(1), OutputColumn = y.Stride(2), OutputChannel = y.Stride(3),
                Count = count, Channels = Int(input.Shape[3]),
                Rows = new()
                {
                    Length = Int(input.Shape[1]), Outputs = Int(output.Shape[1]), KernelLength = options.KernelHeight, Stride = options.StrideHeight,
                    Padding = options.PaddingHeight, Dilation = dilated ? options.DilationHeight : 1,
                },
                Columns = new()
                {
                    Length = Int(input.Shape[2]), Outputs = Int(output.Shape[2]), KernelLength = options.KernelWidth, Stride = options.StrideWidth,
                    Padding = options.PaddingWidth, Dilation = dilated ? options.DilationWidth : 1,
                },
            };
            if (indices is null) return made;
            Int(input.Shape[1] * input.Shape[2]); // indices are of 32 bits
            ref readonly var at = ref indices.Layout;
            (made.IndexImage, made.IndexRow, made.IndexColumn, made.IndexChannel) = (at.Stride(0), at.Stride(1), at.Stride(2), at.Stride(3));
            return made;
        }

        private static int Int(long length) => length <= int.MaxValue ? (int)length
            : throw new UnsupportedOperationException($"pool2d on device metal: {length:N0} places are more than 2³¹ − 1.");
    }
}
