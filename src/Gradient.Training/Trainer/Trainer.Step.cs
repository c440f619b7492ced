using System.Diagnostics;

namespace Gradient.Training;

/// <content>A step: batches, the gradient of them together, clipping, the optimizer.</content>
public sealed partial class Trainer
{
    private readonly List<(GradientTensor Buffer, Tensor Copy)> buffers = [];
    private GradientTensor? gradientNorm;

    private bool Checks => Options.NanPolicy != NanPolicy.Ignore;

    /// <summary>
    /// One step of the optimizer, on the mean loss of up to <see cref="TrainingOptions.AccumulationSteps"/> batches taken together:
    /// ∇ Σ nᵢLᵢ/Σnᵢ, added up as Σ (nᵢ/n₁)·∇Lᵢ and scaled by n₁/Σnᵢ, so that nothing is lost where all are of one size.
    /// </summary>
    /// <returns>Whether there was a batch left.</returns>
    private bool RunStep(IEnumerator<Batch> batches)
    {
        betweenSteps = false;
        stepBegan = Stopwatch.GetTimestamp();
        ForgetGradients();
        foreach (var (buffer, copy) in buffers) copy.CopyFrom(buffer.Value);
        int count = 0;
        long first = 0, examples = 0;
        bool good = true;
        Measured? last = null;
        while (good && count < Options.AccumulationSteps && batches.MoveNext())
        {
            if (count > 0) EndBatch(last!.Value);
            var batch = batches.Current;
            stepSpan ??= TrainingSpans.Step(State.Step + 1);
            Notify(static (callback, context) => callback.OnBatchStart(context));
            if (first == 0) first = batch.Count;
            last = RunBatch(batch, weight: (double)batch.Count / first);
            count++;
            examples += batch.Count;
            // The last batch of a full group waits for the norm of the step: one look at the device instead of two.
            if (!Checks || count == Options.AccumulationSteps) continue;
            using var scope = TensorScope.Begin();
            good = IsFinite(last.Value, Gradients.Norm(parameters));
        }

        for (; !good && count < Options.AccumulationSteps && batches.MoveNext(); count++) // the groups after it stay as they are
        {
            examples += batches.Current.Count;
            batches.Current.Dispose();
        }

        if (count > 0) Close(last!.Value, good, count, examples, factor: (double)first / examples);
        betweenSteps = true;
        return count > 0;
    }

    private void Close(in Measured last, bool good, int count, long examples, double factor)
    {
        if (good)
        {
            using var scope = TensorScope.Begin();
            scaler?.Unscale(Optimizer);
            if (count > 1) Gradients.Scale(parameters, factor);
            good = Clip(last) && StepOptimizer();
        }

        State.BatchInEpoch += count;
        State.ExamplesSeen += examples;
        if (good)
        {
            State.Step++;
            if (Options is { Schedule: { } schedule and not ReduceOnPlateau, SchedulePer: SchedulePer.Step }) schedule.Step();
            EndBatch(last);
        }
        else
        {
            State.SkippedSteps++;
            foreach (var (buffer, copy) in buffers) buffer.Value.CopyFrom(copy);
            ForgetGradients();
            last.Dispose();
            Notify(static (callback, context) => callback.OnBatchEnd(context));
        }

        TellStep(examples, good);
    }

    /// <summary>The forward and backward pass of a batch.</summary>
    private Measured RunBatch(Batch batch, double weight)
    {
        var position = Random.Position;
        context.Loss?.Value.Dispose();
        using var scope = TensorScope.Begin();
        var (prediction, mean) = Forward(batch);
        var scaled = scaler?.ScaleLoss(mean) ?? mean;
        scaled.Backward(weight == 1 ? null : GradientTensor.Full(mean.Shape, weight, scaled.DType, mean.Device));
        context.Loss = scope.Keep(mean.Detach());
        return new(batch, position, context.Loss, scope.Keep(prediction.Detach()));
    }

    private (GradientTensor Prediction, GradientTensor Loss) Forward(Batch batch)
    {
        using var types = BeginAutocast();
        var prediction = Model.Forward(batch.Inputs);
        var mean = loss(prediction, batch.Targets);
        if (mean.ElementCount != 1)
            throw new ShapeMismatchException(
                $"Trainer: the loss of a batch is one number, the mean over its examples, not a tensor of shape {mean.Shape}; use Reduction.Mean.");
        return (prediction, mean);
    }

    /// <summary>Clips the gradients of the step, and looks whether all is finite.</summary>
    private bool Clip(in Measured last)
    {
        GradientTensor? norm = null;
        bool records = (State.Step + 1) % Options.LogEvery == 0;
        if (Options.ClipValue is { } limit)
        {
            if (Checks || records) norm = Gradients.Norm(parameters);
            if (Checks && !IsFinite(last, norm!)) return false; // before infinities are clamped
            Gradients.ClipValue(parameters, limit);
        }

        if (Options.ClipNorm is { } bound)
        {
            var before = Gradients.ClipNorm(parameters, bound);
            norm ??= before;
        }
        else if (Checks || records)
        {
            norm ??= Gradients.Norm(parameters);
        }

        if (Checks && Options.ClipValue is null && !IsFinite(last, norm!)) return false;
        ForgetNorm();
        norm?.Value.Persist();
        gradientNorm = norm;
        return true;
    }

    private void ForgetNorm()
    {
        gradientNorm?.Value.Dispose();
        gradientNorm = null;
    }

    /// <summary>
    /// Whether loss and gradients are finite: a norm of something that is not, is not. With loss scaling, gradients may overflow; the scaler
    /// leaves such a step out.
    /// </summary>
    private bool IsFinite(in Measured batch, GradientTensor norm)
    {
        if ((scaler is not null || double.IsFinite(norm.Item())) && double.IsFinite(batch.Loss.Item())) return true;
        if (Options.NanPolicy == NanPolicy.Stop) throw FindAnomaly(batch);
        return false;
    }

    /// <summary>Takes a batch whose step is done, or whose gradient is in the sum, into account.</summary>
    private void EndBatch(in Measured batch)
    {
        Measure(batch);
        batch.Dispose();
        Notify(static (callback, context) => callback.OnBatchEnd(context));
    }

    private void ForgetGradients()
    {
        foreach (var parameter in parameters)
        {
            parameter.Grad?.Value.Dispose();
            parameter.Grad = null;
        }
    }

    /// <summary>Room for what a forward pass changes of the model, so that a skipped step leaves no NaN in running statistics.</summary>
    private void SetUpBuffers()
    {
        buffers.Clear();
        if (!Checks && scaler is null) return;
        foreach (var (_, buffer) in Model.NamedBuffers()) buffers.Add((buffer, buffer.Value.Copy().Persist()));
    }

    /// <summary>A batch that was trained on, and what is to be measured of it.</summary>
    private readonly record struct Measured(Batch Batch, (ulong Seed, ulong Offset) Random, GradientTensor Loss, GradientTensor Prediction)
    {
        public void Dispose()
        {
            Prediction.Value.Dispose();
            Batch.Dispose();
        }
    }
}
