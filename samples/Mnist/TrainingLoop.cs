using System.Diagnostics;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;
using Gradient.Nn;
using Gradient.Training;

namespace Gradient.Samples.Mnist;

/// <summary>A training loop as one writes it oneself, with a view of how it goes.</summary>
internal sealed class TrainingLoop(Module model, DataLoader train, DataLoader test, int epochs)
{
    public void Run(CancellationToken cancellation)
    {
        long steps = (long)epochs * train.BatchCount;
        if (steps == 0) return;
        var optimizer = new AdamW(model.Parameters(), learningRate: 1e-3f, weightDecay: 0.01f);
        var schedule = new CosineAnnealing(optimizer, totalSteps: steps, warmupSteps: Math.Min(100, steps / 10));
        ProgressView.Run(steps, view =>
        {
            for (int epoch = 0; epoch < epochs; epoch++)
            {
                model.Train();
                var totals = new Totals(train.Device);
                var clock = Stopwatch.StartNew();
                foreach (var batch in train.WithCancellation(cancellation))
                {
                    using (batch)
                    using (TensorScope.Begin()) // memory goes back at the end of each step; without, after a collection
                    {
                        var (images, labels) = batch;
                        var logits = model.Forward(images);
                        var loss = Loss.CrossEntropy(logits, labels);
                        loss.Backward();
                        Gradients.ClipNorm(model.Parameters(), maxNorm: 1f);
                        optimizer.Step();
                        optimizer.ZeroGrad();
                        schedule.Step();
                        totals.Add(loss, logits, labels);
                    }

                    int number = epoch + 1;
                    view.Report(schedule.StepCount, () => $"epoch {number}/{epochs}  {totals}  {totals.Count / clock.Elapsed.TotalSeconds:N0} images/s");
                }

                double seconds = clock.Elapsed.TotalSeconds;
                int right = Evaluate(cancellation);
                view.WriteLine(
                    $"epoch {epoch + 1}/{epochs}  {totals}  test accuracy {100.0 * right / Math.Max(1, test.ExampleCount):0.00} %  " +
                    $"{totals.Count / seconds:N0} images/s  {seconds:0.0} s");
            }
        });
    }

    /// <summary>How many test images the model reads right.</summary>
    public int Evaluate(CancellationToken cancellation)
    {
        model.Eval();
        using var noGrad = Tape.NoGrad();
        var totals = new Totals(test.Device);
        foreach (var batch in test.WithCancellation(cancellation))
        {
            using (batch)
            using (TensorScope.Begin())
            {
                totals.Add(null, model.Forward(batch.Inputs), batch.Targets);
            }
        }

        return totals.Right;
    }
}
