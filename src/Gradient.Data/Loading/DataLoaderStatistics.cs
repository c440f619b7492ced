using System.Globalization;

namespace Gradient.Data;

/// <summary>What a <see cref="DataLoader"/> did since it was made, or since <see cref="DataLoader.ResetStatistics"/>.</summary>
public sealed record DataLoaderStatistics
{
    /// <summary>Batches delivered.</summary>
    public required long Batches { get; init; }

    /// <summary>Batches that lay ready when they were asked for.</summary>
    public required long PrefetchHits { get; init; }

    /// <summary>The time that the making of batches took, added up over the workers.</summary>
    public required TimeSpan LoadTime { get; init; }

    /// <summary>The time that the training waited for batches; with <c>prefetch: 0</c>, all of <see cref="LoadTime"/>.</summary>
    public required TimeSpan WaitTime { get; init; }

    /// <summary>For each worker the part of its time in which it made batches, up to its latest one.</summary>
    public required IReadOnlyList<double> WorkerUtilization { get; init; }

    /// <summary>Bytes of the batches that lie ready now.</summary>
    public required long ReadyBytes { get; init; }

    /// <summary>Load time per batch; zero before the first.</summary>
    public TimeSpan AverageLoadTime => Batches == 0 ? TimeSpan.Zero : LoadTime / Batches;

    /// <summary>The part of the batches that lay ready when they were asked for; 0 before the first.</summary>
    public double PrefetchHitRatio => Batches == 0 ? 0 : (double)PrefetchHits / Batches;

    /// <summary>In a line: "12 batches, 80.1 ms each to make, 0.2 ms each waited for, 92 % lay ready, workers 95 % 94 % busy".</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Batches:N0} batches, {AverageLoadTime.TotalMilliseconds:0.0} ms each to make, {(Batches == 0 ? 0 : WaitTime.TotalMilliseconds / Batches):0.0} ms each waited for, " +
        $"{100 * PrefetchHitRatio:0} % lay ready, workers {string.Join(" ", WorkerUtilization.Select(part => string.Create(CultureInfo.InvariantCulture, $"{100 * part:0} %")))} busy");
}
