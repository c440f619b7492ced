namespace Gradient.Conformance.Tests;

/// <summary>
/// The fused cross-entropy of the seam, forward and backward, against its formula in double precision: over types, layouts of every
/// operand, lengths beside those of vectors, teams and chunks, options, and special values.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class CrossEntropyTests
{
    private const long Ignored = -7;

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from dtype in new[] { DType.Float32, DType.Float64, DType.Float16, DType.BFloat16 }
        where backend.Supports(dtype)
        from smoothing in new[] { 0, 0.1, 1 }
        from weighted in new[] { false, true }
        select new TestCaseData(backend, dtype, smoothing, weighted).SetArgDisplayNames(backend.Name, dtype.Name(), $"smoothing {smoothing}", weighted ? "weights" : "no weights");

    [TestCaseSource(nameof(Combinations))]
    public void Any_layout(Backend backend, DType dtype, double smoothing, bool weighted)
    {
        foreach (long[] shape in new long[][] { [3], [5, 7], [2, 3, 10], [1, 40, 2], [0, 4] })
            foreach (var (layout, arrange) in Layouts.All) Check(backend, dtype, shape, smoothing, weighted, arrange, 1, layout);
    }

    [TestCaseSource(nameof(Combinations))]
    public void Lengths_beside_chunks_and_teams(Backend backend, DType dtype, double smoothing, bool weighted)
    {
        foreach (long classes in new long[] { 1, 8, 31, 33, 127, 128, 129, 255, 257, 1023, 1024, 1025, 2049, 9000 })
            Check(backend, dtype, [2, classes], smoothing, weighted, Layouts.All["padded rows"], 1, "padded rows");
    }

    [TestCaseSource(nameof(Combinations))]
    public void Logits_far_apart_and_far_from_zero(Backend backend, DType dtype, double smoothing, bool weighted)
    {
        // Rising, so that each chunk has a new maximum; their sum would lose what they differ by.
        foreach (long classes in new long[] { 4, 40, 3000 }) Check(backend, dtype, [3, classes], smoothing, weighted, Layouts.All["contiguous"], 4000, "wide");
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Rows_for_themselves_columns_of_classes(Backend backend)
    {
        // Classes far apart in memory, rows next to each other: as logits of channels first.
        var stored = Inputs.Generate([6, 300], Domain.Normal, 1, DType.Float32);
        var logits = Values.Make([300, 6], i => stored[i[1], i[0]]);
        var labels = Labels([300], 6);
        var x = Inputs.ToTensor(stored, DType.Float32, backend.Device());
        Check(backend, logits, labels, x.View(x.Layout.Transpose(0, 1)), t => t, DType.Float32, 0.1, null, "columns");
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Special_values(Backend backend)
    {
        const double Inf = double.PositiveInfinity;
        foreach (long classes in new long[] { 3, 2100 })
        {
            double[][] rows =
            [
                [Inf, 0, 1], [0, Inf, 1], [-Inf, -Inf, -Inf], [1, -Inf, 2], [-Inf, 1, 2], [double.NaN, 0, 0], [0, 0, double.NaN], [-0.0, 1e-40, -1e-40], [1e30, -1e30, 88],
                [-Inf, -Inf, 3],
            ];
            var logits = Values.Make([2 * rows.Length, classes], i => i[1] < 2 ? rows[i[0] / 2][i[1]] : i[1] == classes - 1 ? rows[i[0] / 2][2] : -Inf);
            var labels = Values.Make([2 * rows.Length], i => i[0] % 2 == 0 ? 0 : classes - 1);
            foreach (double smoothing in new[] { 0, 0.25 })
                Check(backend, logits, labels, Inputs.ToTensor(logits, DType.Float32, backend.Device()), t => t, DType.Float32, smoothing, null, $"{classes} classes, smoothing {smoothing}");
            // Rows of the ignored label have loss 0 and gradient 0, whatever their logits.
            labels = labels.Map(_ => Ignored);
            Check(backend, logits, labels, Inputs.ToTensor(logits, DType.Float32, backend.Device()), t => t, DType.Float32, 0.25, null, "ignored");
        }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Gradients_of_gradients(Backend backend)
    {
        // The gradient composed for graphs is the fused one.
        var logits = new GradientTensor(Inputs.ToTensor(Inputs.Generate([4, 5], Domain.Normal, 1, DType.Float32), DType.Float32, backend.Device()), requiresGrad: true);
        var labels = GradientTensor.From([4L, 0, Ignored, 2], backend.Device());
        var weights = GradientTensor.From([1f, 2, 0.5f, 0, 3], backend.Device());
        var loss = Nn.Loss.CrossEntropy(logits, labels, Nn.Reduction.Mean, Ignored, 0.1, weights);
        var composed = Tape.Gradients(loss, [logits], retainGraph: true, createGraph: true)[0]!;
        var fused = Tape.Gradients(loss, [logits])[0]!;
        Compare.Near(Inputs.FromTensor(composed.Value), Inputs.FromTensor(fused.Value), 1e-6, "gradient");
        composed.Square().Sum().Backward();
        Assert.That(logits.Grad!.Abs().Sum().Item(), Is.GreaterThan(0));
    }

    private static void Check(Backend backend, DType dtype, long[] shape, double smoothing, bool weighted, Layouts.Arrange arrange, double scale, string what)
    {
        var made = Inputs.Generate(shape, Domain.Normal, 1, dtype);
        var logits = scale == 1 ? made : Values.Make(shape, i => Inputs.Round(scale * (1 + (i[^1] / (double)shape[^1])) + made[i], dtype));
        var labels = Labels(shape[..^1], shape[^1]);
        var weights = weighted ? Inputs.Generate([shape[^1]], Domain.Positive, 2, DType.Float32) : null;
        Check(backend, logits, labels, arrange(Inputs.ToTensor(logits, dtype, backend.Device())), arrange, dtype, smoothing, weights, $"[{string.Join(", ", shape)}] {what}");
    }

    private static void Check(
        Backend backend, Values logits, Values labels, Tensor x, Layouts.Arrange arrange, DType dtype, double smoothing, Values? weights, string what)
    {
        var device = backend.Device();
        var wide = dtype == DType.Float64 ? DType.Float64 : DType.Float32;
        var options = new CrossEntropyOptions { IgnoredLabel = Ignored, LabelSmoothing = smoothing };
        var dy = Inputs.Generate(labels.Shape, Domain.Normal, 3, wide);
        var (losses, means, dx) = Reference(logits, labels, weights, dy, smoothing);
        foreach (var type in new[] { DType.Int64, DType.Int32 })
        {
            var label = arrange(Inputs.ToTensor(labels, type, device));
            var weight = weights is null ? null : arrange(Inputs.ToTensor(weights, wide, device));
            // Outputs lie in the layout too.
            var actualLosses = arrange(Tensor.Empty(label.Shape, wide, device));
            var statistics = arrange(Tensor.Empty(label.Shape.Insert(label.Rank, 4), wide, device));
            var actualDx = arrange(Tensor.Empty(x.Shape, dtype, device));
            device.Backend.CrossEntropy(options, x, label, weight, actualLosses, statistics);
            device.Backend.CrossEntropyBackward(options, arrange(Inputs.ToTensor(dy, wide, device)), x, label, weight, statistics, actualDx);
            // Sums of exponentials, and of weighted logits, over the classes.
            double tolerance = Case.Rounding(wide) * 4;
            Compare.Near(losses, Inputs.FromTensor(actualLosses), tolerance, $"{what}: losses");
            Compare.Near(means, Inputs.FromTensor(statistics.View(statistics.Layout.Select(-1, 2))), Case.Rounding(wide), $"{what}: weights of the mean");
            Compare.Near(dx, Inputs.FromTensor(actualDx), Math.Max(tolerance, Case.Rounding(dtype)), $"{what}: gradient");
        }
    }

    private static (Values Losses, Values Means, Values Dx) Reference(Values logits, Values labels, Values? weights, Values dy, double smoothing)
    {
        long classes = logits.Shape[^1];
        var logs = logits.AlongAxis(-1, LogSoftmax);
        double Weight(long c) => weights is null ? 1 : weights[c];
        double Target(long label, long c) => Weight(c) * ((c == label ? 1 - smoothing : 0) + (smoothing / classes));
        var losses = Values.Make(labels.Shape, i =>
        {
            long label = (long)labels[i];
            if (label == Ignored) return 0;
            double loss = 0;
            for (long c = 0; c < classes; c++)
                if (c == label || smoothing != 0) loss -= Target(label, c) * logs[[.. i, c]];
            return loss;
        });
        var dx = Values.Make(logits.Shape, i =>
        {
            long label = (long)labels[i[..^1]];
            if (label == Ignored) return 0;
            double mass = 0;
            for (long c = 0; c < classes; c++) mass += Target(label, c);
            return dy[i[..^1]] * ((mass * Math.Exp(logs[i])) - Target(label, i[^1]));
        });
        return (losses, labels.Map(label => label == Ignored ? 0 : Weight((long)label)), dx);
    }

    private static double[] LogSoftmax(double[] x)
    {
        double largest = x.Max(), sum = x.Sum(v => Math.Exp(v - largest));
        if (x.Any(double.IsNaN)) largest = double.NaN;
        return [.. x.Select(v => v - largest - Math.Log(sum))];
    }

    private static Values Labels(long[] shape, long classes)
    {
        var random = new Random(4);
        return Values.Make(shape, _ => random.Next(5) == 0 ? Ignored : random.NextInt64(classes));
    }
}
