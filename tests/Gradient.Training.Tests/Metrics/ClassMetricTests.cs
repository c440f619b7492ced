using Gradient.Autograd;
using Gradient.Core;

namespace Gradient.Training.Tests.Metrics;

using Precision = Gradient.Training.Precision; // not the tests' folder of that name

/// <summary>Metrics of classes against plain loops over rows, and against cases worked by hand.</summary>
public sealed class ClassMetricTests
{
    private const int Classes = 5;
    private static readonly GradientTensor Scores = Batches.Scores(Classes, seed: 1);
    private static readonly GradientTensor Labels = GradientTensor.RandInt(0, Classes, [Batches.Count], seed: 2);

    /// <summary>The same labels, some ignored and one outside of the classes.</summary>
    private static readonly GradientTensor Ragged = GradientTensor.From<long>(
        [.. Labels.ToArray<long>().Select((label, i) => i % 6 == 0 ? -100 : i == 5 ? Classes : label)]);

    private static IEnumerable<(int True, double[] Scores)> Counted(GradientTensor labels) =>
        Batches.Rows(Scores).Zip(labels.ToArray<long>()).Where(row => row.Second is >= 0 and < Classes).Select(row => ((int)row.Second, row.First));

    private static int ArgMax(double[] scores) => Array.IndexOf(scores, scores.Max());

    private static IEnumerable<GradientTensor> Targets => [Labels, Ragged];

    [TestCaseSource(nameof(Targets))]
    public void Accuracy_is_the_share_of_right_rows(GradientTensor labels) =>
        Assert.That(Batches.Over(new Accuracy(), Scores, labels), Is.EqualTo(Counted(labels).Average(row => ArgMax(row.Scores) == row.True ? 1.0 : 0)).Within(1e-15));

    [TestCaseSource(nameof(Targets))]
    public void Top_k_agrees_with_a_stable_sort(GradientTensor labels)
    {
        for (int k = 1; k <= Classes; k++)
        {
            double expected = Counted(labels).Average(
                row => Enumerable.Range(0, Classes).OrderByDescending(i => row.Scores[i]).Take(k).Contains(row.True) ? 1.0 : 0);
            Assert.That(Batches.Over(new TopK(k), Scores, labels), Is.EqualTo(expected).Within(1e-15), $"k = {k}");
        }

        Assert.That(Batches.Over(new TopK(1), Scores, labels), Is.EqualTo(Batches.Over(new Accuracy(), Scores, labels)));
    }

    [Test]
    public void Shares_of_classes_count_as_their_largest()
    {
        var shares = Labels.OneHot(Classes) * 0.75 + 0.05;
        Assert.That(Batches.Over(new Accuracy(), Scores, shares), Is.EqualTo(Batches.Over(new Accuracy(), Scores, Labels)));
    }

    [Test]
    public void Sequences_are_rows([Values] bool int32)
    {
        var labels = GradientTensor.RandInt(0, 3, [2, 4], seed: 3);
        var scores = GradientTensor.Randn([2, 4, 3], seed: 4);
        var accuracy = new Accuracy();
        accuracy.Update(scores, int32 ? labels.To(DType.Int32) : labels);
        double expected = Batches.Rows(scores.Reshape(8, 3)).Zip(labels.ToArray<long>()).Average(row => ArgMax(row.First) == row.Second ? 1.0 : 0);
        Assert.That(accuracy.Compute(), Is.EqualTo(expected).Within(1e-15));
    }

    [Test]
    public void Precision_recall_and_f1_agree_with_their_definitions([Values] Averaging averaging, [Values] bool ragged)
    {
        var labels = ragged ? Ragged : Labels;
        var rows = Counted(labels).Select(row => (row.True, Guess: ArgMax(row.Scores))).ToArray();
        double[] precision = new double[Classes], recall = new double[Classes], f1 = new double[Classes], support = new double[Classes];
        for (int c = 0; c < Classes; c++)
        {
            double right = rows.Count(row => row.True == c && row.Guess == c), guessed = rows.Count(row => row.Guess == c);
            support[c] = rows.Count(row => row.True == c);
            precision[c] = right / guessed;
            recall[c] = right / support[c];
            f1[c] = 2 * precision[c] * recall[c] / (precision[c] + recall[c]);
        }

        double all = rows.Average(row => row.True == row.Guess ? 1.0 : 0);
        double Expected(double[] values) => averaging switch
        {
            Averaging.Macro => values.Average(),
            Averaging.Weighted => values.Zip(support, (value, weight) => value * weight).Sum() / support.Sum(),
            _ => all, // every wrong guess misses one class and is wrongly another
        };
        Assert.Multiple(() =>
        {
            Assert.That(Batches.Over(new Precision(averaging), Scores, labels), Is.EqualTo(Expected(precision)).Within(1e-14));
            Assert.That(Batches.Over(new Recall(averaging), Scores, labels), Is.EqualTo(Expected(recall)).Within(1e-14));
            Assert.That(Batches.Over(new F1(averaging), Scores, labels), Is.EqualTo(Expected(f1)).Within(1e-14));
        });
    }

    [Test]
    public void What_is_rare_is_as_in_scikit_learn()
    {
        // Of four classes, 2 is never predicted and 3 neither predicted nor there. scikit-learn 1.x, zero_division=0:
        // precision [1/2, 2/3, 0], recall [1, 2/3, 0], f1 [2/3, 2/3, 0], support [1, 3, 1].
        long[] truth = [0, 1, 1, 1, 2], guess = [0, 0, 1, 1, 1];
        Metric[] metrics =
        [
            new Precision(), new Recall(), new F1(), new Precision(Averaging.Weighted), new Recall(Averaging.Weighted), new F1(Averaging.Weighted),
            new F1(Averaging.Micro), new ConfusionMatrix(),
        ];
        foreach (var metric in metrics) metric.Update(GradientTensor.From(guess).OneHot(4), GradientTensor.From(truth));
        double[] expected = [7 / 18.0, 5 / 9.0, 4 / 9.0, 1 / 2.0, 3 / 5.0, 8 / 15.0, 3 / 5.0, 4 / Math.Sqrt(12 * 14)];
        Assert.Multiple(() =>
        {
            for (int i = 0; i < metrics.Length; i++) Assert.That(metrics[i].Compute(), Is.EqualTo(expected[i]).Within(1e-15), metrics[i].Name);
            Assert.That(((Precision)metrics[0]).PerClass(), Is.EqualTo(new[] { 1 / 2.0, 2 / 3.0, 0, double.NaN }).Within(1e-15));
            Assert.That(((ConfusionMatrix)metrics[^1]).Matrix(), Is.EqualTo(new long[,] { { 1, 0, 0, 0 }, { 1, 2, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 0, 0 } }));
        });
    }

    [Test]
    public void The_confusion_matrix_counts_pairs_and_correlates_them([Values] bool ragged)
    {
        var labels = ragged ? Ragged : Labels;
        var metric = new ConfusionMatrix();
        double value = Batches.Over(metric, Scores, labels);
        var expected = new long[Classes, Classes];
        var rows = Counted(labels).Select(row => (row.True, Guess: ArgMax(row.Scores))).ToArray();
        foreach (var (truth, guess) in rows) expected[truth, guess]++;
        Assert.That(metric.Matrix(), Is.EqualTo(expected));

        // Pearson's correlation of the one-hot vectors, each centred over the rows (Gorodkin's definition).
        double Covariance(Func<(int True, int Guess), int> a, Func<(int True, int Guess), int> b) => Enumerable.Range(0, Classes).Sum(c =>
            rows.Average(row => ((a(row) == c ? 1.0 : 0) - rows.Average(r => a(r) == c ? 1.0 : 0)) * ((b(row) == c ? 1.0 : 0) - rows.Average(r => b(r) == c ? 1.0 : 0))));
        double correlation = Covariance(r => r.True, r => r.Guess)
            / Math.Sqrt(Covariance(r => r.True, r => r.True) * Covariance(r => r.Guess, r => r.Guess));
        Assert.That(value, Is.EqualTo(correlation).Within(1e-12));
    }

    [Test]
    public void Matthews_is_0_where_all_is_one_class()
    {
        var metric = new ConfusionMatrix();
        metric.Update(GradientTensor.From<long>([0, 0, 0]).OneHot(2), GradientTensor.From<long>([0, 1, 1]));
        Assert.That(metric.Compute(), Is.Zero);
    }

    [Test]
    public void Yes_or_no_questions_are_classes_of_their_own()
    {
        var logits = Batches.Scores(3, seed: 5);
        var truth = GradientTensor.RandInt(0, 2, [Batches.Count, 3], seed: 6);
        double[][] guesses = Batches.Rows(logits), targets = Batches.Rows(truth);
        double right = 0, all = 0;
        double[] f1 = new double[3];
        for (int c = 0; c < 3; c++)
        {
            double hits = 0, guessed = 0, actual = 0;
            for (int i = 0; i < guesses.Length; i++)
            {
                bool yes = guesses[i][c] > 0.25, is1 = targets[i][c] == 1;
                hits += yes && is1 ? 1 : 0;
                guessed += yes ? 1 : 0;
                actual += is1 ? 1 : 0;
                right += yes == is1 ? 1 : 0;
                all++;
            }

            f1[c] = 2 * hits / (guessed + actual);
        }

        Assert.Multiple(() =>
        {
            Assert.That(Batches.Over(F1.Binary(0.25), logits, truth), Is.EqualTo(f1.Average()).Within(1e-14));
            Assert.That(Batches.Over(F1.Binary(0.25), logits[.., 0], truth[.., 0].To(DType.Float32)), Is.EqualTo(f1[0]).Within(1e-14));
            Assert.That(Batches.Over(Accuracy.Binary(0.25), logits, truth), Is.EqualTo(right / all).Within(1e-14));
        });
        var never = Precision.Binary(0);
        never.Update(GradientTensor.From([-1f, -2f]), GradientTensor.From([1f, 0f]));
        Assert.That(never.Compute(), Is.Zero, "nothing was taken for a yes");
    }

    [Test]
    public void Nothing_measured_is_NaN_and_Reset_forgets()
    {
        foreach (Metric metric in (Metric[])[new Accuracy(), new TopK(2), new F1(), new Precision(Averaging.Micro), new ConfusionMatrix()])
        {
            Assert.That(metric.Compute(), Is.NaN, metric.Name);
            Batches.Over(metric, Scores, Labels);
            double once = metric.Compute();
            metric.Reset();
            Assert.That(metric.Compute(), Is.NaN, metric.Name);
            Assert.That(Batches.Over(metric, Scores, Labels), Is.EqualTo(once), metric.Name);
        }
    }

    [Test]
    public void A_NaN_score_is_a_miss_in_top_k()
    {
        var top = new TopK(2);
        top.Update(GradientTensor.From(new[,] { { float.NaN, 0, 1 }, { float.NaN, 0, 1 }, { float.NaN, 0, 1 } }), GradientTensor.From<long>([0, 1, 2]));
        Assert.That(top.Compute(), Is.EqualTo(1 / 3.0).Within(1e-15));
    }

    [Test]
    public void Shapes_that_do_not_fit_are_told() => Assert.Multiple(() =>
    {
        Assert.That(() => new Accuracy().Update(GradientTensor.Zeros([4]), GradientTensor.Zeros([4])), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("threshold"));
        Assert.That(
            () => new F1().Update(GradientTensor.Zeros([4, 3]), GradientTensor.Zeros([3], DType.Int64)),
            Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("f1").And.Message.Contains("[4, 3]").And.Message.Contains("[3]"));
        Assert.That(() => Accuracy.Binary(0).Update(GradientTensor.Zeros([4, 1]), GradientTensor.Zeros([4])), Throws.TypeOf<ShapeMismatchException>());
    });
}
