namespace Gradient.Training;

/// <summary>Which direction of a watched metric is better.</summary>
public enum MonitorMode
{
    /// <summary>Lower for a loss, else as <see cref="Metric.HigherIsBetter"/> says.</summary>
    Automatic,

    /// <summary>Lower is better.</summary>
    Minimum,

    /// <summary>Higher is better.</summary>
    Maximum,
}
