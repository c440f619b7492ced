using Gradient.Autograd;

namespace Gradient.Training.Tests;

public sealed class TensorBoardCallbackTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("gradient-board-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public void Records_validations_and_epochs_become_scalars()
    {
        var training = new MadeUpTraining();
        var callback = new TensorBoardCallback(folder);
        callback.OnTrainingStart(training.Context);
        training.Record(10, 0.5);
        callback.OnRecord(training.Context);
        training.Validation(0.75, 0.25);
        callback.OnValidationEnd(training.Context);
        training.Epoch(0.6, 0.125);
        callback.OnEpochEnd(training.Context);
        callback.OnTrainingEnd(training.Context);

        var events = EventFileReader.Read(Directory.GetFiles(folder).Single()).Skip(1);
        Assert.That(events.Select(e => (e.Tag, e.Step, e.Value)), Is.EqualTo(new (string?, long, object?)[]
        {
            ("loss/train", 10, 0.5f), ("optimizer/learning rate", 10, 0.01f), ("optimizer/gradient norm", 10, 1.5f), ("optimizer/loss scale", 10, 1024f),
            ("system/examples per second", 10, 2987.4f), ("system/live bytes", 10, 4096f), ("loss/validation", 10, 0.75f), ("accuracy/validation", 10, 0.25f),
            ("accuracy/train", 10, 0.125f),
        }));
    }

    [Test]
    public void Histograms_come_every_so_many_steps_once_each()
    {
        var training = new MadeUpTraining();
        var callback = new TensorBoardCallback(folder) { HistogramsEvery = 4 };
        callback.OnTrainingStart(training.Context);
        training.Model.Weight.Grad = GradientTensor.Full(training.Model.Weight.Shape, 3f);
        for (int batch = 1; batch <= 16; batch++)
        {
            training.State.Step = batch / 2; // two batches a step
            callback.OnBatchEnd(training.Context);
        }

        callback.OnTrainingEnd(training.Context);
        var events = EventFileReader.Read(Directory.GetFiles(folder).Single()).Skip(1).ToArray();
        Assert.That(events.Select(e => (e.Tag, e.Step)), Is.EqualTo(new (string?, long)[]
        {
            ("parameters/weight", 4), ("gradients/weight", 4), ("parameters/bias", 4), ("parameters/weight", 8), ("gradients/weight", 8), ("parameters/bias", 8),
        }));
        var gradient = (EventFileReader.Histogram)events[1].Value!;
        Assert.That((gradient.Count, gradient.Sum, gradient.Minimum, gradient.Maximum), Is.EqualTo((6.0, 18.0, 3.0, 3.0)));
        var weight = (EventFileReader.Histogram)events[0].Value!;
        Assert.That(weight.Sum, Is.EqualTo(training.Model.Weight.ToArray<float>().Sum(x => (double)x)).Within(1e-12));
    }

    [Test]
    public void A_resumed_run_makes_a_file_of_its_own_that_replaces_what_came_after_its_start()
    {
        var training = new MadeUpTraining(step: 100);
        var callback = new TensorBoardCallback(folder);
        for (int run = 0; run < 2; run++)
        {
            callback.OnTrainingStart(training.Context);
            callback.OnTrainingEnd(training.Context);
        }

        string[] files = Directory.GetFiles(folder);
        Assert.That(files, Has.Length.EqualTo(2));
        foreach (string file in files)
        {
            var start = EventFileReader.Read(file)[1];
            Assert.That((start.Step, start.SessionStatus), Is.EqualTo((101L, 1)));
        }
    }

    [Test]
    public void A_writer_of_others_stays_open()
    {
        var training = new MadeUpTraining();
        using var writer = new TensorBoardWriter(folder);
        var callback = new TensorBoardCallback(writer);
        callback.OnTrainingStart(training.Context);
        training.Record(1, 2);
        callback.OnRecord(training.Context);
        callback.OnTrainingEnd(training.Context);
        writer.AddScalar("after", 1, 2);
        writer.Flush();
        Assert.That(EventFileReader.Read(writer.FilePath)[^1].Tag, Is.EqualTo("after"));
    }
}
