using Gradient.Core;

namespace Gradient.Core.Tests.Fakes;

/// <summary>Moves and fills elements, one at a time; it has no mathematics, and says so.</summary>
internal sealed unsafe class FakeBackend : IBackend
{
    public int Synchronizations { get; private set; }

    public List<long> Uploads { get; } = [];

    public List<long> Downloads { get; } = [];

    public void Synchronize() => Synchronizations++;

    public void Upload(ReadOnlySpan<byte> source, Storage destination, long byteOffset)
    {
        Uploads.Add(source.Length);
        source.CopyTo(new Span<byte>((byte*)destination.Buffer.Handle + byteOffset, source.Length));
        GC.KeepAlive(destination);
    }

    public void Download(Storage source, long byteOffset, Span<byte> destination)
    {
        Downloads.Add(destination.Length);
        new ReadOnlySpan<byte>((byte*)source.Buffer.Handle + byteOffset, destination.Length).CopyTo(destination);
        GC.KeepAlive(source);
    }

    public void Copy(Tensor x, Tensor y)
    {
        Assert.That(x.Shape, Is.EqualTo(y.Shape));
        long count = x.ElementCount;
        bool integers = !x.DType.IsFloatingPoint();
        for (long i = 0; i < count; i++)
        {
            byte* from = Address(x, i), to = Address(y, i);
            if (integers) WriteInteger(y.DType, to, ReadInteger(x.DType, from));
            else WriteFloat(y.DType, to, ReadFloat(x.DType, from));
        }

        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    public void Fill(Tensor y, double value)
    {
        long count = y.ElementCount;
        for (long i = 0; i < count; i++) WriteFloat(y.DType, Address(y, i), value);
        GC.KeepAlive(y);
    }

    public void Range(Tensor y, double start, double step)
    {
        long count = y.ElementCount;
        for (long i = 0; i < count; i++) WriteFloat(y.DType, Address(y, i), start + (i * step));
        GC.KeepAlive(y);
    }

    public void Random(RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, Tensor y) => throw Missing();

    public void Unary(UnaryKind kind, Tensor x, Tensor y, KernelParameters parameters = default) => throw Missing();

    public void Binary(BinaryKind kind, Tensor a, Tensor b, Tensor y, KernelParameters parameters = default) => throw Missing();

    public void Ternary(TernaryKind kind, Tensor a, Tensor b, Tensor c, Tensor y) => throw Missing();

    public void Reduce(ReduceKind kind, Tensor x, AxisSet axes, Tensor y) => throw Missing();

    public void ArgReduce(ArgKind kind, Tensor x, int axis, Tensor? values, Tensor indices) => throw Missing();

    public void Scan(ScanKind kind, Tensor x, int axis, bool reverse, Tensor y) => throw Missing();

    public void Softmax(SoftmaxKind kind, Tensor x, int axis, Tensor y) => throw Missing();

    public void SoftmaxBackward(SoftmaxKind kind, Tensor dy, Tensor y, int axis, Tensor dx) => throw Missing();

    public void MatMul(Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y) => throw Missing();

    public void SparseMatMul(Tensor offsets, Tensor columns, Tensor? values, Tensor? b, Tensor y) => throw Missing();

    public void SparseSample(Tensor offsets, Tensor columns, Tensor a, Tensor? b, Tensor y) => throw Missing();

    public void Conv2d(Tensor x, Tensor weight, Tensor? bias, in Conv2dOptions options, Tensor y) => throw Missing();

    public void Conv2dInputGradient(Tensor dy, Tensor weight, in Conv2dOptions options, Tensor dx) => throw Missing();

    public void Conv2dWeightGradient(Tensor x, Tensor dy, in Conv2dOptions options, Tensor dw) => throw Missing();

    public void Pool2d(in Pool2dOptions options, Tensor x, Tensor y, Tensor? indices) => throw Missing();

    public void Pool2dBackward(in Pool2dOptions options, Tensor dy, Tensor? indices, Tensor dx) => throw Missing();

    public void Normalize(
        NormalizeKind kind, Tensor x, AxisSet axes, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor? mean, Tensor inverse) =>
        throw Missing();

    public void NormalizeBackward(
        NormalizeKind kind, Tensor dy, Tensor x, AxisSet axes, Tensor? weight, Tensor? mean, Tensor inverse,
        Tensor? dx, Tensor? dweight, Tensor? dbias) => throw Missing();

    public void Attention(in AttentionOptions options, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp) => throw Missing();

    public void AttentionBackward(
        in AttentionOptions options, Tensor dy, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp,
        Tensor? dquery, Tensor? dkey, Tensor? dvalue) => throw Missing();

    public void CrossEntropy(in CrossEntropyOptions options, Tensor x, Tensor labels, Tensor? weights, Tensor losses, Tensor statistics) =>
        throw Missing();

    public void CrossEntropyBackward(
        in CrossEntropyOptions options, Tensor dy, Tensor x, Tensor labels, Tensor? weights, Tensor statistics, Tensor dx) => throw Missing();

    public void Gather(Tensor x, int axis, Tensor index, Tensor y, string operation = "gather") => throw Missing();

    public void Scatter(ScatterKind kind, int axis, Tensor index, Tensor source, Tensor y, string operation = "scatter") => throw Missing();

    public void Sort(Tensor x, int axis, bool descending, Tensor values, Tensor indices) => throw Missing();

    public void ReduceMany(ReduceManyKind kind, ReadOnlySpan<Tensor> tensors, Tensor y, KernelParameters parameters = default) => throw Missing();

    public void ScaleMany(ReadOnlySpan<Tensor> tensors, Tensor factor) => throw Missing();

    public void OptimizerStep(OptimizerKind kind, in OptimizerSettings settings, ReadOnlySpan<OptimizerSlot> slots) => throw Missing();

    private static UnsupportedOperationException Missing() => new("The fake backend only moves elements.");

    private static byte* Address(Tensor tensor, long index) =>
        (byte*)tensor.Storage.Buffer.Handle + (tensor.Layout.PositionOf(index) * tensor.DType.Size());

    private static long ReadInteger(DType dtype, byte* at) => dtype switch
    {
        DType.Int32 => *(int*)at,
        DType.Int64 => *(long*)at,
        _ => *at,
    };

    private static double ReadFloat(DType dtype, byte* at) => dtype switch
    {
        DType.Float32 => *(float*)at,
        DType.Float64 => *(double*)at,
        DType.Float16 => (double)*(Half*)at,
        _ => *(BFloat16*)at,
    };

    private static void WriteInteger(DType dtype, byte* at, long value)
    {
        if (dtype == DType.Int64) *(long*)at = value;
        else if (dtype == DType.Int32) *(int*)at = (int)value;
        else if (dtype == DType.Bool) *(bool*)at = value != 0;
        else WriteFloat(dtype, at, value);
    }

    private static void WriteFloat(DType dtype, byte* at, double value)
    {
        switch (dtype)
        {
            case DType.Float32: *(float*)at = (float)value; break;
            case DType.Float64: *(double*)at = value; break;
            case DType.Float16: *(Half*)at = (Half)value; break;
            case DType.BFloat16: *(BFloat16*)at = (BFloat16)value; break;
            case DType.Bool: *(bool*)at = value != 0; break;
            default: WriteInteger(dtype, at, double.IsNaN(value) ? 0 : (long)value); break;
        }
    }
}
