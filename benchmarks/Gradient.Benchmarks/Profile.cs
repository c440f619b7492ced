using System.Diagnostics;
using System.Globalization;

namespace Gradient.Benchmarks;

/// <summary>What a step spends its time on: a device like the CPU whose backend measures every call.</summary>
internal sealed class ProfiledDevice : Device
{
    private readonly ProfilingBackend profile = new(Devices.Cpu.Backend);

    public override DeviceKind Kind => DeviceKind.Cpu;

    public override string Name => "cpu";

    public override IBackend Backend => profile;

    public override MemoryPool MemoryPool => Devices.Cpu.MemoryPool;

    public void Reset() => profile.Reset();

    /// <summary>A table: per operation calls, time, bytes and GFLOP/s of one run, and what the backend did not account for.</summary>
    public void Print(string name, int runs, TimeSpan total)
    {
        var culture = CultureInfo.InvariantCulture;
        Console.WriteLine($"{name}: {(total / runs).TotalMilliseconds.ToString("0.000", culture)} ms a run over {runs} runs");
        Console.WriteLine($"  {"operation",-28} {"calls",7} {"ms",10} {"share",7} {"MB",10} {"GB/s",8} {"GFLOP/s",9}");
        foreach (var (operation, entry) in profile.Entries.OrderByDescending(pair => pair.Value.Ticks))
        {
            double seconds = Stopwatch.GetElapsedTime(0, entry.Ticks).TotalSeconds;
            Console.WriteLine(string.Create(
                culture,
                $"  {operation,-28} {(double)entry.Calls / runs,7:0.#} {seconds * 1e3 / runs,10:0.000} {seconds / total.TotalSeconds,7:0.0%} {entry.Bytes / 1e6 / runs,10:0.00} {entry.Bytes / 1e9 / seconds,8:0.0} {entry.Operations / 1e9 / seconds,9:0.0}"));
        }

        double outside = total.TotalSeconds - Stopwatch.GetElapsedTime(0, profile.Entries.Values.Sum(entry => entry.Ticks)).TotalSeconds;
        Console.WriteLine(string.Create(culture, $"  {"(between kernels)",-28} {"",7} {outside * 1e3 / runs,10:0.000} {outside / total.TotalSeconds,7:0.0%}"));
    }
}

/// <summary>Measures another backend. Bytes are those of the tensors of a call, once each; operations those of products and convolutions.</summary>
internal sealed class ProfilingBackend(IBackend inner) : IBackend
{
    public Dictionary<string, Entry> Entries { get; } = [];

    internal sealed class Entry
    {
        public long Calls, Ticks, Bytes;
        public double Operations;
    }

    public void Reset() => Entries.Clear();

    public void Synchronize() => inner.Synchronize();

    public void Upload(ReadOnlySpan<byte> source, Storage destination, long byteOffset) => inner.Upload(source, destination, byteOffset);

    public void Download(Storage source, long byteOffset, Span<byte> destination) => inner.Download(source, byteOffset, destination);

    public void Copy(Tensor x, Tensor y) => Measure("copy", () => inner.Copy(x, y), 0, x, y);

    public void Fill(Tensor y, double value) => Measure("fill", () => inner.Fill(y, value), 0, y);

    public void Range(Tensor y, double start, double step) => Measure("range", () => inner.Range(y, start, step), 0, y);

    public void Random(RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, Tensor y) =>
        Measure($"random {kind}", () => inner.Random(kind, parameters, seed, offset, y), 0, y);

    public void Unary(UnaryKind kind, Tensor x, Tensor y, KernelParameters parameters = default) =>
        Measure($"{kind}", () => inner.Unary(kind, x, y, parameters), 0, x, y);

    public void Binary(BinaryKind kind, Tensor a, Tensor b, Tensor y, KernelParameters parameters = default) =>
        Measure($"{kind}", () => inner.Binary(kind, a, b, y, parameters), 0, a, b, y);

    public void Ternary(TernaryKind kind, Tensor a, Tensor b, Tensor c, Tensor y) => Measure($"{kind}", () => inner.Ternary(kind, a, b, c, y), 0, a, b, c, y);

    public void Reduce(ReduceKind kind, Tensor x, AxisSet axes, Tensor y) => Measure($"reduce {kind}", () => inner.Reduce(kind, x, axes, y), 0, x, y);

    public void ArgReduce(ArgKind kind, Tensor x, int axis, Tensor? values, Tensor indices) =>
        Measure($"arg {kind}", () => inner.ArgReduce(kind, x, axis, values, indices), 0, x, values, indices);

    public void Scan(ScanKind kind, Tensor x, int axis, bool reverse, Tensor y) => Measure($"scan {kind}", () => inner.Scan(kind, x, axis, reverse, y), 0, x, y);

    public void Softmax(SoftmaxKind kind, Tensor x, int axis, Tensor y) => Measure($"{kind}", () => inner.Softmax(kind, x, axis, y), 0, x, y);

    public void SoftmaxBackward(SoftmaxKind kind, Tensor dy, Tensor y, int axis, Tensor dx) =>
        Measure($"{kind} backward", () => inner.SoftmaxBackward(kind, dy, y, axis, dx), 0, dy, y, dx);

    public void MatMul(Tensor a, Tensor b, Tensor? bias, MatMulActivation activation, Tensor y) =>
        Measure("matMul", () => inner.MatMul(a, b, bias, activation, y), 2.0 * y.ElementCount * a.Shape[^1], a, b, bias, y);

    public void SparseMatMul(Tensor offsets, Tensor columns, Tensor? values, Tensor? b, Tensor y) =>
        Measure("sparse matMul", () => inner.SparseMatMul(offsets, columns, values, b, y), 2.0 * columns.ElementCount * (b?.Shape[1] ?? 0), offsets, columns, values, b, y);

    public void SparseSample(Tensor offsets, Tensor columns, Tensor a, Tensor? b, Tensor y) =>
        Measure("sparse sample", () => inner.SparseSample(offsets, columns, a, b, y), 2.0 * columns.ElementCount * (b?.Shape[1] ?? 0), offsets, columns, a, b, y);

    public void Conv2d(Tensor x, Tensor weight, Tensor? bias, in Conv2dOptions options, Tensor y)
    {
        var copy = options;
        Measure("conv2d", () => inner.Conv2d(x, weight, bias, copy, y), Multiplications(weight, y), x, weight, bias, y);
    }

    public void Conv2dInputGradient(Tensor dy, Tensor weight, in Conv2dOptions options, Tensor dx)
    {
        var copy = options;
        Measure("conv2d input gradient", () => inner.Conv2dInputGradient(dy, weight, copy, dx), Multiplications(weight, dy), dy, weight, dx);
    }

    public void Conv2dWeightGradient(Tensor x, Tensor dy, in Conv2dOptions options, Tensor dw)
    {
        var copy = options;
        Measure("conv2d weight gradient", () => inner.Conv2dWeightGradient(x, dy, copy, dw), Multiplications(dw, dy), x, dy, dw);
    }

    public void Pool2d(in Pool2dOptions options, Tensor x, Tensor y, Tensor? indices)
    {
        var copy = options;
        Measure($"pool {options.Kind}", () => inner.Pool2d(copy, x, y, indices), 0, x, y, indices);
    }

    public void Pool2dBackward(in Pool2dOptions options, Tensor dy, Tensor? indices, Tensor dx)
    {
        var copy = options;
        Measure($"pool {options.Kind} backward", () => inner.Pool2dBackward(copy, dy, indices, dx), 0, dy, indices, dx);
    }

    public void Normalize(
        NormalizeKind kind, Tensor x, AxisSet axes, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor? mean, Tensor inverse) =>
        Measure("normalize", () => inner.Normalize(kind, x, axes, weight, bias, epsilon, y, mean, inverse), 0, x, weight, bias, y, mean, inverse);

    public void NormalizeBackward(
        NormalizeKind kind, Tensor dy, Tensor x, AxisSet axes, Tensor? weight, Tensor? mean, Tensor inverse, Tensor? dx, Tensor? dweight, Tensor? dbias) =>
        Measure(
            "normalize backward", () => inner.NormalizeBackward(kind, dy, x, axes, weight, mean, inverse, dx, dweight, dbias), 0, dy, x, weight, mean, inverse, dx, dweight, dbias);

    public void Attention(in AttentionOptions options, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp)
    {
        var copy = options;
        Measure(
            "attention", () => inner.Attention(copy, query, key, value, mask, y, logSumExp),
            2.0 * logSumExp.ElementCount * key.Shape[-2] * (query.Shape[-1] + y.Shape[-1]), query, key, value, mask, y, logSumExp);
    }

    public void AttentionBackward(
        in AttentionOptions options, Tensor dy, Tensor query, Tensor key, Tensor value, Tensor? mask, Tensor y, Tensor logSumExp,
        Tensor? dquery, Tensor? dkey, Tensor? dvalue)
    {
        var copy = options;
        Measure(
            "attention backward", () => inner.AttentionBackward(copy, dy, query, key, value, mask, y, logSumExp, dquery, dkey, dvalue),
            2.0 * logSumExp.ElementCount * key.Shape[-2] * ((3 * query.Shape[-1]) + (2 * y.Shape[-1])),
            dy, query, key, value, mask, y, logSumExp, dquery, dkey, dvalue);
    }

    public void CrossEntropy(in CrossEntropyOptions options, Tensor x, Tensor labels, Tensor? weights, Tensor losses, Tensor statistics)
    {
        var copy = options;
        Measure("crossEntropy", () => inner.CrossEntropy(copy, x, labels, weights, losses, statistics), 0, x, labels, weights, losses, statistics);
    }

    public void CrossEntropyBackward(
        in CrossEntropyOptions options, Tensor dy, Tensor x, Tensor labels, Tensor? weights, Tensor statistics, Tensor dx)
    {
        var copy = options;
        Measure("crossEntropy backward", () => inner.CrossEntropyBackward(copy, dy, x, labels, weights, statistics, dx), 0, dy, x, labels, weights, statistics, dx);
    }

    public void Gather(Tensor x, int axis, Tensor index, Tensor y, string operation = "gather") =>
        Measure(operation, () => inner.Gather(x, axis, index, y, operation), 0, y, y);

    public void Scatter(ScatterKind kind, int axis, Tensor index, Tensor source, Tensor y, string operation = "scatter") =>
        Measure($"{operation} {kind}", () => inner.Scatter(kind, axis, index, source, y, operation), 0, source, source);

    public void Sort(Tensor x, int axis, bool descending, Tensor values, Tensor indices) =>
        Measure("sort", () => inner.Sort(x, axis, descending, values, indices), 0, x, values, indices);

    public void ReduceMany(ReduceManyKind kind, ReadOnlySpan<Tensor> tensors, Tensor y, KernelParameters parameters = default)
    {
        Tensor[] all = [.. tensors];
        Measure($"many, {kind}", () => inner.ReduceMany(kind, all, y, parameters), 0, all);
    }

    public void ScaleMany(ReadOnlySpan<Tensor> tensors, Tensor factor)
    {
        Tensor[] all = [.. tensors];
        Measure("many, scale", () => inner.ScaleMany(all, factor), 0, [.. all, .. all]);
    }

    public void OptimizerStep(OptimizerKind kind, in OptimizerSettings settings, ReadOnlySpan<OptimizerSlot> slots)
    {
        var copy = settings;
        OptimizerSlot[] all = [.. slots];
        Measure(
            $"step {kind}", () => inner.OptimizerStep(kind, copy, all), 0,
            [.. all.SelectMany(slot => new[] { slot.Parameter, slot.Gradient, slot.State0, slot.State1, slot.State2 })]);
    }

    private static double Multiplications(Tensor weight, Tensor output) => 2.0 * output.ElementCount * weight.ElementCount / weight.Shape[^1];

    private void Measure(string name, Action call, double operations, params ReadOnlySpan<Tensor?> tensors)
    {
        if (!Entries.TryGetValue(name, out var entry)) Entries.Add(name, entry = new());
        long start = Stopwatch.GetTimestamp();
        call();
        entry.Ticks += Stopwatch.GetTimestamp() - start;
        entry.Calls++;
        entry.Operations += operations;
        foreach (var tensor in tensors) entry.Bytes += tensor is null ? 0 : tensor.ElementCount * tensor.DType.Size();
    }
}
