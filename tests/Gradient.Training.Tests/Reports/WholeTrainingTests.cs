namespace Gradient.Training.Tests;

/// <summary>A real trainer under all that looks at it.</summary>
public sealed class WholeTrainingTests
{
    [Test]
    public void A_training_is_shown_written_and_reported()
    {
        string folder = Directory.CreateTempSubdirectory("gradient-whole-").FullName;
        try
        {
            using var data = Problem.Classes(30, batchSize: 6);
            using var validation = Problem.Classes(12, batchSize: 6, seed: 2);
            var model = Problem.Model(3);
            var screen = new StringWriter();
            var trainer = new Trainer(model, new Sgd(model.Parameters(), 0.05), Nn.Loss.CrossEntropy, new() { Epochs = 4, LogEvery = 2, Seed = 1 })
            {
                Progress = new ConsoleProgress(screen),
            };
            trainer.Metrics.Add(new Accuracy());
            trainer.Metrics.Add(new ConfusionMatrix());
            trainer.Callbacks.Add(new TensorBoardCallback(folder) { HistogramsEvery = 10 });
            var history = trainer.Fit(data, validation);

            var events = EventFileReader.Read(Directory.GetFiles(folder).Single()).ToLookup(e => e.Tag, e => (e.Step, e.Value));
            Assert.That(events["loss/train"], Is.EqualTo(history.Steps.Select(r => (r.Step, (object?)(float)r.Loss))));
            Assert.That(events["accuracy/validation"], Is.EqualTo(history.Validations.Select(r => (r.Step, (object?)(float)r.Metrics["accuracy"]))));
            Assert.That(events["accuracy/train"], Is.EqualTo(history.Epochs.Select(r => (r.Step, (object?)(float)r.TrainMetrics["accuracy"]))));
            foreach (var (name, parameter) in model.NamedParameters())
            {
                Assert.That(events["parameters/" + name].Select(e => e.Step), Is.EqualTo(new[] { 10, 20 }), name);
                Assert.That(events["gradients/" + name].Select(e => ((EventFileReader.Histogram)e.Value!).Count), Is.All.EqualTo(parameter.ElementCount), name);
                var last = (EventFileReader.Histogram)events["parameters/" + name].Last().Value!;
                Assert.That(last.Sum, Is.EqualTo(parameter.ToArray<float>().Sum(x => (double)x)).Within(1e-9), name);
            }

            string[] lines = screen.ToString().Split(Environment.NewLine);
            Assert.That(lines.Where(l => l.Contains("validation loss")).Select(l => l[..9]), Is.EqualTo(new[] { "epoch 1/4", "epoch 2/4", "epoch 3/4", "epoch 4/4" }));

            var page = ReportPage.Save(history);
            Assert.That(page["Loss"].Curves.Select(c => c.Points.Length), Is.EqualTo(new[] { history.Steps.Count, 4 }));
            Assert.That(page["accuracy"].Curves.Select(c => c.Points.Length), Is.EqualTo(new[] { 4, 4 }));
            Assert.That(page.Html, Does.Contain("Best validation loss").And.Contain("of 12 examples right").And.Contain("<dt>optimizer</dt><dd>Sgd</dd>"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
