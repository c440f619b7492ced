namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>One call of the seam with an output that the caller lays out.</summary>
/// <param name="Name">What failures call it.</param>
/// <param name="Inputs">The shapes of the inputs.</param>
/// <param name="Domains">Their values.</param>
/// <param name="Output">The shape of the output.</param>
/// <param name="Run">The call: backend, inputs, output.</param>
public sealed record SeamOperation(string Name, long[][] Inputs, Domain[] Domains, long[] Output, Action<IBackend, Tensor[], Tensor> Run)
{
    /// <summary>The element type of the output.</summary>
    public DType OutputType { get; init; } = DType.Float32;

    /// <summary>Whether the output is Float32 for 16-bit inputs too.</summary>
    public bool IsWide { get; init; }

    public override string ToString() => Name;

    public Tensor[] MakeInputs(Device device) =>
        [.. Inputs.Select((shape, i) => Conformance.Tests.Inputs.ToTensor(
            Conformance.Tests.Inputs.Generate(shape, Domains[i], i + 1, DType.Float32), Conformance.Tests.Inputs.TypeOf(Domains[i], DType.Float32), device))];

    /// <summary>The result of contiguous operands on the CPU, which the forward tests compare with formulas in double precision.</summary>
    public Values Expected()
    {
        var y = Tensor.Empty(new Shape(Output), OutputType, Devices.Cpu);
        Run(Devices.Cpu.Backend, MakeInputs(Devices.Cpu), y);
        return Conformance.Tests.Inputs.FromTensor(y);
    }
}

/// <summary>A call of every family of the seam: what operations build upon, and where layouts of outputs can be chosen.</summary>
public static class SeamOperations
{
    private static readonly Conv2dOptions Padded = new() { PaddingHeight = 1, PaddingWidth = 1 };
    private static readonly CrossEntropyOptions Smooth = new() { LabelSmoothing = 0.1 };
    private static readonly Pool2dOptions Halved = new() { KernelHeight = 2, KernelWidth = 2, StrideHeight = 2, StrideWidth = 2 };

    private static readonly AttentionOptions Causal = new() { Causal = true, Scale = 0.5 };
    private static readonly long[][] Heads = [[2, 5, 4], [2, 6, 4], [2, 6, 3], [2, 5, 3]];
    private static readonly Domain[] Normals = [Domain.Normal, Domain.Normal, Domain.Normal, Domain.Normal];

    public static IReadOnlyList<SeamOperation> All { get; } =
    [
        new("copy", [[5, 7]], [Domain.Normal], [5, 7], (b, x, y) => b.Copy(x[0], y)),
        new("convert", [[5, 7]], [Domain.Integers], [5, 7], (b, x, y) => b.Copy(x[0], y)) { OutputType = DType.Int64 },
        new("fill", [], [], [5, 7], (b, _, y) => b.Fill(y, 2.5)),
        new("range", [], [], [5, 7], (b, _, y) => b.Range(y, -3, 0.5)),
        new("random", [], [], [5, 7], (b, _, y) => b.Random(RandomKind.Uniform, new(0, 1), 5, 3, y)),
        new("unary", [[5, 7]], [Domain.Normal], [5, 7], (b, x, y) => b.Unary(UnaryKind.Tanh, x[0], y)),
        new("binary", [[5, 7], [5, 7]], [Domain.Normal, Domain.Positive], [5, 7], (b, x, y) => b.Binary(BinaryKind.Divide, x[0], x[1], y)),
        new("binary, broadcast", [[5, 1], [7]], [Domain.Normal, Domain.Normal], [5, 7], (b, x, y) => b.Binary(BinaryKind.Add, x[0], x[1], y)),
        new("compare", [[5, 7], [7]], [Domain.Integers, Domain.Integers], [5, 7], (b, x, y) => b.Binary(BinaryKind.Less, x[0], x[1], y)) { OutputType = DType.Bool },
        new("ternary", [[5, 7], [5, 7], [7]], [Domain.Mask, Domain.Normal, Domain.Normal], [5, 7], (b, x, y) => b.Ternary(TernaryKind.Where, x[0], x[1], x[2], y)),
        new("multiply-add", [[5, 7], [5, 1], [7]], [Domain.Normal, Domain.Normal, Domain.Normal], [5, 7], (b, x, y) => b.Ternary(TernaryKind.MultiplyAdd, x[0], x[1], x[2], y)),
        new("sum of rows", [[5, 7]], [Domain.Normal], [5, 1], (b, x, y) => b.Reduce(ReduceKind.Sum, x[0], AxisSet.Single(1), y)),
        new("maximum of columns", [[5, 7]], [Domain.Normal], [1, 7], (b, x, y) => b.Reduce(ReduceKind.Maximum, x[0], AxisSet.Single(0), y)),
        new("mean of planes", [[3, 5, 7]], [Domain.Normal], [1, 5, 1], (b, x, y) => b.Reduce(ReduceKind.Mean, x[0], new(0b101), y)),
        new("arg", [[5, 7]], [Domain.Distinct], [5, 1], (b, x, y) => b.ArgReduce(ArgKind.Maximum, x[0], 1, null, y)) { OutputType = DType.Int64 },
        new("scan", [[5, 7]], [Domain.Normal], [5, 7], (b, x, y) => b.Scan(ScanKind.Sum, x[0], 0, true, y)),
        new("softmax", [[5, 7]], [Domain.Normal], [5, 7], (b, x, y) => b.Softmax(SoftmaxKind.Softmax, x[0], 1, y)),
        new("log-softmax of columns", [[5, 7]], [Domain.Normal], [5, 7], (b, x, y) => b.Softmax(SoftmaxKind.LogSoftmax, x[0], 0, y)),
        new("softmax backward", [[5, 7], [5, 7]], [Domain.Normal, Domain.Unit], [5, 7], (b, x, y) => b.SoftmaxBackward(SoftmaxKind.Softmax, x[0], x[1], 1, y)),
        new("attention", Heads, Normals, [2, 5, 3], (b, x, y) => b.Attention(Causal, x[0], x[1], x[2], null, y, Rows(y))),
        new("attention, logarithms of sums", Heads, Normals, [2, 5], (b, x, y) => b.Attention(Causal, x[0], x[1], x[2], null, Tensor.Empty([2, 5, 3], y.DType, y.Device), y)),
        new("attention, query gradient", Heads, Normals, [2, 5, 4], (b, x, y) => AttentionGradient(b, x, y, null, null)),
        new("attention, key gradient", Heads, Normals, [2, 6, 4], (b, x, y) => AttentionGradient(b, x, null, y, null)),
        new("attention, value gradient", Heads, Normals, [2, 6, 3], (b, x, y) => AttentionGradient(b, x, null, null, y)),
        new("product", [[5, 6], [6, 7]], [Domain.Normal, Domain.Normal], [5, 7], (b, x, y) => b.MatMul(x[0], x[1], null, MatMulActivation.None, y)),
        new("product with bias", [[2, 5, 6], [6, 7], [7]], [Domain.Normal, Domain.Normal, Domain.Normal], [2, 5, 7], (b, x, y) => b.MatMul(x[0], x[1], x[2], MatMulActivation.Relu, y)),
        new("matrix times vector", [[5, 6], [6, 1]], [Domain.Normal, Domain.Normal], [5, 1], (b, x, y) => b.MatMul(x[0], x[1], null, MatMulActivation.None, y)),
        new("product split along its depth", [[3, 600], [600, 4]], [Domain.Normal, Domain.Normal], [3, 4], (b, x, y) => b.MatMul(x[0], x[1], null, MatMulActivation.None, y)),
        new("convolution", [[2, 5, 4, 3], [3, 3, 3, 4], [4]], [Domain.Normal, Domain.Normal, Domain.Normal], [2, 5, 4, 4], (b, x, y) => b.Conv2d(x[0], x[1], x[2], Padded, y)),
        new("convolution, input gradient", [[2, 5, 4, 4], [3, 3, 3, 4]], [Domain.Normal, Domain.Normal], [2, 5, 4, 3], (b, x, y) => b.Conv2dInputGradient(x[0], x[1], Padded, y)),
        new("convolution, weight gradient", [[2, 5, 4, 3], [2, 5, 4, 4]], [Domain.Normal, Domain.Normal], [3, 3, 3, 4], (b, x, y) => b.Conv2dWeightGradient(x[0], x[1], Padded, y)),
        new("maximum pooling", [[2, 6, 4, 3]], [Domain.Distinct], [2, 3, 2, 3], (b, x, y) => b.Pool2d(Halved, x[0], y, null)),
        new("average pooling backward", [[2, 3, 2, 3]], [Domain.Normal], [2, 6, 4, 3], (b, x, y) => b.Pool2dBackward(Halved with { Kind = PoolKind.Average }, x[0], null, y)),
        new("normalization", [[5, 7], [1, 7], [1, 7]], [Domain.Normal, Domain.Normal, Domain.Normal], [5, 7], Normalized),
        new("cross-entropy", [[5, 3], [5], [3]], [Domain.Normal, Domain.Index3, Domain.Positive], [5],
            (b, x, y) => b.CrossEntropy(Smooth, x[0], x[1], x[2].To(DType.Float32), y, Tensor.Empty([5, 4], DType.Float32, y.Device))) { IsWide = true },
        new("cross-entropy backward", [[5], [5, 3], [5]], [Domain.Normal, Domain.Normal, Domain.Index3], [5, 3], (b, x, y) =>
        {
            var statistics = Tensor.Empty([5, 4], DType.Float32, y.Device);
            b.CrossEntropy(Smooth, x[1], x[2], null, Tensor.Empty([5], DType.Float32, y.Device), statistics);
            b.CrossEntropyBackward(Smooth, x[0].To(DType.Float32), x[1], x[2], null, statistics, y);
        }),
        new("norm of many", [[5, 7], [3], [2, 2]], [Domain.Normal, Domain.Normal, Domain.Normal], [], (b, x, y) => b.ReduceMany(ReduceManyKind.EuclideanNorm, x, y)) { IsWide = true },
        new("scaling of many", [[5, 7], [1]], [Domain.Normal, Domain.Normal], [5, 7], (b, x, y) =>
        {
            b.Copy(x[0], y);
            b.ScaleMany([y], x[1]);
        }),
        new("gather", [[5, 7], [4, 7]], [Domain.Normal, Domain.Index3], [4, 7], (b, x, y) => b.Gather(x[0], 0, x[1], y)),
        new("scatter", [[4, 7], [4, 7]], [Domain.Index3, Domain.Normal], [5, 7], (b, x, y) =>
        {
            b.Fill(y, 1);
            b.Scatter(ScatterKind.Add, 0, x[0], x[1], y);
        }),
        new("sort", [[5, 7]], [Domain.Distinct], [5, 7], (b, x, y) => b.Sort(x[0], 1, true, y, Tensor.Empty(y.Shape, DType.Int64, y.Device))),
        new("places of sorting", [[5, 7]], [Domain.Distinct], [5, 7], (b, x, y) => b.Sort(x[0], 0, false, Tensor.Empty(y.Shape, DType.Float32, y.Device), y)) { OutputType = DType.Int64 },
    ];

    /// <summary>Every operation on every backend.</summary>
    public static IEnumerable<TestCaseData> OnBackends() =>
        from backend in Backends.All
        from operation in All
        select new TestCaseData(backend, operation).SetArgDisplayNames(backend.Name, operation.Name);

    private static void Normalized(IBackend backend, Tensor[] x, Tensor y)
    {
        Tensor mean = Tensor.Empty([5, 1], DType.Float32, y.Device), inverse = Tensor.Empty([5, 1], DType.Float32, y.Device);
        backend.Normalize(NormalizeKind.Standard, x[0], AxisSet.Single(1), x[1], x[2], 1e-5, y, mean, inverse);
    }

    private static Tensor Rows(Tensor y) => Tensor.Empty(y.Shape.Without(-1), DType.Float32, y.Device);

    private static void AttentionGradient(IBackend backend, Tensor[] x, Tensor? dquery, Tensor? dkey, Tensor? dvalue)
    {
        var y = Tensor.Empty(x[3].Shape, x[3].DType, x[3].Device);
        var logSumExp = Rows(y);
        backend.Attention(Causal, x[0], x[1], x[2], null, y, logSumExp);
        backend.AttentionBackward(Causal, x[3], x[0], x[1], x[2], null, y, logSumExp, dquery, dkey, dvalue);
    }
}
