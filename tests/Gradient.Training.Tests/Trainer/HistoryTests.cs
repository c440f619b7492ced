using System.Text;
using Gradient.Core;

namespace Gradient.Training.Tests;

/// <summary>A history goes through a checkpoint whole.</summary>
public sealed class HistoryTests
{
    [Test]
    public void Comes_back_from_json_as_it_was()
    {
        var state = new TrainingState { BestMetric = 0.5, BestStep = 7, SkippedSteps = 2 };
        var history = new TrainingHistory(state) { ConfusionMatrix = new long[,] { { 3, 1 }, { 0, long.MaxValue } }, ClassNames = ["cat", "dog"] };
        history.Add(new TrainingRecord(10, 0, 0.1 + 0.2, 1e-3, double.NaN, 65536, 123, 1e6 / 3, TimeSpan.FromTicks(12345678901)));
        history.Add(new TrainingRecord(20, 1, double.PositiveInfinity, 1e-4, null, null, 0, 0, TimeSpan.Zero));
        history.Add(new EpochRecord(0, 10, 1.5, new Dictionary<string, double> { ["accuracy"] = 0.25 }, null, null, TimeSpan.FromSeconds(1)));
        history.Add(new EpochRecord(1, 20, 1.25, new Dictionary<string, double>(), 2, new Dictionary<string, double> { ["auc"] = 1 }, TimeSpan.FromSeconds(2)));
        history.Add(new ValidationRecord(20, 1, 2, new Dictionary<string, double> { ["auc"] = 1 }));
        history.Tell("device", "Cpu");

        var again = TrainingHistory.FromJson(history.ToJson(), state);

        Assert.Multiple(() =>
        {
            Assert.That(again.ToJson(), Is.EqualTo(history.ToJson()));
            Assert.That(again.Steps, Is.EqualTo(history.Steps));
            Assert.That(again.Epochs[1].ValidationMetrics, Is.EquivalentTo(history.Epochs[1].ValidationMetrics!));
            Assert.That(again.Epochs[0].ValidationMetrics, Is.Null);
            Assert.That(again.Validations[0].Loss, Is.EqualTo(2));
            Assert.That(again.ConfusionMatrix, Is.EqualTo(history.ConfusionMatrix));
            Assert.That(again.ClassNames, Is.EqualTo(history.ClassNames));
            Assert.That(again.About["device"], Is.EqualTo("Cpu"));
            Assert.That((again.BestMetric, again.BestStep, again.SkippedSteps), Is.EqualTo((0.5, 7, 2)));
        });
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("{\"Steps\":3}")]
    [TestCase("{\"Steps\":[],\"Epochs\":[],\"Validations\":[],\"About\":{},\"ConfusionMatrix\":[[1,2]]}")]
    [TestCase("{\"Steps\":[],\"Epochs\":[],\"Validations\":[],\"About\":{},\"ConfusionMatrix\":[null]}")]
    public void What_is_no_history_is_a_corrupt_file(string json) =>
        Assert.Throws<CorruptFileException>(() => TrainingHistory.FromJson(Encoding.UTF8.GetBytes(json), new()));
}
