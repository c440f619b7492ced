namespace Gradient.Backend.Metal;

/// <summary>Families whose kernels are not written yet; whoever writes one takes its lines away here.</summary>
public sealed partial class MetalBackend
{
    public void Reduce(ReduceKind kind, Tensor x, AxisSet axes, Tensor y) => throw Missing("reduce");

    public void ArgReduce(ArgKind kind, Tensor x, int axis, Tensor? values, Tensor indices) => throw Missing("argReduce");

    public void Scan(ScanKind kind, Tensor x, int axis, bool reverse, Tensor y) => throw Missing("scan");

    public void Softmax(SoftmaxKind kind, Tensor x, int axis, Tensor y) => throw Missing("softmax");

    public void SoftmaxBackward(SoftmaxKind kind, Tensor dy, Tensor y, int axis, Tensor dx) => throw Missing("softmaxBackward");

    public void Normalize(
        NormalizeKind kind, Tensor x, AxisSet axes, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor? mean, Tensor inverse) => throw Missing("normalize");

    public void NormalizeBackward(
        NormalizeKind kind, Tensor dy, Tensor x, AxisSet axes, Tensor? weight, Tensor? mean, Tensor inverse,
        Tensor? dx, Tensor? dweight, Tensor? dbias) => throw Missing("normalizeBackward");

    public void Gather(Tensor x, int axis, Tensor index, Tensor y) => throw Missing("gather");

    public void Scatter(ScatterKind kind, int axis, Tensor index, Tensor source, Tensor y) => throw Missing("scatter");

    public void Sort(Tensor x, int axis, bool descending, Tensor values, Tensor indices) => throw Missing("sort");

    private static UnsupportedOperationException Missing(string operation) =>
        new($"{operation} has no Metal kernel yet; run it on the CPU with To(Devices.Cpu).");
}
