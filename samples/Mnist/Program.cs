using System.CommandLine;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Samples;
using Gradient.Samples.Mnist;

Option<string?> data = new("--data") { Description = "The folder of the MNIST files; data/mnist if not given", HelpName = "DIR" };
var epochs = CommonOptions.Number("--epochs", 5, 0, "How often to go through the training images");
var batch = CommonOptions.Number("--batch", 64, 1, "Images per step");
var limit = CommonOptions.Number("--limit", 0, 0, "The most images to train on, and the most to test on; 0 takes all");
var device = CommonOptions.Device();
var seed = CommonOptions.Seed();
var save = CommonOptions.Output("--save", "Where to write the trained weights (safetensors)");
var load = CommonOptions.File("--load", "Weights to begin with (safetensors)");

var command = new RootCommand("Trains a convolutional network to read handwritten digits.") { data, epochs, batch, limit, device, seed, save, load };
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
    var training = new TrainingLoop(model, batches, exam, parsed.GetValue(epochs));
    training.Run(cancellation);

    if (parsed.GetValue(save) is { } file)
    {
        model.Save(file);
        Console.WriteLine($"saved {file}");
    }

    int right = training.Evaluate(cancellation);
    Console.WriteLine($"test accuracy {100.0 * right / Math.Max(1, test.Count):0.00} % ({right}/{test.Count})");
})));
return command.Parse(args).Invoke();
