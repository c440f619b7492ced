using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Training.Tests.Metrics;

/// <summary>Metrics of numbers and scores against references in double precision, and against cases worked by hand.</summary>
public sealed class NumberMetricTests
{
    private static readonly GradientTensor Prediction = GradientTensor.Randn([Batches.Count, 3], seed: 1);
    private static readonly GradientTensor Target = Prediction * 0.5 + GradientTensor.Randn([Batches.Count, 3], seed: 2);

    /// <summary>Sums of 57 rows of Float32: a few roundings each.</summary>
    private const double Rounding = 1e-6;

    private static IEnumerable<double> Errors => Prediction.ToArray<float>().Zip(Target.ToArray<float>(), (p, t) => (double)p - t);

    [Test]
    public void Absolute_and_square_errors() => Assert.Multiple(() =>
    {
        Assert.That(Batches.Over(new MeanAbsoluteError(), Prediction, Target), Is.EqualTo(Errors.Average(Math.Abs)).Within(Rounding));
        Assert.That(Batches.Over(new RootMeanSquareError(), Prediction, Target), Is.EqualTo(Math.Sqrt(Errors.Average(e => e * e))).Within(Rounding));
    });

    [TestCase(0)]
    [TestCase(1000)]
    public void R2_is_one_minus_the_share_that_is_not_explained(double offset)
    {
        GradientTensor prediction = Prediction + offset, target = Target + offset; // far from 0, Σt² − (Σt)²/n would lose all digits
        double[][] p = Batches.Rows(prediction), t = Batches.Rows(target);
        double expected = Enumerable.Range(0, 3).Average(c =>
        {
            double mean = t.Average(row => row[c]);
            return 1 - (p.Zip(t).Sum(rows => Math.Pow(rows.First[c] - rows.Second[c], 2)) / t.Sum(row => Math.Pow(row[c] - mean, 2)));
        });
        Assert.That(Batches.Over(new R2(), prediction, target), Is.EqualTo(expected).Within(4 * Rounding));
    }

    [Test]
    public void R2_of_constant_targets_is_1_if_they_are_predicted_else_0()
    {
        var target = GradientTensor.Full([4, 2], 3);
        R2 right = new(), wrong = new();
        right.Update(target, target);
        wrong.Update(target + 1, target);
        Assert.That((right.Compute(), wrong.Compute()), Is.EqualTo((1.0, 0.0)));
    }

    [Test]
    public void R2_worked_by_hand()
    {
        // scikit-learn's example: r2_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]) = 0.948…
        var r2 = new R2();
        r2.Update(GradientTensor.From([2.5f, 0, 2, 8]), GradientTensor.From([3f, -0.5f, 2, 7]));
        Assert.That(r2.Compute(), Is.EqualTo(1 - (1.5 / 29.1875)).Within(Rounding));
    }

    [Test]
    public void Perplexity_is_e_to_the_mean_cross_entropy()
    {
        var logits = Batches.Scores(5, seed: 3);
        long[] labels = [.. GradientTensor.RandInt(0, 5, [Batches.Count], seed: 4).ToArray<long>().Select((label, i) => i % 5 == 0 ? -100 : label)];
        double expected = Math.Exp(Batches.Rows(logits).Zip(labels).Where(row => row.Second >= 0)
            .Average(row => Math.Log(row.First.Sum(Math.Exp)) - row.First[row.Second]));
        Assert.That(Batches.Over(new Perplexity(), logits, GradientTensor.From(labels)), Is.EqualTo(expected).Within(10 * Rounding));
        var even = new Perplexity();
        even.Update(GradientTensor.Zeros([2, 3, 7]), GradientTensor.Zeros([2, 3], DType.Int64));
        Assert.That(even.Compute(), Is.EqualTo(7).Within(10 * Rounding), "seven classes, all the same");
    }

    [Test]
    public void Auc_is_the_share_of_pairs_in_order_ties_counting_half([Values] bool column)
    {
        var scores = Batches.Scores(1, seed: 5);
        var truth = GradientTensor.RandInt(0, 2, [Batches.Count, 1], seed: 6);
        double[] s = scores.To(DType.Float64).ToArray<double>();
        long[] t = truth.ToArray<long>();
        double won = 0, pairs = 0;
        for (int i = 0; i < s.Length; i++)
            for (int j = 0; j < s.Length; j++)
                if (t[i] == 1 && t[j] == 0)
                {
                    pairs++;
                    won += s[i] > s[j] ? 1 : s[i] == s[j] ? 0.5 : 0;
                }

        if (!column) (scores, truth) = (scores.Reshape(-1), truth.Reshape(-1));
        Assert.That(Batches.Over(new RocAuc(), scores, truth), Is.EqualTo(won / pairs).Within(1e-15));
    }

    [Test]
    public void Auc_worked_by_hand() => Assert.Multiple(() =>
    {
        // scikit-learn's example: roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.75
        Assert.That(Auc([0.1f, 0.4f, 0.35f, 0.8f], [0, 0, 1, 1]), Is.EqualTo(0.75));
        Assert.That(Auc([0.5f, 0.5f, 0.5f], [0, 1, 1]), Is.EqualTo(0.5), "all the same");
        Assert.That(Auc([1f, 2f, 3f], [1, 0, 0]), Is.EqualTo(0), "the wrong way round");
        Assert.That(Auc([1f, 2f], [1, 1]), Is.NaN, "one class alone");
        Assert.That(Auc([1f, float.NaN], [1, 0]), Is.NaN, "a NaN has no rank");
        Assert.That(Auc([float.NegativeInfinity, float.PositiveInfinity], [0, 1]), Is.EqualTo(1));
        Assert.That(new RocAuc().Compute(), Is.NaN, "nothing");
        Assert.That(() => new RocAuc().Update(GradientTensor.Zeros([4, 2]), GradientTensor.Zeros([4])), Throws.TypeOf<ShapeMismatchException>());
    });

    [Test]
    public void Sums_lose_nothing_over_many_batches()
    {
        // 1 + 30,000·2⁻²⁵: each addition alone would be rounded away in Float32.
        var error = new MeanAbsoluteError();
        error.Update(GradientTensor.From([1f]), GradientTensor.From([0f]));
        var small = GradientTensor.From([MathF.ScaleB(1, -25)]);
        var zero = GradientTensor.From([0f]);
        for (int i = 0; i < 30_000; i++) error.Update(small, zero);
        Assert.That(error.Compute() * 30_001, Is.EqualTo(1 + (30_000 * Math.ScaleB(1, -25))).Within(1e-12));
    }

    [Test]
    public void Half_precision_is_measured_in_single()
    {
        var rmse = new RootMeanSquareError();
        rmse.Update(GradientTensor.Full([4], 300, DType.Float16), GradientTensor.Zeros([4], DType.Float16)); // 300² overflows Float16
        Assert.That(rmse.Compute(), Is.EqualTo(300));
    }

    private static double Auc(float[] scores, long[] truth)
    {
        var auc = new RocAuc();
        auc.Update(GradientTensor.From(scores), GradientTensor.From(truth));
        return auc.Compute();
    }
}
