using System.Runtime.CompilerServices;
using Gradient.Backend.Metal;
using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Every fault ends in an exception that names what happened; memory returns to where it was; the process goes on.</summary>
public sealed class DeviceFaults
{
    [Test]
    public void Without_a_device_there_is_none()
    {
        using var fault = SoftMetal.Fault("nil-device");
        Assert.That(MetalKernelDevice.Find(), Is.Null);
    }

    [Test]
    public void A_device_without_a_queue_says_so()
    {
        SoftMetal.Require();
        using (SoftMetal.Fault("queue"))
            Assert.That(MetalKernelDevice.Find, Throws.TypeOf<GradientException>().With.Message.Contains("no command queue"));
        Assert.That(GradientTensor.Ones([3], device: Devices.Metal).Sum().Item(), Is.EqualTo(3), "another device goes on");
    }

    [Test]
    public void An_allocation_that_fails_once_is_made_after_trimming()
    {
        SoftMetal.Require();
        var x = GradientTensor.Ones([12_345], device: Devices.Metal);
        Memory.Trim();
        using var fault = SoftMetal.Fault("alloc:1");
        Assert.That((x + 1).ToArray<float>(), Is.All.EqualTo(2));
    }

    /// <summary>The room that a device lacks is held by tensors nobody can reach: they are collected before anything is thrown.</summary>
    [Test]
    public void A_full_device_collects_and_then_throws()
    {
        SoftMetal.RequireDevice();
        var scarce = new ScarceDevice(MetalKernelDevice.Find()!, room: 1 << 20);
        var device = new MetalDevice(scarce);
        for (int i = 0; i < 20; i++) Drop(device, 1 << 16); // 20 × 256 KiB through a room of 1 MiB
        Assert.That(scarce.Refusals, Is.GreaterThan(0), "the room was full at times");
        Memory.Trim();
        long before = Memory.Statistics(device).LiveBytes;
        var kept = GradientTensor.Ones([100_000], device: device);
        Assert.That(
            () => GradientTensor.Ones([200_000], device: device),
            Throws.TypeOf<OutOfDeviceMemoryException>().With.Message.Contains(800_000.ToString("N0", System.Globalization.CultureInfo.CurrentCulture)));
        Assert.That(kept.Sum().Item(), Is.EqualTo(100_000));
        kept.Value.Dispose();
        Memory.Trim();
        Assert.That(Memory.Statistics(device).LiveBytes, Is.EqualTo(before));
        Assert.That(GradientTensor.Ones([200_000], device: device).Sum().Item(), Is.EqualTo(200_000), "now there is room");
    }

    [Test]
    public void A_shader_that_does_not_compile_is_told_with_the_text_of_the_compiler()
    {
        SoftMetal.Require();
        var device = new MetalDevice(MetalKernelDevice.Find()!);
        var x = GradientTensor.From<float>([1, 2], device);
        using (SoftMetal.Fault("compile"))
            Assert.That(() => x.Tanh(), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("elementwise.metal").And.Message.Contains("unknown type name 'fault_injected'"));
        Assert.That((x + x).ToArray<float>(), Is.EqualTo(new float[] { 2, 4 }), "the failure is not kept");
        using (SoftMetal.Fault("pipeline"))
            Assert.That(() => x.Exp(), Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("unary_float").And.Message.Contains("internal error"));
        Assert.That(x.Exp().ToArray<float>(), Is.EqualTo(new[] { MathF.E, MathF.E * MathF.E }).Within(1e-5));
    }

    /// <summary>Before Apple7, and in virtual machines: other kernels, the same numbers.</summary>
    [Test]
    public void Without_simdgroup_matrices_products_are_right()
    {
        MetalKernelDevice plain;
        using (SoftMetal.Fault("no-simdgroup-matrix")) plain = MetalKernelDevice.Find()!;
        Assert.That(plain.Limits.HasSimdgroupMatrix, Is.False);
        var recorder = new ScarceDevice(plain, long.MaxValue);
        var device = new MetalDevice(recorder);
        foreach (var (m, k, n) in new[] { (1, 1, 1), (31, 33, 32), (33, 31, 65), (64, 64, 64), (3, 1000, 2), (1, 40, 70), (70, 40, 1) })
            foreach (var dtype in new[] { DType.Float32, DType.Float16, DType.BFloat16 })
            {
                Values a = Inputs.Generate([m, k], Domain.Integers, 1, dtype), b = Inputs.Generate([k, n], Domain.Integers, 2, dtype);
                var expected = Values.Make([m, n], i => Enumerable.Range(0, k).Sum(d => a[i[0], d] * b[d, i[1]])).Map(x => Inputs.Round(x, dtype));
                var y = new GradientTensor(Inputs.ToTensor(a, dtype, device)).MatMul(new(Inputs.ToTensor(b, dtype, device)));
                Compare.Near(expected, Inputs.FromTensor(y.Value), 0, $"[{m}, {k}]·[{k}, {n}] {dtype.Name()}");
            }

        ConvolutionReference.Check(device, [2, 6, 5, 33], [3, 3, 33, 31], new() { PaddingHeight = 1, PaddingWidth = 1 });
        Assert.That(recorder.Compiled.Select(kernel => kernel.Name), Has.Some.Contains("plain").And.None.Contains("small").And.None.Contains("large"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(Device device, long elements) => Assert.That(GradientTensor.Ones([elements], device: device).Value.Storage.Bytes, Is.EqualTo(4 * elements));
}
