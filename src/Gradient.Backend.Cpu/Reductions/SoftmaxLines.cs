using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// y = e^(x − m)/Σ e^(x − m) with m = max x, or its logarithm x − m − ln Σ e^(x − m). If m is NaN or infinite, so that a line
/// of −∞ alone or with an ∞ has x − m = NaN, the line becomes NaN where PyTorch's does.
/// </summary>
internal unsafe struct SoftmaxLines<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>, IMinMaxValue<C>
{
    public SoftmaxKind Kind;
    public Lines Lines;
    public T* X, Y;

    public readonly void Run(long start, long end)
    {
        long n = Lines.Length, strideX = Lines.Stride(0), strideY = Lines.Stride(1);
        C* input = Scratch.Get<C>(ScratchPurpose.Rows, (nint)n), output = Scratch.Get<C>(ScratchPurpose.Result, (nint)n);
        Walk walk = Lines.Walk;
        var cursor = new Cursor(in walk, start);
        for (long i = start; i < end; i++, cursor.Next())
        {
            C* x = Elements.Line(X + cursor[0], strideX, n, input);
            C* y = Elements.Target(Y + cursor[1], strideY, n, output);
            if (Kind == SoftmaxKind.Softmax) SoftmaxMath.Softmax(x, y, n);
            else SoftmaxMath.LogSoftmax(x, y, n);
            Elements.Finish(y, Y + cursor[1], strideY, n);
        }
    }
}

/// <summary>
/// dx = y·(dy − Σ dy·y) for softmax, dy − e^y·Σ dy for log-softmax.
/// </summary>
internal unsafe struct SoftmaxBackwardLines<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>, IMinMaxValue<C>
{
    public SoftmaxKind Kind;
    public Lines Lines;
    public T* Dy, Y, Dx;

    public readonly void Run(long start, long end)
    {
        long n = Lines.Length;
        C* first = Scratch.Get<C>(ScratchPurpose.Left, (nint)n), second = Scratch.Get<C>(ScratchPurpose.Right, (nint)n);
        C* output = Scratch.Get<C>(ScratchPurpose.Result, (nint)n);
        Walk walk = Lines.Walk;
        var cursor = new Cursor(in walk, start);
        for (long i = start; i < end; i++, cursor.Next())
        {
            C* dy = Elements.Line(Dy + cursor[0], Lines.Stride(0), n, first);
            C* y = Elements.Line(Y + cursor[1], Lines.Stride(1), n, second);
            C* dx = Elements.Target(Dx + cursor[2], Lines.Stride(2), n, output);
            if (Kind == SoftmaxKind.Softmax) SoftmaxMath.SoftmaxBackward(dy, y, dx, n);
            else SoftmaxMath.LogSoftmaxBackward(dy, y, dx, n);
            Elements.Finish(dx, Dx + cursor[2], Lines.Stride(2), n);
        }
    }
}
