using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Copies and conversions: shaders/copy.metal.</content>
public sealed partial class MetalBackend
{
    private const string CopyFamily = "copy";
    private const int TransposeTile = 32;
    private const int TransposeRows = 8; // of threads in a group

    /// <inheritdoc/>
    public void Copy(Tensor x, Tensor y)
    {
        string from = TypeName("copy", x.DType), to = TypeName("copy", y.DType);
        var plan = Strided.Plan(y.Shape, x, y);
        if (x.DType == y.DType)
        {
            if (!TryTranspose(x, y, plan)) LaunchRows(cache.Get(CopyFamily, "move_" + SizeName(x.DType)), [In(x), Out(y)], plan, plan);
        }
        else
        {
            LaunchRows(cache.Get(CopyFamily, $"convert_{from}_{to}"), [In(x), Out(y)], plan, plan);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <summary>Goes through tiles where neighbours in x lie on another axis than neighbours in y, and both axes fill a tile.</summary>
    private unsafe bool TryTranspose(Tensor x, Tensor y, Strided plan)
    {
        if (plan.Rank < 2 || plan.Strides[Shape.MaxRank] != 1 || plan.Shape[0] < TransposeTile) return false;
        int axis = 1;
        while (axis < plan.Rank && (plan.Strides[axis] != 1 || plan.Shape[axis] < TransposeTile)) axis++;
        if (axis == plan.Rank) return false;
        var parameters = new TransposeParameters
        {
            Rows = plan.Shape[axis],
            Columns = plan.Shape[0],
            XStride = plan.Strides[0],
            YStride = plan.Strides[Shape.MaxRank + axis],
        };
        long across = (parameters.Columns + TransposeTile - 1) / TransposeTile, down = (parameters.Rows + TransposeTile - 1) / TransposeTile;
        long batches = plan.Count / (parameters.Rows * parameters.Columns);
        if (Math.Max(Math.Max(across, down), batches) > int.MaxValue) return false;
        ref var around = ref parameters.Plan;
        around.Count = batches;
        for (int i = 1; i < plan.Rank; i++)
        {
            if (i == axis) continue;
            around.Shape[around.Rank] = plan.Shape[i];
            for (int k = 0; k < 2; k++) around.Strides[(k * Shape.MaxRank) + around.Rank] = plan.Strides[(k * Shape.MaxRank) + i];
            around.Rank++;
        }

        if (around.Rank == 0) around.Shape[around.Rank++] = 1;
        around.Rows = around.Count / around.Shape[0];
        LaunchGroups(
            cache.Get(CopyFamily, "transpose_" + SizeName(x.DType)), [In(x), Out(y)], parameters,
            new((int)across, (int)down, (int)batches), new(TransposeTile, TransposeRows), 2 * plan.Count);
        return true;
    }

    private void LaunchRows<TParameters>(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, in TParameters parameters, in Strided plan)
        where TParameters : unmanaged => LaunchRows(kernel, buffers, parameters, plan.Columns, plan.Rows);

    /// <summary>copy.metal: TransposeParameters.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TransposeParameters
    {
        public Strided Plan;
        public long Rows;
        public long Columns;
        public long XStride;
        public long YStride;
    }
}
