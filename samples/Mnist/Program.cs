using System.CommandLine;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;
using Gradient.Samples;
using Gradient.Samples.Mnist;
using Gradient.Training;

Option<string?> data = new("--data") { Description = "The folder of the MNIST files; data/mnist if not given", HelpName = "DIR" };
var epochs = CommonOptions.Number("--epochs", 5, 0, "How often to go through the training images");
var batch = CommonOptions.Number("--batch", 64, 1, "Images per step");
var limit = CommonOptions.Number("--limit", 0, 0, "The most images to train on, and the most to test on; 0 takes all");
var device = CommonOptions.Device();
var seed = CommonOptions.Seed();
var save = CommonOptions.Output("--save", "Where to write the trained weights (safetensors)");
var load = CommonOptions.File("--load", "Weights to begin with (safetensors)");
var run = new TrainingRun();

var command = new RootCommand("Trains a convolutional network to read handwritten digits.") { data, epochs, batch, limit, device, seed, save, load };
run.AddTo(command);
// A task of its own, so that Ctrl-C is heard meanwhile.
command.SetAction((parsed, cancellation) => Task.Run(() => CommonOptions.Guard(() =>
{
    var where = CommonOptions.Find(parsed.GetValue(device)!);
    var (train, test, source) = Digits.Find(parsed.GetValue(data), parsed.GetValue(seed));
    Console.WriteLine(source);
    if (parsed.GetValue(limit) is > 0 and var most) (train, test) = (train.Take(Math.Min(most, train.Count)), test.Take(Math.Min(most, test.Count)));

    RandomNumbers.Seed(parsed.GetValue(seed));
    var model = Classifier.Create();
    model.To(where);
    if (parsed.GetValue(load) is { } weights) model.Load(weights);
    Console.WriteLine($"{model.ParameterCount:N0} parameters on {where}, {train.Count:N0} images to train on, {test.Count:N0} to test on");

    using var batches = new DataLoader(train, parsed.GetValue(batch), shuffle: true, seed: parsed.GetValue(seed), device: where);
    using var exam = new DataLoader(test, batchSize: 250, device: where);
    int rounds = parsed.GetValue(epochs);
    long steps = (long)rounds * batches.BatchCount;
    var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3f, weightDecay: 0.01f);
    var trainer = new Trainer(model, optimizer, Loss.CrossEntropy, new TrainingOptions
    {
        Epochs = Math.Max(1, rounds),
        ClipNorm = 1,
        Schedule = new CosineAnnealing(optimizer, totalSteps: Math.Max(1, steps), warmupSteps: Math.Min(100, steps / 10)),
        CheckpointDirectory = run.Directory(parsed),
    });
    trainer.Metrics.Add(new Accuracy());
    if (rounds > 0 && !run.Fit(parsed, trainer, batches, exam, cancellation)) return;

    if (parsed.GetValue(save) is { } file)
    {
        model.Save(file);
        Console.WriteLine($"saved {file}");
    }

    double accuracy = trainer.Validate(exam, cancellation).Metrics["accuracy"];
    Console.WriteLine($"test accuracy {100 * accuracy:0.00} % ({accuracy * test.Count:0}/{test.Count})");
})));
return command.Parse(args).Invoke();
