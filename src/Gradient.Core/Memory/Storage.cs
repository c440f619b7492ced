namespace Gradient.Core;

/// <summary>
/// A reference-counted device buffer, shared by a tensor and its views. When the last tensor over it is disposed, or all of
/// them have become unreachable, the buffer goes back to the device's pool: nobody has to dispose.
/// </summary>
public sealed class Storage
{
    private static long lastId;
    private readonly IDisposable? owner;
    private DeviceBuffer buffer;
    private int references = 1;
    private int version;

    /// <summary>New storage of at least <paramref name="bytes"/> bytes, of undefined content, with one reference.</summary>
    /// <exception cref="OutOfDeviceMemoryException">There is no memory for it.</exception>
    public Storage(Device device, long bytes)
    {
        Device = device;
        Bytes = bytes;
        buffer = device.MemoryPool.Rent(bytes);
    }

    /// <summary>
    /// Storage over memory of the host that someone else owns (a pinned array, a mapped file); <paramref name="owner"/> is
    /// disposed when the storage is no longer needed. CPU only.
    /// </summary>
    public Storage(Device device, nint address, long bytes, IDisposable owner)
    {
        if (device.Kind != DeviceKind.Cpu)
            throw new UnsupportedOperationException($"Host memory cannot be wrapped as storage of device {device}; copy it there with To.");
        Device = device;
        Bytes = bytes;
        buffer = new(address, address, bytes);
        this.owner = owner;
    }

    /// <summary>Returns the buffer of a storage that became unreachable undisposed.</summary>
    ~Storage() => Return();

    /// <summary>Where the storage lies.</summary>
    public Device Device { get; }

    /// <summary>The size that was asked for, in bytes.</summary>
    public long Bytes { get; }

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
            ObjectDisposedException.ThrowIf(Volatile.Read(ref references) <= 0, this);
            return buffer;
        }
    }

    /// <summary>Notes that the content was overwritten.</summary>
    public void BumpVersion() => Interlocked.Increment(ref version);

    /// <summary>One more tensor over the storage.</summary>
    public void AddReference()
    {
        if (Interlocked.Increment(ref references) > 1) return;
        Interlocked.Decrement(ref references);
        throw new ObjectDisposedException(nameof(Storage), "The tensor was disposed: make views before, or keep it with TensorScope.Keep.");
    }

    /// <summary>One tensor less over the storage; the last gives the buffer back.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref references) != 0) return;
#pragma warning disable CA1816 // Release is this type's Dispose: the last of several owners calls it.
        GC.SuppressFinalize(this);
#pragma warning restore CA1816
        Return();
    }

    private void Return()
    {
        if (buffer.Handle == 0) return; // the constructor threw before it had one
        if (owner is null) Device.MemoryPool.Return(buffer);
        else owner.Dispose();
        buffer = default;
    }
}
