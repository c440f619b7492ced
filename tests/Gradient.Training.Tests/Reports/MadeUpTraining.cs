using Gradient.Autograd;
using Gradient.Nn;

namespace Gradient.Training.Tests;

/// <summary>A context without a trainer, whose callbacks a test calls itself.</summary>
internal sealed class MadeUpTraining
{
    public MadeUpTraining(TrainingOptions? options = null, long? steps = 1000, long step = 0)
    {
        State = new() { Step = step };
        History = new(State);
        Model = new(3, 2);
        Context = new(Model, new Sgd(Model.Parameters(), 0.1), options ?? new() { Epochs = 5 }, State, History) { StepCount = steps };
    }

    public Linear Model { get; }

    public TrainingState State { get; }

    public TrainingHistory History { get; }

    public TrainingContext Context { get; }

    /// <summary>A step with its record.</summary>
    public void Record(long step, double loss, double rate = 2987.4)
    {
        State.Step = step;
        History.Add(new TrainingRecord(step, State.Epoch, loss, 0.01, 1.5, 1024, 4096, rate, TimeSpan.FromSeconds(step)));
    }

    public void Validation(double loss, double accuracy) =>
        History.Add(new ValidationRecord(State.Step, State.Epoch, loss, new Dictionary<string, double> { ["accuracy"] = accuracy }));

    public void Epoch(double loss, double accuracy)
    {
        var validation = History.Validations is [.., var last] ? last : null;
        History.Add(new EpochRecord(
            State.Epoch, State.Step, loss, new Dictionary<string, double> { ["accuracy"] = accuracy }, validation?.Loss, validation?.Metrics, TimeSpan.FromSeconds(83)));
        State.Epoch++;
    }
}
