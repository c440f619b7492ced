using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Sort(Tensor x, int axis, bool descending, Tensor values, Tensor indices)
    {
        if (values.ElementCount == 0) return;
        var kernel = new SortKernel { X = x, Axis = Axis(x, axis), Descending = descending, Values = values, Indices = indices };
        Dispatch.Number(x.DType, ref kernel);
        GC.KeepAlive(x);
        GC.KeepAlive(values);
        GC.KeepAlive(indices);
    }

    private struct SortKernel : INumberKernel
    {
        public Tensor X, Values, Indices;
        public int Axis;
        public bool Descending;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, INumber<C>
        {
            var lines = new Lines(X.Shape, Axis);
            lines.Add(X.Layout);
            lines.Add(Values.Layout);
            lines.Add(Indices.Layout);
            lines.Prepare();
            var body = new SortLines<T, C>
            {
                Lines = lines, Descending = Descending, Kept = Values.Rank == 0 ? 1 : Values.Shape[Axis],
                X = Elements.Pointer<T>(X), Values = Elements.Pointer<T>(Values), Indices = Elements.Pointer<long>(Indices),
            };
            WorkerPool.Shared.For(lines.Batches, lines.Grain(16), body);
        }
    }
}
