using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Pool2d(in Pool2dOptions options, Tensor x, Tensor y, Tensor? indices)
    {
        if (y.ElementCount == 0) return;
        var kernel = new PoolKernel { Options = options, X = x, Y = y, Indices = indices };
        Dispatch.Floating("pool2d", x, ref kernel);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(indices);
    }

    /// <inheritdoc/>
    public void Pool2dBackward(in Pool2dOptions options, Tensor dy, Tensor? indices, Tensor dx)
    {
        if (dx.ElementCount == 0) return;
        var kernel = new PoolBackwardKernel { Options = options, Dy = dy, Dx = dx, Indices = indices };
        Dispatch.Floating("pool2d backward", dy, ref kernel);
        GC.KeepAlive(dy);
        GC.KeepAlive(dx);
        GC.KeepAlive(indices);
    }

    private struct PoolKernel : IFloatingKernel
    {
        public Pool2dOptions Options;
        public Tensor X, Y;
        public Tensor? Indices;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            Shape input = X.Shape, output = Y.Shape;
            var body = new PoolBody<T, C>
            {
                Rows = PoolAxis.Rows(Options, input[1], output[1]), Columns = PoolAxis.Columns(Options, input[2], output[2]),
                Height = output[1], Width = output[2], Channels = output[3], InputWidth = input[2],
                Maximum = Options.Kind == PoolKind.Maximum, CountIncludePad = Options.CountIncludePad && !Options.Adaptive,
                X = new(X), Y = new(Y), Indices = Indices is null ? default : new(Indices),
            };
            long work = Math.Max(1, output[2] * output[3]);
            WorkerPool.Shared.For(output[0] * output[1], Math.Max(1, (1 << 12) / work), body);
        }
    }

    private struct PoolBackwardKernel : IFloatingKernel
    {
        public Pool2dOptions Options;
        public Tensor Dy, Dx;
        public Tensor? Indices;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            Shape input = Dx.Shape, output = Dy.Shape;
            var body = new PoolBackwardBody<T, C>
            {
                Rows = PoolAxis.Rows(Options, input[1], output[1]), Columns = PoolAxis.Columns(Options, input[2], output[2]),
                Height = output[1], Width = output[2], Channels = output[3], InputHeight = input[1], InputWidth = input[2],
                CountIncludePad = Options.CountIncludePad && !Options.Adaptive,
                Dy = new(Dy), Dx = new(Dx), Indices = Indices is null ? default : new(Indices),
            };
            body.Run(input[0]);
        }
    }
}
