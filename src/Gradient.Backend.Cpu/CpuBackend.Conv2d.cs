using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Two-dimensional convolutions.</content>
public sealed unsafe partial class CpuBackend
{
    /// <inheritdoc/>
    public void Conv2d(Tensor x, Tensor weight, Tensor? bias, in Conv2dOptions options, Tensor y)
    {
        if (y.ElementCount == 0)
            return;
        DType dtype = Computing("conv2d", y.DType);
        using Copied source = Copied.Dense(x, dtype), kernel = Copied.Dense(weight, dtype), offsets = Copied.Dense(bias, dtype);
        using DenseResult result = new(this, y, dtype);
        ConvolutionShape shape = ConvolutionShapeOf(x, weight.Shape, options, y);
        if (shape.Inputs == 0 || weight.ElementCount == 0)
            FillChannels(offsets.Tensor, result.Tensor);
        else if (dtype == DType.Float32)
            Convolution.Forward(shape, Pointer<float>(source.Tensor!), Pointer<float>(kernel.Tensor!), PointerOrNull<float>(offsets.Tensor), false, Pointer<float>(result.Tensor), WorkerPool.Shared);
        else
            Convolution.Forward(shape, Pointer<double>(source.Tensor!), Pointer<double>(kernel.Tensor!), PointerOrNull<double>(offsets.Tensor), false, Pointer<double>(result.Tensor), WorkerPool.Shared);
        result.Finish();
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void Conv2dInputGradient(Tensor dy, Tensor weight, in Conv2dOptions options, Tensor dx)
    {
        if (dx.ElementCount == 0)
            return;
        DType dtype = Computing("conv2d input gradient", dx.DType);
        using Copied gradient = Copied.Dense(dy, dtype), kernel = Copied.Dense(weight, dtype);
        using DenseResult result = new(this, dx, dtype);
        ConvolutionShape shape = ConvolutionShapeOf(dx, weight.Shape, options, dy);
        if (dy.ElementCount == 0 || weight.ElementCount == 0)
            Fill(result.Tensor, 0);
        else if (dtype == DType.Float32)
            Convolution.InputGradient(shape, Pointer<float>(gradient.Tensor!), Pointer<float>(kernel.Tensor!), Pointer<float>(result.Tensor), WorkerPool.Shared);
        else
            Convolution.InputGradient(shape, Pointer<double>(gradient.Tensor!), Pointer<double>(kernel.Tensor!), Pointer<double>(result.Tensor), WorkerPool.Shared);
        result.Finish();
        GC.KeepAlive(dy);
        GC.KeepAlive(weight);
        GC.KeepAlive(dx);
    }

    /// <inheritdoc/>
    public void Conv2dWeightGradient(Tensor x, Tensor dy, in Conv2dOptions options, Tensor dw)
    {
        if (dw.ElementCount == 0)
            return;
        DType dtype = Computing("conv2d weight gradient", dw.DType);
        using Copied source = Copied.Dense(x, dtype), gradient = Copied.Dense(dy, dtype);
        using DenseResult result = new(this, dw, dtype);
        ConvolutionShape shape = ConvolutionShapeOf(x, dw.Shape, options, dy);
        if (x.ElementCount == 0 || dy.ElementCount == 0)
            Fill(result.Tensor, 0);
        else if (dtype == DType.Float32)
            Convolution.WeightGradient(shape, Pointer<float>(source.Tensor!), Pointer<float>(gradient.Tensor!), Pointer<float>(result.Tensor), WorkerPool.Shared);
        else
            Convolution.WeightGradient(shape, Pointer<double>(source.Tensor!), Pointer<double>(gradient.Tensor!), Pointer<double>(result.Tensor), WorkerPool.Shared);
        result.Finish();
        GC.KeepAlive(x);
        GC.KeepAlive(dy);
        GC.KeepAlive(dw);
    }

    /// <summary>The type in which a convolution of that type computes.</summary>
    private static DType Computing(string operation, DType dtype) => dtype switch
    {
        DType.Float32 or DType.Float16 or DType.BFloat16 => DType.Float32,
        DType.Float64 => DType.Float64,
        _ => throw Unsupported(operation, dtype),
    };

    private static T* PointerOrNull<T>(Tensor? tensor)
        where T : unmanaged => tensor is null ? null : Pointer<T>(tensor);

    /// <summary>A convolution over no input channels is its bias.</summary>
    private void FillChannels(Tensor? bias, Tensor y)
    {
        if (bias is null)
            Fill(y, 0);
        else
            Copy(bias.View(bias.Layout.Expand(y.Shape)), y);
    }

    private static ConvolutionShape ConvolutionShapeOf(Tensor x, in Shape weight, in Conv2dOptions options, Tensor y)
    {
        checked
        {
            return new ConvolutionShape
            {
                Batch = (int)x.Shape[0],
                Height = (int)x.Shape[1],
                Width = (int)x.Shape[2],
                Inputs = (int)x.Shape[3],
                OutputHeight = (int)y.Shape[1],
                OutputWidth = (int)y.Shape[2],
                Outputs = (int)y.Shape[3],
                KernelHeight = (int)weight[0],
                KernelWidth = (int)weight[1],
                StrideHeight = options.StrideHeight,
                StrideWidth = options.StrideWidth,
                PaddingHeight = options.PaddingHeight,
                PaddingWidth = options.PaddingWidth,
                DilationHeight = options.DilationHeight,
                DilationWidth = options.DilationWidth,
                Groups = options.Groups,
            };
        }
    }

    /// <summary>A result that a kernel can write: the tensor itself, or a contiguous one that <see cref="Finish"/> copies to it.</summary>
    private readonly ref struct DenseResult(CpuBackend backend, Tensor target, DType dtype)
    {
        public Tensor Tensor { get; } = target.IsContiguous && target.DType == dtype ? target : Tensor.Empty(target.Shape, dtype, target.Device, "conv2d");

        public void Finish()
        {
            if (!ReferenceEquals(Tensor, target))
                backend.Copy(Tensor, target);
        }

        public void Dispose()
        {
            if (!ReferenceEquals(Tensor, target))
                Tensor.Dispose();
        }
    }
}
