namespace Gradient.Nn.Tests;

/// <summary>Losses against their formulas in double precision, and their gradients against finite differences.</summary>
public class LossTests
{
    private static readonly GradientTensor Logits = GradientTensor.Randn([4, 3], seed: 1, dtype: DType.Float64) * 2;
    private static readonly GradientTensor Labels = GradientTensor.From([2L, 0, 1, 2]);
    private static readonly GradientTensor Weights = GradientTensor.From([0.5, 1, 2]);
    private static readonly GradientTensor Soft = GradientTensor.Randn([4, 3], seed: 2, dtype: DType.Float64).Softmax();

    private static double[,] LogSoftmax(double[] x, int classes)
    {
        var logs = new double[x.Length / classes, classes];
        for (int i = 0; i < x.Length; i++)
        {
            int row = i / classes;
            double max = x.AsSpan(row * classes, classes).ToArray().Max();
            logs[row, i % classes] = x[i] - max - Math.Log(x.Skip(row * classes).Take(classes).Sum(v => Math.Exp(v - max)));
        }

        return logs;
    }

    [TestCase(0.0, false, -100)]
    [TestCase(0.1, false, -100)]
    [TestCase(0.0, true, -100)]
    [TestCase(0.2, true, 1)]
    [TestCase(0.0, true, 2)]
    public void Cross_entropy_of_class_indices(double smoothing, bool weighted, long ignore)
    {
        var logs = LogSoftmax(Logits.ToArray<double>(), 3);
        double[] w = weighted ? Weights.ToArray<double>() : [1, 1, 1];
        var labels = Labels.ToArray<long>();
        var losses = new double[4];
        double counts = 0;
        for (int i = 0; i < 4; i++)
        {
            if (labels[i] == ignore) continue;
            counts += w[labels[i]];
            for (int c = 0; c < 3; c++) losses[i] -= w[c] * ((c == labels[i] ? 1 - smoothing : 0) + (smoothing / 3)) * logs[i, c];
        }

        GradientTensor Ours(Reduction reduction) =>
            Loss.CrossEntropy(Logits, Labels, reduction, ignore, smoothing, weighted ? Weights : null);
        Assert.That(Ours(Reduction.None).ToArray<double>(), Is.EqualTo(losses).Within(1e-12));
        Assert.That(Ours(Reduction.Sum).Item<double>(), Is.EqualTo(losses.Sum()).Within(1e-12));
        Assert.That(Ours(Reduction.Mean).Item<double>(), Is.EqualTo(losses.Sum() / counts).Within(1e-12));
    }

    [Test]
    public void Cross_entropy_of_probabilities_and_one_hot()
    {
        var logs = LogSoftmax(Logits.ToArray<double>(), 3);
        var soft = Soft.ToArray<double>();
        double expected = Enumerable.Range(0, 12).Sum(i => -soft[i] * logs[i / 3, i % 3]) / 4;
        Assert.That(Loss.CrossEntropy(Logits, Soft).Item<double>(), Is.EqualTo(expected).Within(1e-12));
        double indexed = Loss.CrossEntropy(Logits, Labels).Item<double>();
        Assert.That(Loss.CrossEntropy(Logits, Labels.OneHot(3, DType.Int64)).Item<double>(), Is.EqualTo(indexed).Within(1e-12));
        Assert.That(Loss.NegativeLogLikelihood(Logits.LogSoftmax(), Labels).Item<double>(), Is.EqualTo(indexed).Within(1e-12));
        // Pixels: classes stay the last axis.
        Assert.That(Loss.CrossEntropy(Logits.Reshape(2, 2, 3), Labels.Reshape(2, 2)).Item<double>(), Is.EqualTo(indexed).Within(1e-12));
    }

    [Test]
    public void Wide_logits_give_no_nan()
    {
        var wide = GradientTensor.From([1e4f, -1e4f, 0, -1e4f, 1e4f, 1e4f], [2, 3]).RequireGrad();
        foreach (var target in new[] { GradientTensor.From([1L, 0]), GradientTensor.From([0f, 0.5f, 0.5f, 1, 0, 0], [2, 3]) })
        {
            var loss = Loss.CrossEntropy(wide, target);
            Assert.That(float.IsFinite(loss.Item()));
            wide.Grad = null;
            loss.Backward();
            Assert.That(wide.Grad!.ToArray<float>(), Has.All.Matches<float>(float.IsFinite));
        }

        wide.Grad = null;
        var binary = Loss.BinaryCrossEntropyWithLogits(wide, GradientTensor.From([0f, 1, 0.5f, 1, 1, 0], [2, 3]), Reduction.None);
        Assert.That(binary.ToArray<float>(), Is.EqualTo(new float[] { 1e4f, 1e4f, MathF.Log(2), 1e4f, 0, 1e4f }).Within(1e-6));
        binary.Sum().Backward();
        Assert.That(wide.Grad!.ToArray<float>(), Is.EqualTo(new float[] { 1, -1, 0, -1, 0, 1 }).Within(1e-6));
    }

    [Test]
    public void Nothing_but_ignored_labels_is_nan_as_a_mean_and_zero_as_a_sum()
    {
        var ignored = GradientTensor.From([-100L, -100]);
        var logits = Logits.Narrow(0, 0, 2);
        Assert.That(Loss.CrossEntropy(logits, ignored).Item(), Is.NaN);
        Assert.That(Loss.CrossEntropy(logits, ignored, Reduction.Sum).Item(), Is.Zero);
    }

    [Test]
    public void Losses_of_numbers()
    {
        double[] x = [0.3, -2, 1, 4], y = [0.1, 1, 1, -1];
        GradientTensor p = GradientTensor.From(x), t = GradientTensor.From(y);
        void Check(Func<double, double, double> formula, Func<Reduction, GradientTensor> loss)
        {
            var expected = x.Zip(y, formula).ToArray();
            Assert.That(loss(Reduction.None).ToArray<double>(), Is.EqualTo(expected).Within(1e-12));
            Assert.That(loss(Reduction.Mean).Item<double>(), Is.EqualTo(expected.Average()).Within(1e-12));
            Assert.That(loss(Reduction.Sum).Item<double>(), Is.EqualTo(expected.Sum()).Within(1e-12));
            Assert.That(loss(Reduction.BatchMean).Item<double>(), Is.EqualTo(expected.Sum() / 4).Within(1e-12));
        }

        Check((a, b) => (a - b) * (a - b), r => Loss.Mse(p, t, r));
        Check((a, b) => Math.Abs(a - b), r => Loss.Mae(p, t, r));
        Check((a, b) => Math.Abs(a - b) <= 0.5 ? (a - b) * (a - b) / 2 : 0.5 * (Math.Abs(a - b) - 0.25), r => Loss.Huber(p, t, 0.5, r));
        Check((a, b) => Math.Abs(a - b) <= 2 ? (a - b) * (a - b) / 4 : Math.Abs(a - b) - 1, r => Loss.SmoothL1(p, t, 2, r));
        Check((a, b) => Math.Max(0, 1 - (a * b)), r => Loss.Hinge(p, t, r));

        double[] q = [0.2, 0.7, 0.5, 0.99], u = [0, 1, 0.25, 1];
        var probabilities = GradientTensor.From(q);
        var targets = GradientTensor.From(u);
        var entropy = q.Zip(u, (a, b) => -(b * Math.Log(a)) - ((1 - b) * Math.Log(1 - a))).ToArray();
        Assert.That(Loss.BinaryCrossEntropy(probabilities, targets, Reduction.None).ToArray<double>(), Is.EqualTo(entropy).Within(1e-12));
        var logits = (probabilities / (1 - probabilities)).Log();
        Assert.That(Loss.BinaryCrossEntropyWithLogits(logits, targets, Reduction.None).ToArray<double>(), Is.EqualTo(entropy).Within(1e-12));
        var positive = q.Zip(u, (a, b) => -(3 * b * Math.Log(a)) - ((1 - b) * Math.Log(1 - a)));
        Assert.That(
            Loss.BinaryCrossEntropyWithLogits(logits, targets, Reduction.None, GradientTensor.From([3.0])).ToArray<double>(), Is.EqualTo(positive).Within(1e-12));
        double[] divergence = [0, Math.Log(1 / 0.7), 0.25 * Math.Log(0.25 / 0.5), Math.Log(1 / 0.99)];
        Assert.That(Loss.KlDivergence(probabilities.Log(), targets, Reduction.None).ToArray<double>(), Is.EqualTo(divergence).Within(1e-12));
        Assert.That(
            Loss.KlDivergence(probabilities.Log(), probabilities.Square().Log(), Reduction.Sum, logTarget: true).Item<double>(),
            Is.EqualTo(q.Sum(a => a * a * Math.Log(a))).Within(1e-12));
    }

    [Test]
    public void Edges_of_probabilities_are_finite_with_the_gradients_of_pytorch()
    {
        var p = GradientTensor.From([0.0, 1, 0, 1]).RequireGrad();
        var losses = Loss.BinaryCrossEntropy(p, GradientTensor.From([0.0, 1, 1, 0]), Reduction.None);
        Assert.That(losses.ToArray<double>(), Is.EqualTo(new double[] { 0, 0, 100, 100 }));
        losses.Sum().Backward();
        Assert.That(p.Grad!.ToArray<double>(), Is.EqualTo(new double[] { 0, 0, -1 / (double)1e-12f, 1 / (double)1e-12f }).Within(1));
    }

    private static IEnumerable<TestCaseData> Differentiable()
    {
        TestCaseData Case(string name, Func<GradientTensor[], GradientTensor> loss, params GradientTensor[] inputs) =>
            new TestCaseData(loss, inputs).SetArgDisplayNames(name);

        yield return Case("crossEntropy", t => Loss.CrossEntropy(t[0], Labels, Reduction.Mean, 1, 0.1, Weights), Logits);
        yield return Case("crossEntropy soft", t => Loss.CrossEntropy(t[0], t[1], Reduction.Mean), Logits, Soft);
        yield return Case("mse", t => Loss.Mse(t[0], t[1]), Logits, Soft);
        yield return Case("huber", t => Loss.Huber(t[0], t[1]), Logits, Soft);
        yield return Case("bce", t => Loss.BinaryCrossEntropy(t[0], t[1]), Soft, Logits.Softmax());
        yield return Case("bce logits", t => Loss.BinaryCrossEntropyWithLogits(t[0], t[1], Reduction.Mean, Weights), Logits, Soft);
        yield return Case("kl", t => Loss.KlDivergence(t[0], t[1], Reduction.BatchMean), Logits.LogSoftmax(), Soft);
    }

    [TestCaseSource(nameof(Differentiable))]
    public void Gradients_of_first_and_second_order(Func<GradientTensor[], GradientTensor> loss, GradientTensor[] inputs)
    {
        GradientCheck.Verify(loss, inputs);
        GradientCheck.VerifySecondOrder(loss, inputs);
    }

    [Test]
    public void Shapes_that_do_not_fit_are_errors()
    {
        Assert.Throws<ShapeMismatchException>(() => Loss.Mse(GradientTensor.Zeros([3, 1]), GradientTensor.Zeros([3])));
        Assert.Throws<ShapeMismatchException>(() => Loss.CrossEntropy(Logits, GradientTensor.From([1L, 2])));
        Assert.Throws<ShapeMismatchException>(() => Loss.CrossEntropy(Logits, GradientTensor.From([1.0, 2, 0, 1])));
        Assert.Throws<ShapeMismatchException>(() => Loss.CrossEntropy(Logits, Labels, Reduction.Mean, classWeights: GradientTensor.Ones([2])));
        Assert.Throws<ArgumentOutOfRangeException>(() => Loss.CrossEntropy(Logits, Labels, Reduction.Mean, labelSmoothing: 2));
    }
}
