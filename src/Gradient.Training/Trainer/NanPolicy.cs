namespace Gradient.Training;

/// <summary>What a trainer does about a loss or a gradient that is NaN or infinite.</summary>
public enum NanPolicy
{
    /// <summary>
    /// Ends the training with a <see cref="NotFiniteException"/> that names the operation it came from; the parameters keep the values of
    /// the last good step. Each step waits for the device to tell.
    /// </summary>
    Stop,

    /// <summary>Leaves the step out and counts it in <see cref="TrainingState.SkippedSteps"/>. Each step waits for the device to tell.</summary>
    SkipStep,

    /// <summary>Does not look: no step waits for the device, and the parameters become NaN.</summary>
    Ignore,
}
