using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// The device layer by itself: what waits for what, and what happens when something fails. The substitute runs launches that no
/// barrier separates in reverse order, so that a missing barrier gives a wrong result.
/// </summary>
[NonParallelizable]
public sealed unsafe class DeviceTests
{
    private const string Source = """
        #include <metal_stdlib>
        using namespace metal;

        struct Numbers { float factor; float summand; };

        kernel void scale(
            device const float* x [[buffer(0)]], device float* y [[buffer(1)]], constant Numbers& n [[buffer(2)]],
            uint i [[thread_position_in_grid]]) {
            y[i] = x[i] * n.factor + n.summand;
        }

        constant int value [[function_constant(0)]];

        kernel void store(device int* y [[buffer(0)]], uint i [[thread_position_in_grid]]) {
            y[i] = value;
        }
        """;

    private const int Length = 64;
    private MetalKernelDevice device = null!;
    private IKernel scale = null!;

    [SetUp]
    public void Find()
    {
        SoftMetal.RequireDevice();
        device = MetalKernelDevice.Find()!;
        scale = device.Compile("test", Source, "scale", []);
    }

    [Test]
    public void Launches_that_depend_on_each_other_run_in_order()
    {
        DeviceBuffer a = New(1), b = New(0);
        float expected = 1;
        for (int i = 0; i < 150; i++) // three command buffers
        {
            Scale(i % 2 == 0 ? a : b, i % 2 == 0 ? b : a, 0.5f, i);
            expected = (expected * 0.5f) + i;
        }

        device.Synchronize();
        Assert.That(Read(a).ToArray(), Is.All.EqualTo(expected));
    }

    [Test]
    public void Independent_launches_wait_for_nothing()
    {
        var source = New(3);
        var targets = Enumerable.Range(0, 8).Select(_ => New(0)).ToArray();
        device.Synchronize();
        long before = device.Stream.Barriers;
        for (int i = 0; i < targets.Length; i++) Scale(source, targets[i], i, 0);
        Assert.That(device.Stream.Barriers, Is.EqualTo(before));
        Scale(targets[2], targets[3], 1, 0); // after a write
        Assert.That(device.Stream.Barriers, Is.EqualTo(before + 1));
        Scale(targets[4], source, 1, 0); // after the barrier nothing has read the source
        Assert.That(device.Stream.Barriers, Is.EqualTo(before + 1));
        device.Synchronize();
        Assert.That(Read(targets[3])[0], Is.EqualTo(6));
        Assert.That(Read(source)[0], Is.EqualTo(12));
    }

    [Test]
    public void What_is_read_is_not_overwritten_before()
    {
        DeviceBuffer a = New(5), b = New(0), c = New(7);
        Scale(a, b, 1, 0);
        Scale(c, a, 1, 0);
        device.Synchronize();
        Assert.That(Read(b).ToArray(), Is.All.EqualTo(5));
        Assert.That(Read(a).ToArray(), Is.All.EqualTo(7));
    }

    [Test]
    public void Waiting_for_a_buffer_waits_for_its_launches()
    {
        DeviceBuffer a = New(5), b = New(0);
        using var delay = SoftMetal.Delay(20_000);
        Scale(a, b, 3, 0);
        device.WaitFor(b);
        Assert.That(Read(b).ToArray(), Is.All.EqualTo(15));
    }

    [Test]
    public void Offsets_are_bytes()
    {
        DeviceBuffer a = New(0), b = New(0);
        Read(a)[7] = 42;
        device.Launch(scale, [new(a, 28, false), new(b, 16, true)], Numbers(1, 0), new(1), new(1));
        device.Synchronize();
        Assert.That(Read(b)[4], Is.EqualTo(42));
    }

    [Test]
    public void Constants_of_a_function_specialise_it()
    {
        var y = New(0);
        foreach (int value in (int[])[7, -3, int.MaxValue])
        {
            device.Launch(device.Compile("test", Source, "store", [value]), [new(y, 0, true)], [], new(1), new(Length));
            device.Synchronize();
            Assert.That(MemoryMarshal.Cast<float, int>(Read(y)).ToArray(), Is.All.EqualTo(value));
        }
    }

    [Test]
    public void A_freed_buffer_lives_until_its_launches_have_run()
    {
        DeviceBuffer a = New(5), b = New(0);
        using var delay = SoftMetal.Delay(20_000);
        Scale(a, b, 2, 0);
        device.Commit();
        device.Free(a);
        device.Synchronize();
        Assert.That(Read(b).ToArray(), Is.All.EqualTo(10));
        Assert.That(SoftMetal.TakeErrors(), Is.Empty);
    }

    [Test]
    public void A_failed_command_buffer_surfaces_once_at_the_next_wait_and_names_its_kernels()
    {
        DeviceBuffer a = New(5), b = New(0);
        using (SoftMetal.Fault("commandbuffer:1"))
        {
            Scale(a, b, 2, 0);
            device.Commit();
            Assert.That(device.Synchronize, Throws.TypeOf<GradientException>().With.Message.Contains("scale").And.Message.Contains("GPU Hang"));
        }

        Scale(a, b, 2, 0);
        Assert.That(device.Synchronize, Throws.Nothing);
        Assert.That(Read(b)[0], Is.EqualTo(10));
    }

    [Test]
    public void A_failure_surfaces_at_a_wait_for_a_buffer_too()
    {
        DeviceBuffer a = New(5), b = New(0);
        using var fault = SoftMetal.Fault("commandbuffer:1");
        Scale(a, b, 2, 0);
        var waiting = b;
        Assert.That(() => device.WaitFor(waiting), Throws.TypeOf<GradientException>().With.Message.Contains("scale"));
    }

    [Test]
    public void A_shader_that_does_not_compile_says_where_and_why()
    {
        Assert.That(
            () => device.Compile("broken", "#include <metal_stdlib>\nkernel void f(device float* y [[buffer(0)]]) { y[0] = nonsense; }", "f", []),
            Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("broken.metal").And.Message.Contains("nonsense"));
    }

    [Test]
    public void A_kernel_that_is_not_there_is_named()
    {
        Assert.That(
            () => device.Compile("test", Source, "absent", [1, 2]),
            Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("test.metal").And.Message.Contains("absent<1, 2>"));
    }

    [Test]
    public void A_pipeline_that_cannot_be_made_is_named()
    {
        using var fault = SoftMetal.Fault("pipeline");
        Assert.That(
            () => device.Compile("test", Source, "scale", []),
            Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("scale of test.metal").And.Message.Contains("internal error"));
    }

    [Test]
    public void A_machine_without_a_device_has_none()
    {
        using var fault = SoftMetal.Fault("nil-device");
        Assert.That(MetalKernelDevice.Find(), Is.Null);
    }

    [Test]
    public void Simdgroup_matrices_are_asked_for()
    {
        SoftMetal.Require();
        Assert.That(MetalKernelDevice.Find()!.Limits.HasSimdgroupMatrix, Is.True);
        using var fault = SoftMetal.Fault("no-simdgroup-matrix");
        Assert.That(MetalKernelDevice.Find()!.Limits.HasSimdgroupMatrix, Is.False);
    }

    [Test]
    public void Threads_may_launch_at_the_same_time()
    {
        var buffers = Enumerable.Range(0, 8).Select(i => (A: New(i), B: New(0))).ToArray();
        Parallel.ForEach(buffers, pair =>
        {
            for (int k = 0; k < 50; k++)
            {
                Scale(pair.A, pair.B, 1, 1);
                Scale(pair.B, pair.A, 1, 1);
            }

            device.WaitFor(pair.A);
        });
        for (int i = 0; i < buffers.Length; i++) Assert.That(Read(buffers[i].A)[5], Is.EqualTo(i + 100));
    }

    private static byte[] Numbers(float factor, float summand) => [.. BitConverter.GetBytes(factor), .. BitConverter.GetBytes(summand)];

    private static Span<float> Read(in DeviceBuffer buffer) => new((void*)buffer.HostAddress, Length);

    private void Scale(in DeviceBuffer x, in DeviceBuffer y, float factor, float summand) =>
        device.Launch(scale, [new(x, 0, false), new(y, 0, true)], Numbers(factor, summand), new(2), new(Length / 2));

    private DeviceBuffer New(float value)
    {
        Assert.That(device.TryAllocate(Length * sizeof(float), out var buffer));
        Assert.That(buffer.Bytes, Is.EqualTo(Length * sizeof(float)));
        Read(buffer).Fill(value);
        return buffer;
    }
}
