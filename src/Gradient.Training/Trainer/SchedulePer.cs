namespace Gradient.Training;

/// <summary>When a trainer takes a step of its schedule.</summary>
public enum SchedulePer
{
    /// <summary>After each step of the optimizer.</summary>
    Step,

    /// <summary>After each epoch.</summary>
    Epoch,
}
