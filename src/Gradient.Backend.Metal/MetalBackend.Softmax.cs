using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

public sealed partial class MetalBackend
{
    /// <inheritdoc/>
    public void Softmax(SoftmaxKind kind, Tensor x, int axis, Tensor y)
    {
        if (x.ElementCount == 0) return;
        var kernel = cache.Get("softmax", "softmax_" + FloatingName("softmax", x.DType), (int)kind);
        LaunchLines(kernel, [In(x), Out(y)], Axis(x, axis), x, y);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void SoftmaxBackward(SoftmaxKind kind, Tensor dy, Tensor y, int axis, Tensor dx)
    {
        if (y.ElementCount == 0) return;
        var kernel = cache.Get("softmax", "softmax_backward_" + FloatingName("softmax backward", y.DType), (int)kind);
        LaunchLines(kernel, [In(dy), In(y), Out(dx)], Axis(y, axis), dy, y, dx);
        GC.KeepAlive(dy);
        GC.KeepAlive(y);
        GC.KeepAlive(dx);
    }

    private unsafe void LaunchLines(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, int axis, params ReadOnlySpan<Tensor> operands)
    {
        var line = AxisSet.Single(axis);
        var shape = operands[0].Shape;
        var layouts = new Layout[operands.Length];
        for (int i = 0; i < operands.Length; i++) layouts[i] = operands[i].Layout;
        var parameters = new SoftmaxParameters
        {
            Kept = Strided.Plan(shape, Without(line), true, layouts), Length = shape.Rank == 0 ? 1 : shape[axis],
        };
        for (int i = 0; i < operands.Length; i++) parameters.Strides[i] = shape.Rank == 0 ? 0 : layouts[i].Stride(axis);
        parameters.Team = TeamShape.For(parameters.Kept, Strided.Plan(shape, line, false, layouts));
        LaunchGroups(kernel, buffers, parameters, Groups(parameters.Team, parameters.Kept.Count, 1), new(parameters.Team.Threads), 2 * buffers.Length * shape.ElementCount);
    }

    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct SoftmaxParameters
    {
        public Strided Kept;
        public long Length;
        public fixed long Strides[3];
        public TeamShape Team;
    }
}
