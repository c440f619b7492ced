namespace Gradient.Training.Tests;

/// <summary>A clock that a test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private TimeSpan elapsed;

    public DateTimeOffset Start { get; } = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => elapsed += by;

    public override DateTimeOffset GetUtcNow() => Start + elapsed;

    public override long GetTimestamp() => elapsed.Ticks;
}
