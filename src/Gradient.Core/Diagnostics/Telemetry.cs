using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gradient.Core;

/// <summary>
/// What Gradient tells of itself through .NET's own diagnostics: instruments of a <see cref="System.Diagnostics.Metrics.Meter"/> and spans of
/// an <see cref="System.Diagnostics.ActivitySource"/>, both of one name. <c>dotnet-counters monitor --counters Gradient</c> shows the first,
/// OpenTelemetry takes both with <c>AddMeter(Telemetry.Name)</c> and <c>AddSource(Telemetry.Name)</c>. What nobody listens to costs nothing.
/// </summary>
public static class Telemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Gradient";

    /// <summary>All instruments of Gradient.</summary>
    internal static Meter Meter { get; } = new(Name);

    /// <summary>All spans of Gradient.</summary>
    internal static ActivitySource Activities { get; } = new(Name);
}
