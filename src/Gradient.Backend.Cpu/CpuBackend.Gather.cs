using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Gather(Tensor x, int axis, Tensor index, Tensor y, string operation = "gather")
    {
        if (index.ElementCount == 0) return;
        axis = Axis(x, axis);
        IndexCheck.Run(operation, index, axis, x.Shape);
        var kernel = new GatherKernel { X = x, Axis = axis, Index = index, Y = y };
        Dispatch.Size(x.DType, ref kernel);
        GC.KeepAlive(x);
        GC.KeepAlive(index);
        GC.KeepAlive(y);
    }

    private struct GatherKernel : IMoveKernel
    {
        public Tensor X, Index, Y;
        public int Axis;

        public readonly unsafe void Run<T>() where T : unmanaged
        {
            // Off the axis x may be longer than y; only the part that y covers is visited.
            var walk = new Walk(Index.Shape, AxisSet.All(Index.Rank));
            walk.Add(Y.Layout);
            walk.Add(Index.Layout);
            walk.Add(IndexCheck.WithoutAxis(X.Layout, Axis, Index.Shape));
            walk.Merge();
            var inner = walk.TakeInner();
            var body = new GatherBody<T>
            {
                Walk = walk, Inner = inner, X = Elements.Pointer<T>(X), Y = Elements.Pointer<T>(Y), Index = new(Index),
                AxisStride = X.Rank == 0 ? 0 : X.Layout.Stride(Axis),
            };
            WorkerPool.Shared.For(walk.Count, Math.Max(1, (1 << 14) / inner.Length), body);
        }
    }
}
