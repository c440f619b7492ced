namespace Gradient.Conformance.Tests;

/// <summary>What the seam does with many tensors at once, against double precision: types and layouts mixed, some empty, more than a launch takes.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ManyTensorTests
{
    private static readonly long[][] Shapes =
    [
        [5], [3, 4], [], [0], [700], [2, 2, 2], [33], [16383], [16384], [16385], [7, 9], [1000], [70001], [6], [31, 3], [8], [2, 0, 3], [40, 50], [1], [2], [3], [4], [5], [6], [7], [300, 3],
    ];

    public static IEnumerable<TestCaseData> Kinds() =>
        from backend in Backends.All
        from kind in Enum.GetValues<ReduceManyKind>()
        from power in kind == ReduceManyKind.PowerNorm ? new[] { 1, 3, 0.5, 2.5 } : [0]
        select new TestCaseData(backend, kind, power).SetArgDisplayNames(backend.Name, $"{kind}", $"{power}");

    [TestCaseSource(nameof(Kinds))]
    public void All_elements_become_one_number(Backend backend, ReduceManyKind kind, double power)
    {
        var (values, tensors) = Make(backend, _ => { });
        Near(kind, backend, tensors, Reference(kind, power, values), power);
        // Of nothing, and of some of it.
        Near(kind, backend, [], Reference(kind, power, []), power);
        Near(kind, backend, [tensors[3]], Reference(kind, power, []), power);
        Near(kind, backend, tensors[..24], Reference(kind, power, values[..24]), power);
    }

    [TestCaseSource(nameof(Kinds))]
    public void NaN_and_infinities_come_through(Backend backend, ReduceManyKind kind, double power)
    {
        foreach (double special in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
            foreach (int at in new[] { 0, 12, 25 })
            {
                var (values, tensors) = Make(backend, all => all[at].Data[^1] = special);
                Near(kind, backend, tensors, Reference(kind, power, values), power);
            }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void The_same_bits_each_time(Backend backend)
    {
        var (_, tensors) = Make(backend, _ => { });
        var results = new HashSet<float>();
        for (int i = 0; i < 20; i++) results.Add((float)Reduce(ReduceManyKind.EuclideanNorm, backend, tensors, 0));
        Assert.That(results, Has.Count.EqualTo(1));
    }

    /// <summary>More tensors than the last step takes in one chain per thread; on Metal 32 for each of 256 threads. All sums are exact.</summary>
    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Of_very_many_tensors_each_counts_once(Backend backend)
    {
        const int Count = (32 * 256 * 2) + 300;
        float[] numbers = [.. Enumerable.Range(0, Count).Select(i => (i % 7) + 1f)];
        var all = Tensor.From(numbers, [Count], backend.Device());
        Tensor[] tensors = [.. Enumerable.Range(0, Count).Select(i => all.View(new Layout([1], [1], i)))];
        Assert.That(Reduce(ReduceManyKind.Sum, backend, tensors, 0), Is.EqualTo(numbers.Sum(x => (double)x)));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void All_elements_are_scaled_in_place(Backend backend)
    {
        foreach (double factor in new[] { 0.37, 1, 0, double.NaN })
        {
            var (values, tensors) = Make(backend, _ => { });
            var number = Tensor.From<float>([(float)factor], [], backend.Device());
            backend.Device().Backend.ScaleMany(tensors, number);
            for (int i = 0; i < tensors.Length; i++)
                Compare.Near(
                    values[i].Map(x => Inputs.Round(x * (float)factor, tensors[i].DType)), Inputs.FromTensor(tensors[i]), Case.Rounding(tensors[i].DType),
                    $"{factor}: tensor {i} of {tensors[i].DType.Name()}");
        }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void What_cannot_be_is_said(Backend backend)
    {
        var device = backend.Device();
        var y = Tensor.Empty([], DType.Float32, device);
        var integers = Tensor.From<long>([1, 2], [2], device);
        Assert.Multiple(() =>
        {
            Assert.That(() => device.Backend.ReduceMany(ReduceManyKind.Sum, [integers], y), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("int64"));
            Assert.That(() => device.Backend.ScaleMany([integers], y), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("int64"));
            Assert.That(() => device.Backend.ReduceMany(ReduceManyKind.PowerNorm, [], y), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    /// <summary>Tensors of all floating-point types that the backend has, in all layouts, by turns.</summary>
    private static (Values[] Values, Tensor[] Tensors) Make(Backend backend, Action<Values[]> change)
    {
        DType[] types = [.. new[] { DType.Float32, DType.Float32, DType.Float16, DType.BFloat16, DType.Float64 }.Where(backend.Supports)];
        var arranges = Layouts.All.Values.ToArray();
        var values = Shapes.Select((shape, i) => Inputs.Generate(shape, Domain.Normal, i, types[i % types.Length])).ToArray();
        change(values);
        return (values, [.. values.Select((v, i) => arranges[i % arranges.Length](Inputs.ToTensor(v, types[i % types.Length], backend.Device())))]);
    }

    private static double Reference(ReduceManyKind kind, double power, Values[] values)
    {
        var all = values.SelectMany(v => v.Data);
        return kind switch
        {
            ReduceManyKind.Sum => all.Sum(),
            ReduceManyKind.Maximum => all.Aggregate(double.NegativeInfinity, Math.Max),
            ReduceManyKind.Minimum => all.Aggregate(double.PositiveInfinity, Math.Min),
            ReduceManyKind.EuclideanNorm => Math.Sqrt(all.Sum(x => x * x)),
            ReduceManyKind.MaximumNorm => all.Aggregate(0.0, (a, x) => Math.Max(a, Math.Abs(x))),
            ReduceManyKind.PowerNorm => Math.Pow(all.Sum(x => Math.Pow(Math.Abs(x), power)), 1 / power),
            _ => all.Count(x => !double.IsFinite(x)),
        };
    }

    private static double Reduce(ReduceManyKind kind, Backend backend, Tensor[] tensors, double power)
    {
        var y = Tensor.Empty([], kind == ReduceManyKind.NonFiniteCount ? DType.Int64 : DType.Float32, backend.Device());
        backend.Device().Backend.ReduceMany(kind, tensors, y, new(power));
        return Inputs.FromTensor(y).Data[0];
    }

    /// <summary>Sums of 100,000 numbers that partly cancel: the error is relative to the sum of their magnitudes.</summary>
    private static void Near(ReduceManyKind kind, Backend backend, Tensor[] tensors, double expected, double power)
    {
        double actual = Reduce(kind, backend, tensors, power);
        double tolerance = kind switch
        {
            ReduceManyKind.Sum => 1e-6 * 1e5,
            ReduceManyKind.PowerNorm => 2e-6 / Math.Min(1, power), // a root magnifies by its order
            ReduceManyKind.EuclideanNorm => 1e-6,
            _ => 0,
        };
        Compare.Near(Values.Scalar(kind == ReduceManyKind.NonFiniteCount ? expected : (float)expected), Values.Scalar(actual), tolerance, $"{kind} of {tensors.Length} tensors");
    }
}
