using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Softmax(SoftmaxKind kind, Tensor x, int axis, Tensor y)
    {
        if (x.ElementCount == 0) return;
        var kernel = new SoftmaxCall { Kind = kind, X = x, Y = y, Axis = Axis(x, axis) };
        Dispatch.Floating("softmax", x, ref kernel);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void SoftmaxBackward(SoftmaxKind kind, Tensor dy, Tensor y, int axis, Tensor dx)
    {
        if (y.ElementCount == 0) return;
        var kernel = new SoftmaxBackwardCall { Kind = kind, Dy = dy, Y = y, Dx = dx, Axis = Axis(y, axis) };
        Dispatch.Floating("softmax backward", y, ref kernel);
        GC.KeepAlive(dy);
        GC.KeepAlive(y);
        GC.KeepAlive(dx);
    }

    /// <summary>An axis counted from 0; that of a scalar is its only element's.</summary>
    private static int Axis(Tensor x, int axis) => x.Rank == 0 && axis is 0 or -1 ? 0 : x.Shape.Axis(axis);

    private struct SoftmaxCall : IFloatingKernel
    {
        public SoftmaxKind Kind;
        public Tensor X, Y;
        public int Axis;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            var lines = new Lines(X.Shape, Axis);
            lines.Add(X.Layout);
            lines.Add(Y.Layout);
            var body = new LineLoop<T, C, SoftmaxKernel<C>> { Lines = lines, Kernel = new(Kind), A = Elements.Pointer<T>(X), Y = Elements.Pointer<T>(Y) };
            body.Run(cost: 4);
        }
    }

    private struct SoftmaxBackwardCall : IFloatingKernel
    {
        public SoftmaxKind Kind;
        public Tensor Dy, Y, Dx;
        public int Axis;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            var lines = new Lines(Y.Shape, Axis);
            lines.Add(Dy.Layout);
            lines.Add(Y.Layout);
            lines.Add(Dx.Layout);
            var body = new LineLoop<T, C, SoftmaxBackwardKernel<C>>
            {
                Lines = lines, Kernel = new(Kind), A = Elements.Pointer<T>(Dy), B = Elements.Pointer<T>(Y), Y = Elements.Pointer<T>(Dx),
            };
            body.Run(cost: 2);
        }
    }
}
