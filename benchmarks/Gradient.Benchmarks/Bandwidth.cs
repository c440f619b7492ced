namespace Gradient.Benchmarks;

/// <summary>
/// Kernels that memory should limit, beside a copy of the same size (what memory gives): bytes read and written over the time of
/// each. The kernels alone, into tensors that are there already. Without a peer.
/// </summary>
internal static class Bandwidth
{
    private const int Side = 1024;

    public static void Run(Timer timer)
    {
        var backend = Devices.Default.Backend;
        Tensor x = Normal(Side, Side), y = Normal(Side, Side), z = Normal(Side, Side), row = Normal(1, Side), column = Normal(Side, 1), one = Normal(1, 1);
        timer.Time("memory/copy", () => backend.Copy(x, z));
        timer.Time("memory/add", () => backend.Binary(BinaryKind.Add, x, y, z));
        timer.Time("memory/relu", () => backend.Unary(UnaryKind.Relu, x, z));
        timer.Time("memory/exp", () => backend.Unary(UnaryKind.Exp, x, z));
        timer.Time("memory/gelu", () => backend.Unary(UnaryKind.Gelu, x, z));
        timer.Time("memory/gelu-backward", () => backend.Binary(BinaryKind.GeluGradient, x, y, z));
        timer.Time("memory/pow", () => backend.Unary(UnaryKind.PowScalar, x, z, new(1.7)));
        timer.Time("memory/sum", () => backend.Reduce(ReduceKind.Sum, x, AxisSet.All(2), one));
        timer.Time("memory/max", () => backend.Reduce(ReduceKind.Maximum, x, AxisSet.All(2), one));
        timer.Time("memory/sum-axis0", () => backend.Reduce(ReduceKind.Sum, x, AxisSet.Single(0), row));
        timer.Time("memory/sum-axis1", () => backend.Reduce(ReduceKind.Sum, x, AxisSet.Single(1), column));
        timer.Time("memory/softmax-axis1", () => backend.Softmax(SoftmaxKind.Softmax, x, 1, z));
        timer.Time("memory/softmax-axis0", () => backend.Softmax(SoftmaxKind.Softmax, x, 0, z));
        timer.Time("memory/softmax-backward-axis1", () => backend.SoftmaxBackward(SoftmaxKind.Softmax, x, y, 1, z));
        timer.Time("memory/softmax-backward-axis0", () => backend.SoftmaxBackward(SoftmaxKind.Softmax, x, y, 0, z));
        timer.Time("memory/cumsum-axis1", () => backend.Scan(ScanKind.Sum, x, 1, false, z));
        timer.Time("memory/cumsum-axis0", () => backend.Scan(ScanKind.Sum, x, 0, false, z));
    }

    private static Tensor Normal(params Shape shape) => GradientTensor.Randn(shape).Value;
}
