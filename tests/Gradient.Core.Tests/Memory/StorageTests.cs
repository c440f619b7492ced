using System.Buffers;
using System.Runtime.CompilerServices;
using Gradient.Core.Tests.Fakes;

namespace Gradient.Core.Tests.Memory;

/// <summary>Who keeps a buffer alive, and for how long.</summary>
[NonParallelizable]
public class StorageTests
{
    private FakeDevice device = null!;

    [SetUp]
    public void Make() => device = new FakeDevice();

    private long Live => device.MemoryPool.Statistics.LiveBytes;

    [Test]
    public void A_view_keeps_the_storage_alive()
    {
        var tensor = Tensor.From<float>([1, 2, 3, 4], [2, 2], device);
        var view = tensor.View(tensor.Layout.Transpose(0, 1));
        tensor.Dispose();
        Assert.That(view.ToArray<float>(), Is.EqualTo(new float[] { 1, 3, 2, 4 }));
        Assert.That(Live, Is.EqualTo(64));
        view.Dispose();
        Assert.That(Live, Is.Zero);
    }

    [Test]
    public void Disposing_twice_gives_back_once()
    {
        var tensor = Tensor.Empty([10], DType.Float32, device);
        var view = tensor.View(tensor.Layout);
        tensor.Dispose();
        tensor.Dispose();
        Assert.That(Live, Is.EqualTo(64));
        view.Dispose();
        Assert.That((Live, device.MemoryPool.Statistics.PooledBytes), Is.EqualTo((0L, 64L)));
    }

    [Test]
    public void Use_after_dispose_is_an_error_that_says_what_to_do()
    {
        var tensor = Tensor.Empty([2, 3], DType.Float32, device);
        var storage = tensor.Storage;
        tensor.Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(
                Assert.Throws<ObjectDisposedException>(() => tensor.ToArray<float>())!.Message,
                Does.Contain("shape [2, 3]").And.Contain("scope.Keep"));
            Assert.Throws<ObjectDisposedException>(() => _ = tensor.Device);
            Assert.Throws<ObjectDisposedException>(() => tensor.View(tensor.Layout));
            Assert.Throws<ObjectDisposedException>(() => _ = storage.Buffer);
            Assert.Throws<ObjectDisposedException>(storage.AddReference);
            Assert.Throws<ObjectDisposedException>(() => _ = new Tensor(storage, tensor.Layout, DType.Float32));
            Assert.That(tensor.Shape, Is.EqualTo(new Shape([2, 3])), "shape and type survive");
        });
        Assert.Throws<InvalidOperationException>(storage.Release);
    }

    [Test]
    public void A_layout_outside_the_storage_is_refused_and_leaves_no_reference()
    {
        var tensor = Tensor.Empty([4], DType.Float32, device);
        Assert.Multiple(() =>
        {
            Assert.Throws<ShapeMismatchException>(() => tensor.View(Layout.Contiguous([5])));
            Assert.Throws<ShapeMismatchException>(() => tensor.View(Layout.Contiguous([4], offset: 1)));
            Assert.Throws<ShapeMismatchException>(() => tensor.View(new Layout([2], [-1], 0)));
            Assert.Throws<ShapeMismatchException>(() => _ = new Tensor(tensor.Storage, Layout.Contiguous([3]), DType.Float64));
            Assert.That(tensor.View(Layout.Contiguous([7, 0], offset: 99)).ElementCount, Is.Zero, "no element lies outside");
        });
        tensor.Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(Live, Is.Zero);
    }

    [Test]
    public void Unreachable_tensors_give_their_storage_back()
    {
        Drop();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(Live, Is.Zero);
        Assert.That(device.MemoryPool.Statistics.PooledBytes, Is.GreaterThan(0));

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Drop()
        {
            var tensor = Tensor.Empty([1000], DType.Float32, device);
            _ = tensor.View(tensor.Layout.Flip(0));
        }
    }

    [Test]
    public void A_storage_whose_allocation_failed_returns_nothing()
    {
        device.Source.Capacity = 0;
        Fail();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That((Live, device.MemoryPool.Statistics.PooledBytes, device.Source.ForeignFrees), Is.EqualTo((0L, 0L, 0)));

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Fail() => Assert.Throws<OutOfDeviceMemoryException>(() => Tensor.Empty([1000], DType.Float32, device));
    }

    [Test]
    public void References_and_releases_race_without_a_second_return()
    {
        for (int round = 0; round < 3000; round++)
        {
            var storage = new Storage(device, 64);
            using var start = new Barrier(2);
            var adder = Task.Run(() =>
            {
                start.SignalAndWait();
                for (int i = 0; i < 3; i++)
                {
                    try
                    {
                        storage.AddReference();
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }

                    storage.Release();
                }
            });
            start.SignalAndWait();
            storage.Release();
            adder.Wait();
            Assert.Throws<ObjectDisposedException>(storage.AddReference);
        }

        Assert.That(Live, Is.Zero);
        device.MemoryPool.Trim();
        Assert.That((device.Source.BytesOut, device.Source.ForeignFrees), Is.EqualTo((0L, 0)));
    }

    [Test]
    public void Wrapped_memory_is_shared_and_unpinned_with_the_last_view()
    {
        var memory = new PinCounter(6);
        var tensor = Tensor.Wrap(memory.Memory, [2, 3], device);
        var view = tensor.View(tensor.Layout.Select(0, 1));
        memory.Memory.Span[5] = 42;
        Assert.That(view.ToArray<float>(), Is.EqualTo(new float[] { 0, 0, 42 }));
        view.Fill(7);
        Assert.That(memory.Memory.Span[3], Is.EqualTo(7));
        tensor.Dispose();
        Assert.That(memory.Pins, Is.EqualTo(1));
        view.Dispose();
        Assert.That(memory.Pins, Is.Zero);
        Assert.That(device.MemoryPool.Statistics.AllocationCount, Is.Zero, "nothing was rented or returned");
    }

    [Test]
    public void Unreachable_wrapped_memory_is_unpinned()
    {
        var memory = new PinCounter(6);
        Drop();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(memory.Pins, Is.Zero);

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Drop() => Assert.That(Tensor.Wrap(memory.Memory, [6], device).ElementCount, Is.EqualTo(6));
    }

    [Test]
    public void What_cannot_be_wrapped_is_not_left_pinned()
    {
        var memory = new PinCounter(6);
        var gpu = new FakeDevice(DeviceKind.Metal);
        Assert.Throws<UnsupportedOperationException>(() => Tensor.Wrap(memory.Memory, [6], gpu));
        Assert.Throws<ShapeMismatchException>(() => Tensor.Wrap(memory.Memory, [7], device));
        Assert.That(memory.Pins, Is.Zero);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(memory.Pins, Is.Zero, "and not unpinned twice");
    }

    [Test]
    public void Empty_memory_can_be_wrapped()
    {
        using var tensor = Tensor.Wrap(default(Memory<float>), [3, 0], device);
        Assert.That(tensor.ToArray<float>(), Is.Empty);
        Assert.That(tensor.AsSpan<float>().Length, Is.Zero);
    }

    private sealed unsafe class PinCounter(int length) : MemoryManager<float>
    {
        private readonly float[] values = GC.AllocateArray<float>(length, pinned: true);

        public int Pins { get; private set; }

        public override Span<float> GetSpan() => values;

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            Pins++;
            return new((float*)Unsafe.AsPointer(ref values[elementIndex]), pinnable: this);
        }

        public override void Unpin() => Pins--;

        protected override void Dispose(bool disposing) { }
    }
}
