using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Scatter(ScatterKind kind, int axis, Tensor index, Tensor source, Tensor y, string operation = "scatter")
    {
        if (index.ElementCount == 0) return;
        axis = Axis(y, axis);
        if (kind == ScatterKind.Add && y.DType == DType.Bool) throw Unsupported("scatter add", y.DType);
        IndexCheck.Run(operation, index, axis, y.Shape);
        if (kind == ScatterKind.Assign)
        {
            var kernel = new ScatterAssignKernel { Arguments = new(source, index, y, axis) };
            Dispatch.Size(y.DType, ref kernel);
        }
        else
        {
            var kernel = new ScatterAddKernel { Arguments = new(source, index, y, axis) };
            Dispatch.Number(y.DType, ref kernel);
        }

        GC.KeepAlive(index);
        GC.KeepAlive(source);
        GC.KeepAlive(y);
    }

    private struct ScatterAssignKernel : IMoveKernel
    {
        public ScatterArguments Arguments;

        public readonly void Run<T>() where T : unmanaged => Arguments.Run<T, Assign<T>>();
    }

    private struct ScatterAddKernel : INumberKernel
    {
        public ScatterArguments Arguments;

        public readonly void Run<T, C>() where T : unmanaged where C : unmanaged, INumber<C> => Arguments.Run<T, Add<T, C>>();
    }

    private readonly record struct ScatterArguments(Tensor Source, Tensor Index, Tensor Y, int Axis)
    {
        public unsafe void Run<T, TUpdate>() where T : unmanaged where TUpdate : IUpdate<T>
        {
            // Lines along the axis meet only themselves, so each is one item, done in the order of the index.
            var walk = new Walk(Index.Shape, new((byte)~AxisSet.Single(Axis).Mask));
            walk.Add(IndexCheck.WithoutAxis(Y.Layout, Axis, Index.Shape));
            walk.Add(Index.Layout);
            walk.Add(Source.Layout);
            walk.Merge();
            var inner = walk.TakeInner();
            bool scalar = Index.Rank == 0;
            var body = new ScatterBody<T, TUpdate>
            {
                Walk = walk, Inner = inner, Count = scalar ? 1 : Index.Shape[Axis],
                Y = Elements.Pointer<T>(Y), Source = Elements.Pointer<T>(Source), Index = new(Index),
                StrideY = scalar ? 0 : Y.Layout.Stride(Axis), StrideIndex = scalar ? 0 : Index.Layout.Stride(Axis),
                StrideSource = scalar ? 0 : Source.Layout.Stride(Axis),
            };
            body.Run();
        }
    }
}
