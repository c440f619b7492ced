using System.Diagnostics;

namespace Gradient.Training;

/// <summary>The spans of training; see docs/diagnostics.md. Null, and free, while nobody listens.</summary>
internal static class TrainingSpans
{
    /// <summary>A whole call of <c>Fit</c>.</summary>
    public static Activity? Fit(string model, string device) =>
        Start("fit")?.SetTag("gradient.model", model).SetTag("gradient.device", device);

    /// <summary>An epoch, counted from 0 as in the history; what is left of it after a resume.</summary>
    public static Activity? Epoch(int epoch) => Start("epoch") is { } span ? span.SetTag("gradient.epoch", epoch) : null;

    /// <summary>An optimizer step with its forward and backward passes, counted from 1.</summary>
    public static Activity? Step(long step) => AtStep("step", step);

    /// <summary>A pass over the validation data, after so many steps.</summary>
    public static Activity? Validation(long step) => AtStep("validation", step);

    /// <summary>The writing of a checkpoint, after so many steps.</summary>
    public static Activity? Checkpoint(long step) => AtStep("checkpoint", step);

    /// <summary>Notes the loss.</summary>
    public static void Loss(this Activity? span, double loss)
    {
        if (span is not null) span.SetTag("gradient.loss", loss);
    }

    /// <summary>Notes that what the span is about failed.</summary>
    public static void Failed(this Activity? span, Exception error) =>
        span?.SetStatus(ActivityStatusCode.Error, error.Message).AddException(error);

    private static Activity? AtStep(string name, long step) => Start(name) is { } span ? span.SetTag("gradient.step", step) : null;

    private static Activity? Start(string name) => Telemetry.Activities.HasListeners() ? Telemetry.Activities.StartActivity(name) : null;
}
