using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

public sealed partial class MetalBackend
{
    /// <inheritdoc/>
    public void Scan(ScanKind kind, Tensor x, int axis, bool reverse, Tensor y)
    {
        if (x.DType == DType.Bool) throw Unsupported("scan", x.DType);
        if (x.ElementCount == 0) return;
        axis = Axis(x, axis);
        var line = AxisSet.Single(axis);
        long length = x.Rank == 0 ? 1 : x.Shape[axis];
        var parameters = new ScanParameters
        {
            Kept = Strided.Plan(x.Shape, Without(line), true, x.Layout, y.Layout), Length = length, Reverse = reverse ? 1 : 0,
            Threads = length <= 256 ? 32 : 256, XStride = x.Rank == 0 ? 0 : x.Layout.Stride(axis), YStride = x.Rank == 0 ? 0 : y.Layout.Stride(axis),
        };
        var kernel = cache.Get("scan", "scan_" + TypeName("scan", x.DType), (int)kind);
        LaunchGroups(kernel, [In(x), Out(y)], parameters, new(checked((int)parameters.Kept.Count)), new(parameters.Threads), 2 * x.ElementCount);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ScanParameters
    {
        public Strided Kept;
        public long Length, XStride, YStride;
        public int Reverse, Threads;
    }
}
