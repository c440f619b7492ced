using Gradient.Training;
using Gradient.Training.Tests.Checkpoints;

// The tests run this assembly as a process that they can kill: it goes on from the newest checkpoint of a folder, and saves after every few steps.
if (args is not ["train", var folder, var until, var every])
{
    Console.Error.WriteLine("These are tests: run dotnet test.");
    return 1;
}

var manager = new CheckpointManager(folder, new() { Keep = 1 });
using var training = new SmallTraining();
if (manager.LoadLatest() is { } checkpoint) training.Restore(checkpoint);
Console.WriteLine($"at step {training.State.Step}");
for (long end = long.Parse(until), step = training.State.Step; step < end;)
{
    training.Run(step = Math.Min(end, step + long.Parse(every)));
    training.Metric = step % 7; // the best is an old one
    Console.WriteLine($"saving step {step}");
    manager.Save(training.Capture());
}

Console.WriteLine(training.Bits());
return 0;
