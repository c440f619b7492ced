using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void ArgReduce(ArgKind kind, Tensor x, int axis, Tensor? values, Tensor indices)
    {
        if (indices.ElementCount == 0) return;
        axis = Axis(x, axis);
        if (x.Rank > 0 && x.Shape[axis] == 0)
            throw new ShapeMismatchException($"Arg{kind} along axis {axis} of shape {x.Shape}: there is no element to choose; make the axis longer.");
        var kernel = new ArgReduceKernel { Kind = kind, X = x, Axis = axis, Values = values, Indices = indices };
        Dispatch.Number(x.DType, ref kernel);
        GC.KeepAlive(x);
        GC.KeepAlive(values);
        GC.KeepAlive(indices);
    }

    private struct ArgReduceKernel : INumberKernel
    {
        public ArgKind Kind;
        public Tensor X, Indices;
        public Tensor? Values;
        public int Axis;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, INumber<C>
        {
            var lines = new Lines(X.Shape, Axis);
            lines.Add(X.Layout);
            lines.Add(Indices.Layout);
            if (Values is not null) lines.Add(Values.Layout);
            lines.Prepare();
            var body = new ArgReduceLines<T, C>
            {
                Kind = Kind, Lines = lines, X = Elements.Pointer<T>(X), Indices = Elements.Pointer<long>(Indices),
                Values = Values is null ? null : Elements.Pointer<T>(Values),
            };
            WorkerPool.Shared.For(lines.Batches, lines.Grain(2), body);
        }
    }
}
