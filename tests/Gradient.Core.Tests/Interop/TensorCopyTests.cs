using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Interop;

/// <summary>Copies within and between devices, and what in-place writes refuse.</summary>
[NonParallelizable]
public class TensorCopyTests
{
    private readonly FakeDevice device = new();

    [Test]
    public void Reshape_is_a_view_where_it_can_be_and_else_a_copy_of_its_own()
    {
        using var tensor = Tensor.From<float>([1, 2, 3, 4, 5, 6], [2, 3], device);
        using var view = tensor.Reshape([3, -1]);
        Assert.That(view.Storage, Is.SameAs(tensor.Storage));
        using var transposed = tensor.View(tensor.Layout.Transpose(0, 1));
        long live = device.MemoryPool.Statistics.LiveBytes;
        var copy = transposed.Reshape([6]);
        Assert.That(copy.ToArray<float>(), Is.EqualTo(new float[] { 1, 4, 2, 5, 3, 6 }));
        copy.Dispose();
        Assert.That(device.MemoryPool.Statistics.LiveBytes, Is.EqualTo(live), "no hidden second reference");
    }

    [Test]
    public void Conversions_and_copies_return_the_tensor_itself_where_nothing_changes()
    {
        using var tensor = Tensor.From<float>([1.5f, -2.5f, float.NaN], [3], device);
        Assert.Multiple(() =>
        {
            Assert.That(tensor.To(DType.Float32), Is.SameAs(tensor));
            Assert.That(tensor.To((Device)device), Is.SameAs(tensor));
            Assert.That(tensor.Contiguous(), Is.SameAs(tensor));
            Assert.That(tensor.Copy().Storage, Is.Not.SameAs(tensor.Storage));
            Assert.That(tensor.To(DType.Int32).ToArray<int>(), Is.EqualTo(new[] { 1, -2, 0 }));
            Assert.That(tensor.To(DType.Bool).ToArray<bool>(), Is.EqualTo(new[] { true, true, true }));
        });
    }

    [Test]
    public void Copying_from_broadcasts_converts_and_counts_a_version()
    {
        using var tensor = Tensor.Empty([2, 3], DType.Float32, device);
        using var row = Tensor.From<long>([1, 2, 3], [3], device);
        tensor.CopyFrom(row);
        Assert.That(tensor.ToArray<float>(), Is.EqualTo(new float[] { 1, 2, 3, 1, 2, 3 }));
        Assert.That(tensor.Storage.Version, Is.EqualTo(1));
        tensor.Fill(4);
        Assert.That(tensor.Storage.Version, Is.EqualTo(2));
        Assert.That(
            Assert.Throws<ShapeMismatchException>(() => row.CopyFrom(tensor))!.Message,
            Is.EqualTo("copy: a tensor of shape [2, 3] does not broadcast to the destination's shape [3]."));
    }

    [Test]
    public void Overlapping_source_and_destination_read_what_was_before()
    {
        using var tensor = Tensor.From<float>([1, 2, 3, 4], [4], device);
        using var head = tensor.View(tensor.Layout.Slice(0, 0, 3));
        using var tail = tensor.View(tensor.Layout.Slice(0, 1, 3));
        tail.CopyFrom(head);
        Assert.That(tensor.ToArray<float>(), Is.EqualTo(new float[] { 1, 1, 2, 3 }));
        using var reversed = tensor.View(tensor.Layout.Flip(0));
        tensor.CopyFrom(reversed);
        Assert.That(tensor.ToArray<float>(), Is.EqualTo(new float[] { 3, 2, 1, 1 }));
    }

    [Test]
    public void Writing_to_a_view_that_overlaps_itself_is_refused()
    {
        using var tensor = Tensor.From<float>([1], [1], device);
        using var wide = tensor.View(tensor.Layout.Expand([3]));
        Assert.That(Assert.Throws<UnsupportedOperationException>(() => wide.Fill(0))!.Message, Does.StartWith("fill:").And.Contain("write to a copy"));
        Assert.Throws<UnsupportedOperationException>(() => wide.CopyFrom(tensor));
    }

    [TestCase(DeviceKind.Cpu, DeviceKind.Metal)]
    [TestCase(DeviceKind.Metal, DeviceKind.Cpu)]
    [TestCase(DeviceKind.Metal, DeviceKind.Metal)]
    [TestCase(DeviceKind.Cpu, DeviceKind.Cpu)]
    public void Between_devices_elements_move_in_bounded_parts(DeviceKind from, DeviceKind to)
    {
        var (a, b) = (new FakeDevice(from, hostVisible: from == DeviceKind.Cpu), new FakeDevice(to, hostVisible: to == DeviceKind.Cpu));
        const int count = (40 << 20) / 8; // 40 MiB of Int64: three parts
        var values = new long[count];
        for (int i = 0; i < count; i++) values[i] = i * 0x1E3779B97F4A7C15L;
        using var source = Tensor.From<long>(values, [count], a);
        a.Moves.Uploads.Clear();
        using var moved = source.To(b);
        Assert.That(moved.Device, Is.SameAs(b));
        Assert.That(a.Moves.Downloads.Concat(b.Moves.Uploads), Is.All.LessThanOrEqualTo(16L << 20), "no buffer of the whole");
        Assert.That(moved.ToArray<long>().AsSpan().SequenceEqual(values));
    }

    [Test]
    public void Between_devices_views_become_contiguous_and_types_convert_on_the_side_that_moves_less()
    {
        var gpu = new FakeDevice(DeviceKind.Metal, hostVisible: false);
        using var tensor = Tensor.From<double>([1, 2, 3, 4, 5, 6], [2, 3], device);
        using var view = tensor.View(tensor.Layout.Transpose(0, 1).Slice(0, 1, 2));
        using var moved = view.To(gpu);
        Assert.That(moved.ToArray2D<double>(), Is.EqualTo(new double[,] { { 2, 5 }, { 3, 6 } }));
        using var target = Tensor.Empty([2, 2], DType.Float32, gpu);
        target.CopyFrom(view);
        Assert.That(target.ToArray<float>(), Is.EqualTo(new float[] { 2, 5, 3, 6 }));
        using var empty = Tensor.Empty([0, 4], DType.Float32, device);
        Assert.That(empty.To(gpu).Shape, Is.EqualTo(new Shape([0, 4])));
    }

    [Test]
    public void Temporaries_are_returned_at_once()
    {
        var gpu = new FakeDevice(DeviceKind.Metal, hostVisible: false);
        using var tensor = Tensor.From<double>([1, 2, 3, 4, 5, 6], [2, 3], device);
        using var view = tensor.View(tensor.Layout.Transpose(0, 1));
        long before = device.MemoryPool.Statistics.LiveBytes;
        _ = view.ToArray<double>();
        view.To(gpu).Dispose();
        using (var target = Tensor.Empty([3, 2], DType.Float32, gpu)) target.CopyFrom(view);
        Assert.That((device.MemoryPool.Statistics.LiveBytes, gpu.MemoryPool.Statistics.LiveBytes), Is.EqualTo((before, 0L)));
    }

    [Test]
    [Explicit("needs 5 GB of memory")]
    public void Arrays_of_more_bytes_than_a_span_holds_come_and_go()
    {
        var values = new long[300_000_000]; // 2.4 GB
        values[^1] = 42;
        values[(1 << 27) + 1] = 43;
        using var tensor = Tensor.From<long>(values, [values.Length], device);
        var back = tensor.ToArray<long>();
        Assert.That((back[^1], back[(1 << 27) + 1], back[0]), Is.EqualTo((42L, 43L, 0L)));
        Assert.That(device.Moves.Uploads, Is.All.LessThanOrEqualTo(1L << 30));
    }
}
