using System.Diagnostics;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Samples.CharGpt;

/// <summary>A training loop as one writes it oneself, with a view of how it goes.</summary>
internal sealed class TrainingLoop(Gpt model, DataLoader train, DataLoader validation)
{
    private const int Every = 250;

    public void Run(CancellationToken cancellation)
    {
        int steps = train.BatchCount;
        if (steps == 0) return;
        var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3);
        var schedule = new CosineAnnealing(optimizer, totalSteps: steps, minimum: 1e-4, warmupSteps: Math.Min(100, steps / 10));
        ProgressView.Run(steps, view =>
        {
            model.Train();
            var recent = GradientTensor.Scalar(0, device: train.Device); // a running mean of the loss, kept on the device
            var clock = Stopwatch.StartNew();
            foreach (var batch in train.WithCancellation(cancellation))
            {
                using (batch)
                using (TensorScope.Begin()) // memory goes back at the end of each step; without, after a collection
                {
                    var loss = Cost(batch);
                    loss.Backward();
                    Gradients.ClipNorm(model.Parameters(), maxNorm: 1);
                    optimizer.Step();
                    optimizer.ZeroGrad();
                    schedule.Step();
                    using (Tape.NoGrad()) recent.AddInPlace((loss.Detach() - recent) * (schedule.StepCount == 1 ? 1 : 0.05));
                }

                long step = schedule.StepCount;
                view.Report(step, () => $"step {step}/{steps}  loss {recent.Item():0.0000}  {step / clock.Elapsed.TotalSeconds:0.0} steps/s");
                if (step % Every == 0) view.WriteLine($"step {step}/{steps}  loss {recent.Item():0.0000}  validation loss {Validate(cancellation):0.0000}");
            }
        });
    }

    /// <summary>The mean cross-entropy, in nats per character, over the text kept for validation.</summary>
    public double Validate(CancellationToken cancellation)
    {
        model.Eval();
        using var noGrad = Tape.NoGrad();
        var sum = GradientTensor.Scalar(0, device: validation.Device);
        foreach (var batch in validation.WithCancellation(cancellation))
        {
            using (batch)
            using (TensorScope.Begin())
            {
                sum.AddInPlace(Cost(batch) * batch.Count);
            }
        }

        model.Train();
        return sum.Item() / Math.Max(1, validation.ExampleCount);
    }

    private GradientTensor Cost(Batch batch)
    {
        var logits = model.Forward(batch.Inputs);
        return Loss.CrossEntropy(logits.Flatten(0, 1), batch.Targets.Flatten());
    }
}
