using System.Diagnostics.Metrics;
using System.Globalization;

namespace Gradient.Data.Tests;

/// <summary>Profiles of memory as files, and what loaders tell those who listen.</summary>
[NonParallelizable]
public sealed class DiagnosticsTests
{
    [Test]
    public void A_profile_is_written_whole_or_not_at_all()
    {
        using var folder = new TestFolder();
        string file = folder.File("memory.csv");
        using var profiler = MemoryProfiler.Start(Devices.Cpu);
        GradientTensor.Ones([1 << 20]).Value.Dispose();
        var profile = profiler.Stop();
        profile.SaveCsv(file);
        var rows = File.ReadAllLines(file);
        Assert.That(rows[0], Is.EqualTo("device,seconds,live_bytes,pooled_bytes,operation"));
        Assert.That(rows, Has.Length.EqualTo(1 + profile.Devices.Single().Samples.Count));
        long highest = rows.Skip(1).Max(row => long.Parse(row.Split(',')[2], CultureInfo.InvariantCulture));
        Assert.That(highest, Is.EqualTo(profile.Devices.Single().Peak.LiveBytes));

        profile.SaveCsv(file); // replaces
        Assert.That(File.ReadAllLines(file), Is.EqualTo(rows));
        Directory.CreateDirectory(folder.File("taken"));
        Assert.That(() => profile.SaveCsv(folder.File("taken")), Throws.InstanceOf<IOException>().Or.InstanceOf<UnauthorizedAccessException>());
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(2), "no temporary file is left");
    }

    [Test]
    public void Loaders_tell_how_long_batches_took_and_were_waited_for([Values(0, 2)] int prefetch)
    {
        var heard = new Dictionary<string, List<double>>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == Telemetry.Name && instrument.Name.StartsWith("gradient.data.", StringComparison.Ordinal))
            {
                Assert.That(instrument.Unit, Is.EqualTo("s"));
                lock (heard) heard[instrument.Name] = [];
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) =>
        {
            lock (heard) heard[instrument.Name].Add(value);
        });
        var dataset = new DatasetTests.Items(8, i =>
        {
            Thread.Sleep(5);
            return (Tensor.From<float>([i], [1], Devices.Cpu), Tensor.From<long>([i], [], Devices.Cpu));
        });
        using var loader = new DataLoader(dataset, 2, prefetch: prefetch, device: Devices.Cpu);
        listener.Start();
        foreach (var _ in loader) { }
        listener.Dispose();
        var statistics = loader.Statistics;
        Assert.Multiple(() =>
        {
            Assert.That(heard.Keys, Is.EquivalentTo(new[] { "gradient.data.wait.duration", "gradient.data.load.duration" }));
            Assert.That(heard["gradient.data.load.duration"], Has.Count.EqualTo(4).And.All.GreaterThanOrEqualTo(0.009));
            Assert.That(heard["gradient.data.wait.duration"], Has.Count.EqualTo(4));
            Assert.That(heard["gradient.data.load.duration"].Sum(), Is.EqualTo(statistics.LoadTime.TotalSeconds).Within(1e-6));
            Assert.That(heard["gradient.data.wait.duration"].Sum(), Is.EqualTo(statistics.WaitTime.TotalSeconds).Within(1e-6));
        });
    }
}
