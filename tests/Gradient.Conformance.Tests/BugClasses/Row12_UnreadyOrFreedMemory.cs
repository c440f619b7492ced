using System.Runtime.CompilerServices;
using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 12: an asynchronous copy that reads memory which is freed, or not ready yet.</summary>
public sealed class Row12_UnreadyOrFreedMemory
{
    private const int Length = 10_000;

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void The_source_of_an_upload_may_vanish(Backend backend)
    {
        using var delay = Delay(backend);
        for (int round = 0; round < 10; round++)
        {
            var x = Uploaded(backend.Device(), round);
            Churn();
            Assert.That(x.ToArray<float>(), Is.EqualTo(Numbers(round)));
        }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void The_source_of_an_upload_may_change_at_once(Backend backend)
    {
        using var delay = Delay(backend);
        float[] source = Numbers(1);
        var x = GradientTensor.From<float>(source, backend.Device());
        Array.Fill(source, float.NaN);
        Assert.That((x + 0).ToArray<float>(), Is.EqualTo(Numbers(1)));
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void Tensors_that_pending_work_reads_may_vanish(Backend backend)
    {
        using var delay = Delay(backend);
        for (int round = 0; round < 10; round++)
        {
            var y = Computed(backend.Device(), round);
            Churn();
            Memory.Trim();
            var other = GradientTensor.Full([Length], double.NaN, device: backend.Device()); // may get the memory of what y was made of
            Assert.That(y.ToArray<float>(), Is.EqualTo(Array.ConvertAll(Numbers(round), v => (v * 2) + 1)));
            GC.KeepAlive(other);
        }
    }

    [TestCaseSource(typeof(Backends), nameof(Backends.All))]
    public void An_upload_waits_for_work_that_reads_the_destination(Backend backend)
    {
        using var delay = Delay(backend);
        var x = GradientTensor.From<float>(Numbers(1), backend.Device());
        var y = x * 2;
        x.CopyFrom(GradientTensor.From<float>(Numbers(2)).To(backend.Device()));
        Assert.That(y.ToArray<float>(), Is.EqualTo(Array.ConvertAll(Numbers(1), v => v * 2)));
        Assert.That(x.ToArray<float>(), Is.EqualTo(Numbers(2)));
        y = x * 3;
        x.Value.AsSpan<float>().Fill(-1); // the host writes where pending work reads
        Assert.That(y.ToArray<float>(), Is.EqualTo(Array.ConvertAll(Numbers(2), v => v * 3)));
        Assert.That((x + 1).ToArray<float>(), Is.All.EqualTo(0));
    }

    private static IDisposable? Delay(Backend backend) => backend.Name == "metal" && Gradient.Backend.Metal.Bindings.Metal.IsSubstitute ? SoftMetal.Delay(3000) : null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static GradientTensor Uploaded(Device device, int round) => GradientTensor.From<float>(Numbers(round), device);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static GradientTensor Computed(Device device, int round) => (Uploaded(device, round) * 2) + 1;

    /// <summary>Collects, compacts, and writes over what was free.</summary>
    private static void Churn()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        for (int i = 0; i < 20; i++) Array.Fill(new float[Length], float.NaN);
    }

    private static float[] Numbers(int seed) => [.. Enumerable.Range(0, Length).Select(i => (float)(i % 1000) + seed)];
}
