using System.Net;

namespace Gradient.Data.Tests;

public class MnistTests
{
    private TestFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void The_real_test_images_are_what_they_are_known_to_be()
    {
        var mnist = Mnist.Load(TestFiles.RequireMnist(), train: false);
        Assert.That(mnist.Count, Is.EqualTo(10_000));
        var classes = new int[10];
        for (int i = 0; i < mnist.Count; i++) classes[mnist.Label(i)]++;
        Assert.That(classes, Is.EqualTo(new[] { 980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009 }), "published class counts");
        Assert.That(Enumerable.Range(0, 10).Select(mnist.Label), Is.EqualTo(new[] { 7, 2, 1, 0, 4, 1, 4, 9, 5, 9 }), "the first labels, as seen everywhere");
        double sum = 0, squares = 0;
        for (int i = 0; i < mnist.Count; i++)
            foreach (byte pixel in mnist.Pixels(i)) (sum, squares) = (sum + (pixel / 255.0), squares + (pixel / 255.0 * (pixel / 255.0)));
        double count = 10_000.0 * 784, mean = sum / count;
        Assert.That(mean, Is.EqualTo(0.1325).Within(1e-4), "mean of the test set");
        Assert.That(Math.Sqrt((squares / count) - (mean * mean)), Is.EqualTo(0.3105).Within(1e-4), "deviation of the test set");
    }

    [Test]
    public void Pixels_are_normalised_as_documented()
    {
        WriteMnist("t10k", [0, 51, 255], labels: [3, 9]);
        var (inputs, targets) = Mnist.Load(folder.Path, train: false).GetBatch([1, 0]);
        Assert.That(inputs.Shape, Is.EqualTo(new Shape([2, 28, 28, 1])));
        Assert.That(targets.ToArray<long>(), Is.EqualTo(new long[] { 9, 3 }));
        float[] values = inputs.ToArray<float>();
        // Image 0 begins with 0, 51, 255; it is the second of the batch.
        Assert.That(values[784], Is.EqualTo((0 - 0.1307) / 0.3081).Within(1e-6));
        Assert.That(values[785], Is.EqualTo((0.2 - 0.1307) / 0.3081).Within(1e-6));
        Assert.That(values[786], Is.EqualTo((1 - 0.1307) / 0.3081).Within(1e-6));
        var (raw, label) = Mnist.Load(folder.Path, train: false, mean: 0, deviation: 1).GetItem(0);
        Assert.That(raw.Shape, Is.EqualTo(new Shape([28, 28, 1])));
        Assert.That(raw.ToArray<float>()[..3], Is.EqualTo(new[] { 0, 51 / 255f, 1f }));
        Assert.That(label.Item<long>(), Is.EqualTo(3));
    }

    [Test]
    public void Missing_and_mismatched_files_are_named()
    {
        Assert.That(Mnist.Exists(folder.Path, train: false), Is.False);
        Assert.That(() => Mnist.Load(folder.Path, train: true), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("train-images-idx3-ubyte"));
        WriteMnist("t10k", [1], labels: [3, 9]);
        Assert.That(Mnist.Exists(folder.Path, train: false), Is.True);
        folder.File("t10k-labels-idx1-ubyte", IdxTests.Build(0x08, [3], [1, 2, 3]));
        Assert.That(() => Mnist.Load(folder.Path, train: false), Throws.TypeOf<CorruptFileException>().With.Message.Contains("3 labels"));
        folder.File("t10k-labels-idx1-ubyte", IdxTests.Build(0x08, [2], [1, 10]));
        Assert.That(() => Mnist.Load(folder.Path, train: false), Throws.TypeOf<CorruptFileException>().With.Message.Contains("above 9"));
        folder.File("t10k-images-idx3-ubyte", IdxTests.Build(0x08, [2, 2, 2], new byte[8]));
        Assert.That(() => Mnist.Load(folder.Path, train: false), Throws.TypeOf<CorruptFileException>().With.Message.Contains("[2, 2, 2]"));
    }

    [Test]
    public async Task Files_are_downloaded_checked_and_put_in_place()
    {
        string real = TestFiles.RequireMnist();
        // The training files are there already, under either name, and are not asked for.
        folder.File("train-images-idx3-ubyte", []);
        folder.File("train-labels-idx1-ubyte.gz", []);
        using var server = new FakeServer(uri => uri.Host.StartsWith("ossci", StringComparison.Ordinal)
            ? new HttpResponseMessage(HttpStatusCode.NotFound)
            : Content(File.ReadAllBytes(Path.Combine(real, uri.Segments[^1]))));
        await Mnist.DownloadAsync(folder.Path, server);
        Assert.That(Mnist.Load(folder.Path, train: false).Count, Is.EqualTo(10_000));
        Assert.That(server.Asked, Has.Count.EqualTo(3), "the mirror that failed was asked once, the other twice");
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(4));
        await Mnist.DownloadAsync(folder.Path, server);
        Assert.That(server.Asked, Has.Count.EqualTo(3), "nothing is missing now");
    }

    [Test]
    public void Wrong_short_and_endless_content_is_refused()
    {
        foreach (var content in new Func<HttpContent>[] { () => new ByteArrayContent(new byte[9_912_422]), () => new ByteArrayContent(new byte[10]), () => new StreamContent(new Zeros()) })
        {
            using var server = new FakeServer(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = content() });
            var error = Assert.ThrowsAsync<IOException>(() => Mnist.DownloadAsync(folder.Path, server));
            Assert.That(error!.Message, Does.Contain("ossci-datasets").And.Contain("cvdf-datasets").And.Contain("SHA-256").Or.Contain("instead of 9912422"));
            Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
        }
    }

    [Test]
    public void A_network_that_is_down_or_silent_fails_soon()
    {
        using var down = new FakeServer(_ => throw new HttpRequestException("no route to host"));
        Assert.That(Assert.ThrowsAsync<IOException>(() => Mnist.DownloadAsync(folder.Path, down))!.Message, Does.Contain("no route to host"));
        using var silent = new FakeServer(_ => Content([]), delay: TimeSpan.FromMinutes(1));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.That(Assert.ThrowsAsync<IOException>(() => Mnist.DownloadAsync(folder.Path, silent, TimeSpan.FromMilliseconds(50)))!.Message, Does.Contain("no answer"));
        using var stuck = new FakeServer(_ => new HttpResponseMessage { Content = new StreamContent(new Stuck()) });
        Assert.That(Assert.ThrowsAsync<IOException>(() => Mnist.DownloadAsync(folder.Path, stuck, TimeSpan.FromMilliseconds(50)))!.Message, Does.Contain("no answer"));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(20)));
        using var cancel = new CancellationTokenSource(50);
        Assert.CatchAsync<OperationCanceledException>(() => Mnist.DownloadAsync(folder.Path, silent, cancellation: cancel.Token));
    }

    [Test]
    public void Drawn_digits_are_the_same_for_a_seed_and_differ_otherwise()
    {
        var digits = SyntheticDigits.Create(200, seed: 3);
        var again = SyntheticDigits.Create(40, seed: 3);
        var other = SyntheticDigits.Create(40, seed: 4);
        for (int i = 0; i < 40; i++)
        {
            Assert.That(digits.Label(i), Is.EqualTo(i % 10));
            Assert.That(again.Pixels(i).SequenceEqual(digits.Pixels(i)), Is.True, $"image {i} depends on seed and index alone");
            Assert.That(other.Pixels(i).SequenceEqual(digits.Pixels(i)), Is.False);
        }
    }

    [Test]
    public void Drawn_digits_look_like_their_class()
    {
        // Class means of 1,000 images tell 500 others apart far better than the 10 % of chance: the strokes carry the class.
        var train = SyntheticDigits.Create(1_000, seed: 1);
        var test = SyntheticDigits.Create(500, seed: 2);
        var means = new double[10, 784];
        for (int i = 0; i < train.Count; i++)
            for (int p = 0; p < 784; p++) means[train.Label(i), p] += train.Pixels(i)[p] / 100.0;
        int right = 0;
        for (int i = 0; i < test.Count; i++)
        {
            var distances = new double[10];
            for (int c = 0; c < 10; c++)
                for (int p = 0; p < 784; p++) distances[c] += Math.Pow(means[c, p] - test.Pixels(i)[p], 2);
            if (Array.IndexOf(distances, distances.Min()) == test.Label(i)) right++;
        }

        Assert.That(right, Is.GreaterThan(350));
        double ink = 0;
        for (int i = 0; i < test.Count; i++)
            foreach (byte pixel in test.Pixels(i)) ink += pixel / (255.0 * 784 * test.Count);
        Assert.That(ink, Is.InRange(0.08, 0.25), "about as much ink as MNIST's 0.13");
    }

    private void WriteMnist(string prefix, byte[] firstPixels, byte[] labels)
    {
        byte[] pixels = new byte[labels.Length * 784];
        firstPixels.CopyTo(pixels, 0);
        folder.File($"{prefix}-images-idx3-ubyte", IdxTests.Build(0x08, [labels.Length, 28, 28], pixels));
        folder.File($"{prefix}-labels-idx1-ubyte", IdxTests.Build(0x08, [labels.Length], labels));
    }

    private static HttpResponseMessage Content(byte[] bytes) => new(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) };

    private sealed class FakeServer(Func<Uri, HttpResponseMessage> answer, TimeSpan delay = default) : HttpMessageHandler
    {
        public List<Uri> Asked { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!);
            await Task.Delay(delay, cancellationToken);
            return answer(request.RequestUri!);
        }
    }

    private sealed class Zeros : TestStream
    {
        public override int Read(byte[] buffer, int offset, int count)
        {
            Array.Clear(buffer, offset, count);
            return count;
        }
    }

    private sealed class Stuck : TestStream
    {
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }

    private abstract class TestStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
