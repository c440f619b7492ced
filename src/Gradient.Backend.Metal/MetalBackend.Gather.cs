using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

public sealed partial class MetalBackend
{
    /// <inheritdoc/>
    public void Gather(Tensor x, int axis, Tensor index, Tensor y, string operation = "gather")
    {
        if (index.ElementCount == 0) return;
        axis = Axis(x, axis);
        var kernel = cache.Get("gather", "gather_" + TypeName("gather", x.DType), 0, (int)index.DType);
        var parameters = new GatherParameters
        {
            Plan = Strided.Plan(index.Shape, AxisSet.All(index.Rank), false, y.Layout, index.Layout, WithoutAxis(x.Layout, axis, index.Shape)),
            Length = x.Rank == 0 ? 1 : x.Shape[axis],
            Stride = x.Rank == 0 ? 0 : x.Layout.Stride(axis),
            Tag = faults.Expect(Outside(operation, axis, x.Shape)),
        };
        Launch(kernel, [In(x), In(index), Out(y), faults.Buffer], parameters, parameters.Plan.Count);
        GC.KeepAlive(x);
        GC.KeepAlive(index);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public unsafe void Scatter(ScatterKind kind, int axis, Tensor index, Tensor source, Tensor y, string operation = "scatter")
    {
        if (index.ElementCount == 0) return;
        axis = Axis(y, axis);
        if (kind == ScatterKind.Add && y.DType == DType.Bool) throw Unsupported("scatter add", y.DType);
        var kernel = cache.Get("gather", "scatter_" + TypeName("scatter", y.DType), (int)kind, (int)index.DType);
        bool isScalar = index.Rank == 0;
        var parameters = new ScatterParameters
        {
            Kept = Strided.Plan(
                index.Shape, Without(AxisSet.Single(axis)), true, WithoutAxis(y.Layout, axis, index.Shape), index.Layout, source.Layout),
            Count = isScalar ? 1 : index.Shape[axis],
            Length = isScalar ? 1 : y.Shape[axis],
            Tag = faults.Expect(Outside(operation, axis, y.Shape)),
        };
        if (!isScalar)
        {
            parameters.Strides[0] = y.Layout.Stride(axis);
            parameters.Strides[1] = index.Layout.Stride(axis);
            parameters.Strides[2] = source.Layout.Stride(axis);
        }

        Launch(kernel, [In(source), In(index), Out(y), faults.Buffer], parameters, parameters.Kept.Count, 4 * parameters.Count);
        GC.KeepAlive(index);
        GC.KeepAlive(source);
        GC.KeepAlive(y);
    }

    /// <summary>The layout cut to a shape off the axis, and standing still along it.</summary>
    private static Layout WithoutAxis(in Layout layout, int axis, in Shape shape)
    {
        Span<long> strides = stackalloc long[Shape.MaxRank];
        layout.CopyStridesTo(strides);
        if (layout.Rank > 0) strides[axis] = 0;
        return new(shape, strides[..layout.Rank], layout.Offset);
    }

    private static Func<long, long, GradientException> Outside(string operation, int axis, Shape shape) =>
        (value, _) => ShapeChecks.IndexOutside(operation, value, axis, shape);

    [StructLayout(LayoutKind.Sequential)]
    internal struct GatherParameters
    {
        public Strided Plan;
        public long Length, Stride;
        public int Tag, Padding;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct ScatterParameters
    {
        public Strided Kept;
        public long Count, Length;
        public fixed long Strides[3];
        public int Tag, Padding;
    }
}
