namespace Gradient.Backend.Metal;

/// <summary>
/// What kernels report as impossible (an index outside its axis, a division by zero): the first report waits in a small buffer
/// (common.metal: <c>report_fault</c>) and is thrown at the next synchronization. A launch that may fault says beforehand what a
/// report of it means, and passes the tag it gets to its kernel. The buffer never orders launches: reports are atomic.
/// </summary>
internal sealed unsafe class Faults
{
    private const int Remembered = 1024;
    private const int Words = 5;
    private readonly Lock gate = new();
    private readonly Func<long, long, GradientException>?[] meanings = new Func<long, long, GradientException>?[Remembered];
    private readonly DeviceBuffer buffer;
    private int lastTag;

    public Faults(IKernelDevice device)
    {
        if (!device.TryAllocate(64, out buffer)) throw new OutOfDeviceMemoryException($"No memory for the fault reports of device {device.Name}.");
        new Span<int>((void*)buffer.HostAddress, Words).Clear();
    }

    /// <summary>The kernel's argument <c>device atomic_int* faults</c>.</summary>
    public KernelBuffer Buffer => new(buffer, 0, IsWritten: false);

    /// <summary>The tag for one launch; <paramref name="meaning"/> makes the exception from the reported value and limit.</summary>
    public int Expect(Func<long, long, GradientException> meaning)
    {
        lock (gate)
        {
            lastTag = lastTag == int.MaxValue ? 1 : lastTag + 1;
            meanings[lastTag % Remembered] = meaning;
            return lastTag;
        }
    }

    /// <summary>Throws what was reported, if anything; only after a synchronization.</summary>
    public void Check()
    {
        GradientException fault;
        lock (gate)
        {
            var words = new Span<int>((void*)buffer.HostAddress, Words);
            int tag = words[0];
            if (tag == 0) return;
            long value = ((long)words[2] << 32) | (uint)words[1], limit = ((long)words[4] << 32) | (uint)words[3];
            words.Clear();
            fault = lastTag - tag < Remembered && meanings[tag % Remembered] is { } meaning ? meaning(value, limit)
                : new GradientException($"Metal: an earlier operation could not use the value {value} (limit {limit}).");
        }

        throw fault;
    }
}
