using System.Diagnostics;
using System.Diagnostics.Metrics;
using Gradient.Core;
using Microsoft.Extensions.Logging;

namespace Gradient.Training.Tests.Diagnostics;

/// <summary>What dotnet-counters and OpenTelemetry would receive, kept in lists, while it is not disposed.</summary>
internal sealed class Listening : IDisposable
{
    private readonly Lock gate = new();
    private readonly MeterListener meters = new();
    private readonly ActivityListener activities;

    public Listening()
    {
        meters.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == Telemetry.Name) self.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        meters.Start();
        activities = new()
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (gate) Spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(activities);
    }

    /// <summary>In the order in which they came: "gradient.training.loss train" where there is a tag, its value, its unit.</summary>
    public List<(string Name, double Value, string? Unit)> Measurements { get; } = [];

    /// <summary>In the order in which they ended.</summary>
    public List<Activity> Spans { get; } = [];

    public double[] Values(string name) => [.. Measurements.Where(entry => entry.Name == name).Select(entry => entry.Value)];

    public void Observe() => meters.RecordObservableInstruments();

    public void Dispose()
    {
        meters.Dispose();
        activities.Dispose();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string name = instrument.Name;
        foreach (var tag in tags) name += " " + tag.Value;
        lock (gate) Measurements.Add((name, value, instrument.Unit));
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class ListLogger : ILoggerFactory, ILogger
{
    private readonly Lock gate = new();

    public List<(int Id, LogLevel Level, string Message)> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (gate) Entries.Add((eventId.Id, logLevel, formatter(state, exception)));
    }

    public void Dispose()
    {
    }
}
