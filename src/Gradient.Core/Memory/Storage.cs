using System.Runtime.CompilerServices;

namespace Gradient.Core;

/// <summary>
/// A reference-counted device buffer, shared by a tensor and its views. When the last tensor over it is disposed, or all of
/// them have become unreachable, the buffer goes back to the device's pool: nobody has to dispose.
/// </summary>
public sealed class Storage
{
    private static long lastId;
    private readonly IDisposable? owner;
    private readonly bool rented;
    private readonly DeviceBuffer buffer;
    private int references = 1;
    private int version;

    /// <summary>New storage of at least <paramref name="bytes"/> bytes, of undefined content, with one reference.</summary>
    /// <param name="device">Where it lies.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="operation">What errors and <see cref="MemoryProfiler"/> call what needs it; the calling member by default.</param>
    /// <exception cref="OutOfDeviceMemoryException">There is no memory for it.</exception>
    public Storage(Device device, long bytes, [CallerMemberName] string operation = "")
    {
        Device = device;
        buffer = device.MemoryPool.Rent(bytes, operation);
        rented = true;
    }

    /// <summary>
    /// Storage over memory of the host that someone else owns (a pinned array, a mapped file); <paramref name="owner"/> is
    /// disposed when the storage is no longer needed: once, possibly on the finalizer's thread, so it must not throw. CPU only.
    /// The address is a multiple of the element size; unlike rented storage it need not be 64-byte aligned.
    /// </summary>
    /// <exception cref="UnsupportedOperationException">The device is not the CPU.</exception>
    public Storage(Device device, nint address, long bytes, IDisposable owner)
    {
        if (device.Kind != DeviceKind.Cpu)
            throw new UnsupportedOperationException($"Host memory cannot be wrapped as storage of device {device}; copy it there with To.");
        Device = device;
        buffer = new(address, address, bytes) { Requested = bytes };
        this.owner = owner;
    }

    /// <summary>Returns the buffer of a storage that became unreachable undisposed.</summary>
    ~Storage()
    {
        if (rented) Device.MemoryPool.ReturnFromFinalizer(buffer);
        else owner?.Dispose(); // null where the constructor threw
    }

    /// <summary>Where the storage lies.</summary>
    public Device Device { get; }

    /// <summary>The size that was asked for, in bytes.</summary>
    public long Bytes => buffer.Requested;

    /// <summary>A number that grows with every storage made.</summary>
    public long Id { get; } = Interlocked.Increment(ref lastId);

    /// <summary>The <see cref="Id"/> of the newest storage.</summary>
    public static long LastId => Volatile.Read(ref lastId);

    /// <summary>Whether exactly one tensor refers to the storage.</summary>
    public bool IsUnshared => Volatile.Read(ref references) == 1;

    /// <summary>How often the content was overwritten in place; a value saved for backward must not change.</summary>
    public int Version => Volatile.Read(ref version);

    /// <summary>The device's memory.</summary>
    /// <exception cref="ObjectDisposedException">Every tensor over the storage was disposed.</exception>
    public DeviceBuffer Buffer
    {
        get
        {
            if (Volatile.Read(ref references) <= 0) throw Disposed();
            return buffer;
        }
    }

    /// <summary>Notes that the content was overwritten.</summary>
    public void BumpVersion() => Interlocked.Increment(ref version);

    /// <summary>One more tensor over the storage.</summary>
    /// <exception cref="ObjectDisposedException">Every tensor over the storage was disposed.</exception>
    public void AddReference()
    {
        // Never up from 0: the buffer may be another's already.
        int seen = Volatile.Read(ref references);
        while (true)
        {
            if (seen <= 0) throw Disposed();
            int before = Interlocked.CompareExchange(ref references, seen + 1, seen);
            if (before == seen) return;
            seen = before;
        }
    }

    /// <summary>One tensor less over the storage; the last gives the buffer back.</summary>
    /// <exception cref="InvalidOperationException">There are more releases than references.</exception>
    public void Release()
    {
        int left = Interlocked.Decrement(ref references);
        if (left > 0) return;
        if (left < 0) throw new InvalidOperationException("A storage was released more often than it was referenced.");
#pragma warning disable CA1816 // Release is this type's Dispose: the last of several owners calls it.
        GC.SuppressFinalize(this);
#pragma warning restore CA1816
        if (rented) Device.MemoryPool.Return(buffer);
        else owner!.Dispose();
    }

    private static ObjectDisposedException Disposed() =>
        new(nameof(Storage), "The tensor was disposed: make views before, or keep it with TensorScope.Keep.");
}
