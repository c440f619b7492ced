using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gradient.Training.Tests;

/// <summary>The guide's program "the trainer", as written but for the folder it is in and where the progress goes, on drawn digits.</summary>
public sealed class ApiProgram
{
    private string folder = "";

    [SetUp]
    public void MakeDirectory() => folder = Directory.CreateTempSubdirectory("gradient-api-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(folder, recursive: true);

    [Test]
    public async Task The_trainer()
    {
        RandomNumbers.Seed(1);
        var digits = SyntheticDigits.Create(600, seed: 1);
        using var train = new DataLoader(digits.Take(480), batchSize: 16, shuffle: true, seed: 1);
        using var validation = new DataLoader(digits.Skip(480), batchSize: 60);
        var model = new Sequential(
            new Conv2d(1, 8, kernelSize: 3, padding: 1), new BatchNorm2d(8), new ReLU(), new MaxPool2d(4), new Flatten(), new Dropout(0.1f), new Linear(8 * 7 * 7, 10));
        var optimizer = new AdamW(model.Parameters(), learningRate: 1e-2f);
        var schedule = new CosineAnnealing(optimizer, totalSteps: 5 * train.BatchCount / 4);
        var loggerFactory = NullLoggerFactory.Instance;
        var cancellationToken = CancellationToken.None;
        string runs = Path.Combine(folder, "runs/mnist");
        var output = new StringWriter();

        var trainer = new Trainer(model, optimizer, Loss.CrossEntropy, new TrainingOptions
        {
            Epochs = 5,
            AccumulationSteps = 4,
            ClipNorm = 1f,
            MixedPrecision = MixedPrecision.BFloat16,
            Schedule = schedule,
            ValidateEvery = 200,
            CheckpointDirectory = runs,
            KeepCheckpoints = 3,                                                   // besides best and last
            EarlyStopping = new() { Patience = 3 },
        }, loggerFactory);
        trainer.Metrics.Add(new Accuracy());
        trainer.Progress = new ConsoleProgress(output);                            // a bar with loss, metric, samples/s, time left
        TrainingHistory history = await trainer.FitAsync(train, validation, cancellationToken);
        // Ctrl-C or a crash, then:
        trainer.Resume(runs);                                                      // goes on bit for bit as if never stopped
        history.SaveReport(Path.Combine(runs, "report.html"));                     // curves one can look at

        Assert.Multiple(() =>
        {
            Assert.That(history.Epochs, Has.Count.EqualTo(5));
            Assert.That(history.Epochs[^1].TrainMetrics["accuracy"], Is.GreaterThan(0.8));
            Assert.That(history.About["precision"], Is.EqualTo("BFloat16"));
            Assert.That(trainer.State.Step, Is.EqualTo(40));
            Assert.That(File.ReadAllText(Path.Combine(runs, "report.html")), Does.Contain("accuracy"));
            Assert.That(output.ToString(), Does.Contain("accuracy"));
        });
    }
}
