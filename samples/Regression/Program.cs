using System.CommandLine;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;
using Gradient.Samples;
using Gradient.Samples.Regression;
using Gradient.Training;

var data = CommonOptions.File("--data", "A table of numbers with a header (CSV); measurements of pendulums if not given");
Option<string?> target = new("--target") { Description = "The column to learn to predict; the last if not given", HelpName = "COLUMN" };
var epochs = CommonOptions.Number("--epochs", 100, 1, "How often to go through the table");
var batch = CommonOptions.Number("--batch", 32, 1, "Rows per step");
var device = CommonOptions.Device();
var seed = CommonOptions.Seed();
var save = CommonOptions.Output("--save", "Where to write the trained weights (safetensors)");
var measure = CommonOptions.Output("--measure", "Write the table of pendulums anew, and do no more (CSV)");
var run = new TrainingRun();

var command = new RootCommand("Learns to predict a column of a table from the others.") { data, target, epochs, batch, device, seed, save, measure };
run.AddTo(command);
// A task of its own, so that Ctrl-C is heard meanwhile.
command.SetAction((parsed, cancellation) => Task.Run(() => CommonOptions.Guard(() =>
{
    if (parsed.GetValue(measure) is { } made)
    {
        File.WriteAllText(made, Pendulum.Measure(1_000, parsed.GetValue(seed)));
        return;
    }

    var where = CommonOptions.Find(parsed.GetValue(device)!);
    string path = parsed.GetValue(data) ?? Path.Combine(AppContext.BaseDirectory, "pendulum.csv");
    var table = new CsvDataset(path, new() { Targets = parsed.GetValue(target) is { } column ? [column] : null });
    var (train, test) = table.RandomSplit(0.8, parsed.GetValue(seed));

    RandomNumbers.Seed(parsed.GetValue(seed));
    var model = new Standardized(
        new Sequential(new Linear(table.Inputs.Count, 32), new GELU(), new Linear(32, 32), new GELU(), new Linear(32, 1)), train);
    model.To(where);
    Console.WriteLine(
        $"{table.Targets[0]} from {string.Join(", ", table.Inputs)}: {model.ParameterCount:N0} parameters on {where}, {train.Count:N0} rows to train on, {test.Count:N0} to test on");

    using var batches = new DataLoader(train, parsed.GetValue(batch), shuffle: true, seed: parsed.GetValue(seed), device: where);
    using var exam = new DataLoader(test, batchSize: 256, device: where);
    var optimizer = new AdamW(model.Parameters(), learningRate: 1e-2);
    // In units of the target's own spread, so that the loss is the share of it that is left.
    var trainer = new Trainer(
        model, optimizer, (prediction, truth) => Loss.Mse(prediction / model.TargetDeviation, truth / model.TargetDeviation), new TrainingOptions
        {
            Epochs = parsed.GetValue(epochs),
            Schedule = new CosineAnnealing(optimizer, totalSteps: (long)parsed.GetValue(epochs) * batches.BatchCount),
            CheckpointDirectory = run.Directory(parsed),
        });
    trainer.Metrics.Add(new RootMeanSquareError());
    trainer.Metrics.Add(new R2());
    if (!run.Fit(parsed, trainer, batches, exam, cancellation)) return;

    if (parsed.GetValue(save) is { } file)
    {
        model.Save(file);
        Console.WriteLine($"saved {file}");
    }

    var result = trainer.Validate(exam, cancellation).Metrics;
    Console.WriteLine($"test error of {table.Targets[0]} {result["rmse"]:0.0000} (root mean square), R² {result["r2"]:0.0000}");
})));
return command.Parse(args).Invoke();
