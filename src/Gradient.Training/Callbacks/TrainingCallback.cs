namespace Gradient.Training;

/// <summary>
/// What happens beside the training, at its turns. Each method may end it: <see cref="TrainingContext.Stop"/>. They are called on the
/// training's own thread, without a surrounding <see cref="TensorScope"/> that ends with them; what they throw ends the training.
/// </summary>
public abstract class TrainingCallback
{
    /// <summary>Before the first step, also of a resumed training.</summary>
    public virtual void OnTrainingStart(TrainingContext context) { }

    /// <summary>After the last step, however the training ended, by an exception too.</summary>
    public virtual void OnTrainingEnd(TrainingContext context) { }

    /// <summary>Before the first batch of an epoch; not where a resumed training goes on in the middle of one.</summary>
    public virtual void OnEpochStart(TrainingContext context) { }

    /// <summary>After the last batch of an epoch, its validation and its <see cref="EpochRecord"/>.</summary>
    public virtual void OnEpochEnd(TrainingContext context) { }

    /// <summary>Before the forward pass of a batch.</summary>
    public virtual void OnBatchStart(TrainingContext context) { }

    /// <summary>After the backward pass of a batch; for the last batch of a step, after the optimizer's step.</summary>
    public virtual void OnBatchEnd(TrainingContext context) { }

    /// <summary>After a <see cref="TrainingRecord"/> was added to the history.</summary>
    public virtual void OnRecord(TrainingContext context) { }

    /// <summary>Before a validation.</summary>
    public virtual void OnValidationStart(TrainingContext context) { }

    /// <summary>After each batch of a validation: <see cref="TrainingContext.ValidationBatch"/>.</summary>
    public virtual void OnValidationBatchEnd(TrainingContext context) { }

    /// <summary>After a validation and its <see cref="ValidationRecord"/>.</summary>
    public virtual void OnValidationEnd(TrainingContext context) { }
}
