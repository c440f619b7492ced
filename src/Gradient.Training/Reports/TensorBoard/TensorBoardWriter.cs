using System.Globalization;
using Gradient.Data;

namespace Gradient.Training;

/// <summary>
/// Writes event files for TensorBoard: <c>tensorboard --logdir FOLDER</c> shows them, also while they grow. Tags with slashes make groups
/// ("train/loss"). Whole records are appended at each <see cref="Flush"/>, at the latest some seconds after they were added or when
/// 64 KiB wait, and at the end: a reader, or a crash, never meets half a record that we wrote. Safe for several threads.
/// <see cref="TensorBoardCallback"/> has a trainer write by itself.
/// </summary>
public sealed class TensorBoardWriter : IDisposable
{
    private const int MaximumPendingBytes = 1 << 16, Buckets = 64;

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly TimeSpan flushInterval;
    private readonly RecordFile records;
    private long lastFlush;
    private bool disposed;

    /// <summary>Makes a new event file in a folder, which is made too if missing.</summary>
    /// <param name="folder">The folder of this run; its name is the run's name in TensorBoard.</param>
    /// <param name="flushInterval">How long a record may wait in memory for the next; 10 seconds if null.</param>
    /// <param name="resumedAt">
    /// The first step of a training that goes on from a checkpoint: TensorBoard drops what an earlier file has from there on.
    /// </param>
    /// <param name="time">Tells the time of each record; the system's clock if null.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public TensorBoardWriter(string folder, TimeSpan? flushInterval = null, long? resumedAt = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        this.time = time ?? TimeProvider.System;
        this.flushInterval = flushInterval ?? TimeSpan.FromSeconds(10);
        Directory.CreateDirectory(folder);
        FilePath = UnusedPath(folder, this.time.GetUtcNow());
        records = RecordFile.Create(FilePath);
        lastFlush = this.time.GetTimestamp();
        // Event.file_version and Event.source_metadata.writer: what a reader wants to see first.
        records.Append(Event(step: 0).Text(3, "brain.Event:2").Message(10, new ProtobufMessage().Text(1, "Gradient")).Bytes);
        // Event.session_log with SessionLog.status START.
        if (resumedAt is { } step) records.Append(Event(step).Message(7, new ProtobufMessage().Integer(1, 1)).Bytes);
        records.Flush();
    }

    /// <summary>The event file: events.out.tfevents.TIME.HOST.PROCESS.NUMBER.</summary>
    public string FilePath { get; }

    /// <summary>One value of a curve; NaN and infinities are shown as gaps and triangles. Stored as Float32.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void AddScalar(string tag, double value, long step) => Add(tag, step, new ProtobufMessage().Float(2, (float)value));

    /// <summary>How the values of a tensor are spread, in 64 buckets between the least and the greatest. NaN and infinities are left out.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void AddHistogram(string tag, GradientTensor values, long step) =>
        AddHistogram(tag, values.Value.To(DType.Float32).ToArray<float>(), step);

    /// <inheritdoc cref="AddHistogram(string, GradientTensor, long)"/>
    public void AddHistogram(string tag, ReadOnlySpan<float> values, long step)
    {
        var summary = HistogramSummary.Of(values, Buckets);
        var histogram = new ProtobufMessage()
            .Double(1, summary.Minimum).Double(2, summary.Maximum).Double(3, summary.Count).Double(4, summary.Sum).Double(5, summary.SumOfSquares)
            .Doubles(6, summary.Limits).Doubles(7, summary.Counts);
        Add(tag, step, new ProtobufMessage().Message(5, histogram));
    }

    /// <summary>An image, stored as PNG.</summary>
    /// <param name="tag">Its name.</param>
    /// <param name="image">[height, width] or [height, width, channels], values 0 to 1; see <see cref="ImageFile.EncodePng"/>.</param>
    /// <param name="step">The step that it belongs to.</param>
    /// <exception cref="ShapeMismatchException">It is no image.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void AddImage(string tag, Tensor image, long step)
    {
        byte[] png = ImageFile.EncodePng(image);
        long channels = image.Rank == 2 ? 1 : image.Shape[2];
        var message = new ProtobufMessage().Integer(1, image.Shape[0]).Integer(2, image.Shape[1]).Integer(3, channels).Blob(4, png);
        Add(tag, step, new ProtobufMessage().Message(4, message));
    }

    /// <summary>Appends to the file what was added, for readers to see. It is in the operating system's hands then, not surely on the disk.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Flush()
    {
        lock (gate) FlushRecords();
    }

    /// <summary>Flushes and closes the file.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            records.Dispose();
        }
    }

    /// <summary>Adds an event with one value: <paramref name="content"/> has its field of Summary.Value, to which the tag comes.</summary>
    private void Add(string tag, long step, ProtobufMessage content)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        var record = Event(step).Message(5, new ProtobufMessage().Message(1, content.Text(1, tag)));
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            records.Append(record.Bytes);
            if (records.PendingBytes >= MaximumPendingBytes || time.GetElapsedTime(lastFlush) >= flushInterval) FlushRecords();
        }
    }

    private void FlushRecords()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        records.Flush();
        lastFlush = time.GetTimestamp();
    }

    private ProtobufMessage Event(long step) =>
        new ProtobufMessage().Double(1, (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds).Integer(2, step);

    private static string UnusedPath(string folder, DateTimeOffset now)
    {
        string start = string.Create(CultureInfo.InvariantCulture,
            $"events.out.tfevents.{now.ToUnixTimeSeconds():0000000000}.{Environment.MachineName}.{Environment.ProcessId}");
        for (int number = 0; ; number++)
            if (Path.Combine(folder, $"{start}.{number}") is var path && !File.Exists(path)) return path;
    }
}
