namespace Gradient.Training;

/// <content>What made the first NaN or infinity.</content>
public sealed partial class Trainer
{
    /// <summary>
    /// Runs a batch again, with the same random numbers, and looks at each operation. The gradients are forgotten; parameters and buffers are
    /// left as they were before the step.
    /// </summary>
    private NotFiniteException FindAnomaly(in Measured batch)
    {
        string where = $"Step {State.Step + 1} (epoch {State.Epoch}, batch {State.BatchInEpoch} and following)";
        ForgetGradients();
        foreach (var (buffer, copy) in buffers) buffer.Value.CopyFrom(copy);
        var exception = Explain(batch, where);
        ForgetGradients();
        foreach (var (buffer, copy) in buffers) buffer.Value.CopyFrom(copy);
        batch.Dispose();
        return exception;
    }

    private NotFiniteException Explain(in Measured batch, string where)
    {
        if (NotFiniteInputs(batch.Batch) is { } what) return new($"{where}: {what}");
        float value = batch.Loss.Item();
        var found = float.IsInfinity(value) ? RunAgain(batch, ForwardAnomaly.NotFinite) : null;
        found ??= RunAgain(batch, ForwardAnomaly.NaN);
        return found is not null
            ? new($"{where}: the loss is {value}. {found.Message}", found)
            : new(
                $"{where}: the loss is {value}, and no single operation made a NaN or an infinity: the gradients, or their norm, grew beyond "
                + $"what their type holds ({parameters[0].DType.Name()}). A lower learning rate or ClipNorm may help.");
    }

    private TapeException? RunAgain(in Measured batch, ForwardAnomaly forward)
    {
        using var scope = TensorScope.Begin();
        using var detection = Tape.DetectAnomaly(forward);
        using var numbers = RandomNumbers.Use(new(batch.Random.Seed) { Position = batch.Random });
        ForgetGradients();
        // Data that requires gradients has every operation recorded, and so looked at.
        var data = new Batch(Followed(batch.Batch.Inputs), Followed(batch.Batch.Targets));
        try
        {
            Forward(data).Loss.Backward();
            return null;
        }
        catch (TapeException e)
        {
            return e;
        }
    }

    /// <summary>What was not finite before any operation; null if all was.</summary>
    private string? NotFiniteInputs(Batch batch)
    {
        using var noGrad = Tape.NoGrad();
        using var scope = TensorScope.Begin();
        foreach (var (name, tensor) in Model.NamedParameters())
            if (!AllFinite(tensor)) return $"the parameter '{name}' of shape {tensor.Shape} is not finite before the step.";
        foreach (var (name, tensor) in Model.NamedBuffers())
            if (!AllFinite(tensor)) return $"the buffer '{name}' of shape {tensor.Shape} is not finite before the step.";
        if (!AllFinite(batch.Inputs)) return $"the inputs of the batch, of shape {batch.Inputs.Shape}, are not finite.";
        if (!AllFinite(batch.Targets)) return $"the targets of the batch, of shape {batch.Targets.Shape}, are not finite.";
        return null;
    }

    private static GradientTensor Followed(GradientTensor tensor) => tensor.Detach().RequireGrad(tensor.DType.IsFloatingPoint());

    private static bool AllFinite(GradientTensor tensor) => !tensor.DType.IsFloatingPoint() || tensor.IsFinite().All().Item<bool>();
}
