namespace Gradient.Backend.Metal.Tests;

/// <summary>Which kernel is named when one fails somewhere in a command buffer of 64 launches, and what a command buffer holds.</summary>
[NonParallelizable]
public sealed class FailureTests
{
    private const string Source = """
        #include <metal_stdlib>
        using namespace metal;
        constant int value [[function_constant(0)]];
        kernel void store(device int* y [[buffer(0)]], uint i [[thread_position_in_grid]]) { y[i] = value; }
        """;

    private const int Launches = 64;
    private MetalKernelDevice device = null!;
    private IKernel[] kernels = null!;
    private DeviceBuffer[] buffers = null!;

    /// <summary>A device that nothing has failed on, and as many kernels as a command buffer has launches: store&lt;0&gt;, store&lt;1&gt; …</summary>
    [SetUp]
    public void Find()
    {
        SoftMetal.Require();
        device = MetalKernelDevice.Find()!;
        device.Stream.WorkPerCommit = 1L << 28; // whatever the environment says
        kernels = [.. Enumerable.Range(0, Launches).Select(i => device.Compile("test", Source, "store", [i]))];
        buffers = new DeviceBuffer[8];
        for (int i = 0; i < buffers.Length; i++) Assert.That(device.TryAllocate(64, out buffers[i]));
    }

    [TearDown]
    public void Free()
    {
        foreach (var buffer in buffers ?? []) device.Free(buffer);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(37)]
    [TestCase(63)]
    public void Between_barriers_the_first_failure_names_its_kernel(int at)
    {
        Assert.That(() => Fail($"dispatch:{at}", _ => 0), Throws.TypeOf<GradientException>().With.Message.Contains($"kernel store<{at - 1}> failed").And.Message.Contains("Address Fault"));
        Assert.That(() => Run(_ => 0), Throws.Nothing);
    }

    [TestCase(1)]
    [TestCase(37)]
    [TestCase(64)]
    public void After_a_failure_each_launch_is_watched_and_the_kernel_named(int at)
    {
        Assert.That(() => Fail("commandbuffer", i => i % 8), Throws.TypeOf<GradientException>());
        Assert.That(
            () => Fail($"dispatch:{at}", i => i % 8),
            Throws.TypeOf<GradientException>().With.Message.Contains($"kernel store<{at - 1}> failed").And.Message.Not.Contains("one of"));
    }

    /// <summary>Eight launches into eight buffers have no barrier between them; the next eight have one in front.</summary>
    [Test]
    public void Of_launches_side_by_side_all_are_named_and_no_others()
    {
        var error = Assert.Throws<GradientException>(() => Fail("dispatch:20", i => i % 8))!;
        Assert.That(error.Message, Does.Contain("one of the kernels store<16>, store<17>, store<18>, store<19>, store<20>, store<21>, store<22>, store<23> failed"));
        Assert.That(error.Message, Does.Contain(MetalKernelDevice.WatchVariable));
    }

    /// <summary>Its signposts are those of all launches, which a device that records all of them would tell too.</summary>
    [Test]
    public void Of_the_last_launch_the_first_failure_tells_no_more_than_the_command_buffer()
    {
        var error = Assert.Throws<GradientException>(() => Fail("dispatch:64", _ => 0))!;
        Assert.That(error.Message, Does.Contain("one of the kernels store<0>,").And.Contain("store<63> failed"));
    }

    [Test]
    public void A_command_buffer_that_fails_as_a_whole_blames_no_kernel()
    {
        var error = Assert.Throws<GradientException>(() => Fail("commandbuffer", _ => 0))!;
        Assert.That(error.Message, Does.Contain("blames none of its kernels: store<0>, store<1>").And.Contain("GPU Hang"));
    }

    [Test]
    public void Work_is_committed_when_there_is_enough_of_it()
    {
        device.Stream.WorkPerCommit = 1000;
        for (int i = 0; i < 10; i++) Launch(i, i % 8, 400); // two fit
        Assert.That(device.Stream.Commits, Is.EqualTo(4));
        Launch(10, 0, 1000);
        Assert.That(device.Stream.Commits, Is.EqualTo(6), "what was encoded, and what fills a command buffer by itself");
        device.Synchronize();
        Assert.That(device.Stream.Commits, Is.EqualTo(6));
        Assert.That(device.Stream.Cuts, Is.Zero);
    }

    [TestCase(10, 1, 1, 1000L, 1000L, 1)]
    [TestCase(10, 1, 1, 1001L, 1000L, 2)]
    [TestCase(1, 1, 1, 5000L, 10L, 1)]
    [TestCase(7, 5, 3, 105L, 1L, 105)]
    [TestCase(65536, 1, 1, 1L << 40, 1L << 28, 4096)]
    [TestCase(3, 1000, 2, 6000L, 100L, 63)]
    public void Pieces_cover_a_grid_once_and_are_small_enough(int x, int y, int z, long work, long most, int count)
    {
        KernelSize whole = new(x, y, z);
        var pieces = GridPiece.Cut(whole, work, most).ToArray();
        Assert.That(pieces, Has.Length.EqualTo(count));
        Assert.That(pieces.Sum(piece => (long)piece.Groups.X * piece.Groups.Y * piece.Groups.Z), Is.EqualTo((long)x * y * z));
        Assert.That(pieces.Select(piece => piece.First).Distinct().Count(), Is.EqualTo(count));
        foreach (var piece in pieces)
        {
            Assert.That(piece.First.X + piece.Groups.X, Is.LessThanOrEqualTo(x));
            Assert.That(piece.First.Y + piece.Groups.Y, Is.LessThanOrEqualTo(y));
            Assert.That(piece.First.Z + piece.Groups.Z, Is.LessThanOrEqualTo(z));
            if (piece.Groups != new KernelSize(1)) Assert.That(piece.ShareOf(work), Is.LessThanOrEqualTo(most));
        }
    }

    private void Fail(string fault, Func<int, int> buffer)
    {
        using var injected = SoftMetal.Fault(fault);
        Run(buffer);
    }

    private void Run(Func<int, int> buffer)
    {
        for (int i = 0; i < Launches; i++) Launch(i, buffer(i), 1);
        device.Synchronize();
    }

    private void Launch(int kernel, int buffer, long work) => device.Launch(kernels[kernel], [new(buffers[buffer], 0, true)], [], new(1), new(16), work);
}
