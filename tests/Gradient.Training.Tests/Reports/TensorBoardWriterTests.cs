using System.Text;
using Gradient.Autograd;
using Gradient.Core;
using Gradient.Data;

namespace Gradient.Training.Tests;

public sealed class TensorBoardWriterTests
{
    private string folder = "";

    [SetUp]
    public void MakeFolder() => folder = Directory.CreateTempSubdirectory("gradient-board-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(folder, recursive: true);

    /// <summary>RFC 3720, B.4, and the check value of every catalogue of CRCs; the bit-by-bit one of the tests must agree with them too.</summary>
    [Test]
    public void The_check_is_that_of_the_specification()
    {
        (byte[] Bytes, uint Crc)[] known =
        [
            (new byte[32], 0x8A9136AA),
            ([.. Enumerable.Repeat((byte)0xFF, 32)], 0x62A8AB43),
            ([.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0x46DD794E),
            (Encoding.ASCII.GetBytes("123456789"), 0xE3069283),
            ([], 0),
        ];
        foreach (var (bytes, crc) in known)
        {
            Assert.That(EventFileReader.Crc32C(bytes), Is.EqualTo(crc));
            Assert.That(RecordFile.MaskedCrc32C(bytes), Is.EqualTo(EventFileReader.Mask(crc)));
        }
    }

    [Test]
    public void A_file_begins_with_its_version_and_is_named_as_readers_expect()
    {
        using var writer = new TensorBoardWriter(Path.Combine(folder, "runs", "a"));
        Assert.That(Path.GetFileName(writer.FilePath), Does.Match($@"^events\.out\.tfevents\.\d{{10}}\.{Environment.MachineName}\.{Environment.ProcessId}\.0$"));
        var first = EventFileReader.Read(writer.FilePath).Single();
        Assert.That((first.FileVersion, first.Writer, first.Step), Is.EqualTo(("brain.Event:2", "Gradient", 0L)));
        Assert.That(first.WallTime, Is.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Within(60));
    }

    [Test]
    public void Scalars_come_back_with_step_and_time()
    {
        var clock = new ManualTime();
        string path;
        float[] values = [1.5f, -0f, float.Epsilon, float.MaxValue, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        long[] steps = [0, 1, 127, 128, int.MaxValue, (long)int.MaxValue + 1, long.MaxValue];
        using (var writer = new TensorBoardWriter(folder, time: clock))
        {
            path = writer.FilePath;
            for (int i = 0; i < values.Length; i++)
            {
                writer.AddScalar("train/größe", values[i], steps[i]);
                clock.Advance(TimeSpan.FromMilliseconds(250));
            }
        }

        var events = EventFileReader.Read(path).Skip(1).ToArray();
        Assert.That(events.Select(e => e.Tag), Is.All.EqualTo("train/größe"));
        Assert.That(events.Select(e => e.Step), Is.EqualTo(steps));
        Assert.That(events.Select(e => BitConverter.SingleToInt32Bits((float)e.Value!)), Is.EqualTo(values.Select(BitConverter.SingleToInt32Bits)));
        Assert.That(events.Select(e => e.WallTime), Is.EqualTo(values.Select((_, i) => clock.Start.ToUnixTimeMilliseconds() / 1e3 + i * 0.25)).Within(1e-6));
    }

    [Test]
    public void Histograms_count_every_finite_value_once()
    {
        var random = new Random(5);
        float[] values = [.. Enumerable.Range(0, 5000).Select(_ => MathF.Round((float)(random.NextDouble() * 64) - 20, 1))];
        values[0] = -20;
        values[1] = 44; // a range of 64: limits fall upon values
        var histogram = WriteHistogram([.. values, float.NaN, float.PositiveInfinity, float.NegativeInfinity]);

        Assert.That(histogram.Limits, Is.EqualTo(Enumerable.Range(1, 64).Select(i => -20.0 + i)).Within(1e-12));
        double[] expected = [.. histogram.Limits.Select((limit, i) =>
            (double)values.Count(x => (i == 0 || x >= histogram.Limits[i - 1]) && (x < limit || (i == 63 && x <= limit))))];
        Assert.That(histogram.Counts, Is.EqualTo(expected));
        Assert.That(histogram.Counts.Sum(), Is.EqualTo(5000));
        Assert.That((histogram.Minimum, histogram.Maximum, histogram.Count), Is.EqualTo((-20.0, 44.0, 5000.0)));
        Assert.That(histogram.Sum, Is.EqualTo(values.Sum(x => (double)x)).Within(1e-9));
        Assert.That(histogram.SumOfSquares, Is.EqualTo(values.Sum(x => (double)x * x)).Within(1e-6));
    }

    [TestCase(1e-40f, 3e-40f)]
    [TestCase(-3.4e38f, 3.4e38f)]
    [TestCase(1f, 1.0000001f)]
    public void Histograms_of_extreme_ranges_lose_nothing(float low, float high)
    {
        var histogram = WriteHistogram([low, high, low, high, high]);
        Assert.That((histogram.Counts[0], histogram.Counts[^1], histogram.Counts.Sum()), Is.EqualTo((2.0, 3.0, 5.0)));
        Assert.That(histogram.Limits, Is.Ordered.And.All.LessThanOrEqualTo(high));
    }

    [Test]
    public void Histograms_of_one_value_and_of_none()
    {
        var one = WriteHistogram([2.5f, 2.5f, 2.5f]);
        Assert.That((one.Minimum, one.Maximum, one.Count), Is.EqualTo((2.5, 2.5, 3.0)));
        Assert.That((one.Limits, one.Counts), Is.EqualTo((new[] { 2.5 }, new[] { 3.0 })));
        var none = WriteHistogram([float.NaN]);
        Assert.That((none.Minimum, none.Maximum, none.Count, none.Limits.Length, none.Counts.Length), Is.EqualTo((0.0, 0.0, 0.0, 0, 0)));
    }

    [Test]
    public void Histograms_of_tensors_of_any_type_and_layout_leave_the_tensor_alive()
    {
        var tensor = GradientTensor.Arange(0, 12).Reshape(3, 4);
        using var writer = new TensorBoardWriter(folder);
        writer.AddHistogram("transposed", tensor.Transpose(0, 1), 1);
        writer.AddHistogram("half", tensor.To(DType.Float16), 1);
        writer.AddHistogram("plain", tensor, 1);
        writer.Flush();

        var histograms = EventFileReader.Read(writer.FilePath).Skip(1).Select(e => (EventFileReader.Histogram)e.Value!).ToArray();
        Assert.That(histograms.Select(h => (h.Count, h.Sum, h.SumOfSquares)), Is.All.EqualTo((12.0, 66.0, 506.0)));
        Assert.That(tensor.Sum().Item(), Is.EqualTo(66));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(4)]
    public void Images_are_whole_pngs(int channels)
    {
        var image = Tensor.From<float>([.. Enumerable.Range(0, 5 * 7 * channels).Select(i => i % 256 / 255f)], [5, 7, channels], Devices.Cpu);
        using var writer = new TensorBoardWriter(folder);
        writer.AddImage("filters", image, 12);
        writer.Flush();

        var read = EventFileReader.Read(writer.FilePath)[1];
        var value = (EventFileReader.Image)read.Value!;
        Assert.That((read.Tag, read.Step, value.Height, value.Width, value.ColourSpace), Is.EqualTo(("filters", 12L, 5, 7, channels)));
        Assert.That(ImageFile.Decode(value.Encoded, "png", channels: 0).ToArray<float>(), Is.EqualTo(image.ToArray<float>()).Within(1e-6));
    }

    [Test]
    public void A_reader_beside_the_writer_sees_whole_records_only()
    {
        using var writer = new TensorBoardWriter(folder, flushInterval: TimeSpan.Zero);
        var writing = Task.Run(() =>
        {
            for (int i = 0; i < 3000; i++) writer.AddScalar("loss", i, i);
        });
        int seen = 0;
        while (!writing.IsCompleted)
        {
            int now = EventFileReader.Read(writer.FilePath).Count;
            Assert.That(now, Is.GreaterThanOrEqualTo(seen));
            seen = now;
        }

        writing.GetAwaiter().GetResult();
        Assert.That(EventFileReader.Read(writer.FilePath).Skip(1).Select(e => (float)e.Value!), Is.EqualTo(Enumerable.Range(0, 3000).Select(i => (float)i)));
    }

    [Test]
    public void Records_wait_for_the_interval_or_for_64_kibibytes()
    {
        var clock = new ManualTime();
        using var writer = new TensorBoardWriter(folder, TimeSpan.FromSeconds(5), time: clock);
        writer.AddScalar("a", 1, 1);
        Assert.That(EventFileReader.Read(writer.FilePath), Has.Count.EqualTo(1));
        clock.Advance(TimeSpan.FromSeconds(5));
        writer.AddScalar("a", 2, 2);
        Assert.That(EventFileReader.Read(writer.FilePath), Has.Count.EqualTo(3));
        for (int i = 0; i < 2000; i++) writer.AddScalar("a", i, i);
        Assert.That(EventFileReader.Read(writer.FilePath), Has.Count.GreaterThan(1000).And.Count.LessThan(2003));
        writer.Flush();
        Assert.That(EventFileReader.Read(writer.FilePath), Has.Count.EqualTo(2003));
    }

    [Test]
    public void Several_threads_and_several_writers_of_one_second()
    {
        var clock = new ManualTime();
        using (var one = new TensorBoardWriter(folder, time: clock))
        using (var other = new TensorBoardWriter(folder, time: clock))
        {
            Assert.That(one.FilePath, Is.Not.EqualTo(other.FilePath));
            Parallel.For(0, 4, thread =>
            {
                for (int i = 0; i < 500; i++) one.AddScalar($"thread{thread}", i, i);
            });
        }

        var files = Directory.GetFiles(folder).Select(EventFileReader.Read).ToArray();
        Assert.That(files.Select(f => f.Count).Order(), Is.EqualTo(new[] { 1, 2001 }));
        foreach (var thread in files.SelectMany(f => f.Skip(1)).GroupBy(e => e.Tag))
            Assert.That(thread.Select(e => e.Step), Is.EqualTo(Enumerable.Range(0, 500)));
    }

    [Test]
    public void A_closed_writer_says_so_and_closes_twice()
    {
        var writer = new TensorBoardWriter(folder);
        writer.Dispose();
        writer.Dispose();
        Assert.That(() => writer.AddScalar("a", 1, 1), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(writer.Flush, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_full_disk_leaves_whole_records_and_loses_none()
    {
        var disk = new SmallDisk { Room = 70 };
        var records = new RecordFile(disk);
        records.Append(Version('a'));
        records.Flush();
        records.Append(Version('b'));
        records.Append(Version('c'));
        Assert.That(records.Flush, Throws.TypeOf<IOException>());
        Assert.That((disk.Length, disk.Position), Is.EqualTo((36L, 36L)), "what was written of the second record is gone again");
        disk.Room = 1000;
        records.Flush();
        string path = Path.Combine(folder, "records");
        File.WriteAllBytes(path, disk.ToArray());
        Assert.That(EventFileReader.Read(path).Select(e => e.FileVersion![..1]), Is.EqualTo(new[] { "a", "b", "c" }));

        static ReadOnlySpan<byte> Version(char first) => new ProtobufMessage().Text(3, first + "23456789012345678").Bytes; // 20 bytes
    }

    /// <summary>Writes what there is room for, then fails, as a file does.</summary>
    private sealed class SmallDisk : MemoryStream
    {
        public int Room { get; set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            int fits = (int)Math.Min(buffer.Length, Room - Position);
            base.Write(buffer[..fits]);
            if (fits < buffer.Length) throw new IOException("No space left on device");
        }
    }

    private EventFileReader.Histogram WriteHistogram(float[] values)
    {
        using var writer = new TensorBoardWriter(folder);
        writer.AddHistogram("h", values, 3);
        writer.Flush();
        var read = EventFileReader.Read(writer.FilePath)[1];
        Assert.That((read.Tag, read.Step), Is.EqualTo(("h", 3L)));
        return (EventFileReader.Histogram)read.Value!;
    }
}
