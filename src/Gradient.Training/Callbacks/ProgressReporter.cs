namespace Gradient.Training;

/// <summary>Shows people how far a training has come: a callback that is called after all others.</summary>
public abstract class ProgressReporter : TrainingCallback;
