using Gradient.Data;
using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Conformance.Tests;

/// <summary>The trainer on every backend: what it sums on the device comes out as on the CPU.</summary>
public sealed class TrainerTests
{
    private const int Count = 50;

    public static IEnumerable<Backend> Others() => Backends.All.Where(backend => backend.Name != "cpu");

    [TestCaseSource(nameof(Others))]
    public void A_training_with_metrics_gives_the_history_of_the_cpu(Backend backend)
    {
        var (expected, actual) = (Train(Devices.Cpu), Train(backend.Device()));
        Assert.That(actual.Steps, Has.Count.EqualTo(expected.Steps.Count).And.Not.Empty);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < expected.Steps.Count; i++)
            {
                Assert.That(actual.Steps[i].Loss, Is.EqualTo(expected.Steps[i].Loss).Within(0.01).Percent, $"loss {i}");
                Assert.That(actual.Steps[i].GradientNorm, Is.EqualTo(expected.Steps[i].GradientNorm).Within(0.1).Percent, $"norm {i}");
            }

            Assert.That(actual.Validations[^1].Loss, Is.EqualTo(expected.Validations[^1].Loss).Within(0.01).Percent);
        });
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Each_metric_gives_the_number_of_the_cpu(Backend backend)
    {
        // Multiples of a quarter: every device has the same scores, ties too.
        var scores = (GradientTensor.Randn([Count, 4], seed: 1) * 4).Round() / 4;
        var labels = GradientTensor.RandInt(-1, 4, [Count], seed: 2);
        var numbers = scores * 0.5 + 1;
        (Func<Metric> Make, GradientTensor Prediction, GradientTensor Target)[] cases =
        [
            (() => new Accuracy(), scores, labels), (() => new TopK(2), scores, labels), (() => new Precision(), scores, labels),
            (() => new Recall(Averaging.Weighted), scores, labels), (() => new F1(Averaging.Micro), scores, labels),
            (() => F1.Binary(0), scores, (numbers > 1).To(DType.Float32)), (() => new ConfusionMatrix(), scores, labels),
            (() => new MeanAbsoluteError(), scores, numbers), (() => new RootMeanSquareError(), scores, numbers), (() => new R2(), scores, numbers),
            (() => new Perplexity(-1), scores, labels), (() => new RocAuc(), scores[.., 0], labels.GreaterThan(1).To(DType.Int64)),
        ];
        Assert.Multiple(() =>
        {
            foreach (var (make, prediction, target) in cases)
            {
                var (expected, actual) = (make(), make());
                foreach (Range part in (Range[])[0..20, 20..21, 21..Count])
                {
                    expected.Update(prediction[part], target[part]);
                    actual.Update(prediction[part].To(backend.Device()), target[part].To(backend.Device()));
                }

                Assert.That(actual.Compute(), Is.EqualTo(expected.Compute()).Within(1e-4).Percent, expected.Name);
            }
        });
    }

    private static TrainingHistory Train(Device device)
    {
        RandomNumbers.Seed(3);
        // No bias before the normalization: its gradient is 0 but for rounding, which Adam makes as large as any.
        var model = new Sequential(new Linear(6, 16, bias: false), new BatchNorm1d(16), new GELU(), new Dropout(0.2f), new Linear(16, 4));
        model.To(device);
        var labels = GradientTensor.RandInt(0, 4, [Count], seed: 4);
        var points = GradientTensor.Randn([4, 6], seed: 5).IndexSelect(0, labels) * 2 + GradientTensor.Randn([Count, 6], seed: 6);
        using var data = new DataLoader(new TensorDataset(points.Value, labels.Value), batchSize: 8, shuffle: true, seed: 7, device: device);
        var trainer = new Trainer(model, new AdamW(model.Parameters(), 1e-2), Loss.CrossEntropy, new()
        {
            Epochs = 3, AccumulationSteps = 2, ClipNorm = 1, ClipValue = 0.5, Seed = 8, LogEvery = 2, EarlyStopping = new() { Patience = 3 },
        });
        trainer.Metrics.Add(new Accuracy());
        return trainer.Fit(data, data);
    }
}
