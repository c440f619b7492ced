using Gradient.Backend.Metal.Bindings;

namespace Gradient.Backend.Metal;

/// <summary>
/// Launches go into one command buffer and one concurrent encoder until the host waits or there is enough work. A launch gets a
/// barrier in front only if it touches what an earlier launch since the last barrier wrote, or writes what it read.
/// Errors of a finished command buffer are kept and thrown at the next wait.
/// </summary>
internal sealed class CommandStream(MTLCommandQueue queue)
{
    // Apple's advice is a few command buffers per frame, not one per launch; small steps should not wait for a full one either.
    private const int LaunchesPerCommit = 64;
    private readonly Lock gate = new();
    private readonly HashSet<nint> read = [], written = [];
    private readonly List<string> names = [];
    private readonly Queue<Submitted> submitted = [];
    private readonly Dictionary<nint, long> lastUse = [];
    private MTLCommandBuffer commands;
    private MTLComputeCommandEncoder encoder;
    private long current = 1;
    private GradientException? failure;

    /// <summary>How many launches so far had to wait for those before them.</summary>
    public long Barriers { get; private set; }

    private readonly record struct Submitted(MTLCommandBuffer Commands, long Number, string[] Names);

    public unsafe void Encode(MetalKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads)
    {
        lock (gate)
        {
            using var pool = new AutoreleasePool();
            Begin();
            if (Conflicts(buffers))
            {
                encoder.MemoryBarrier(MTLBarrierScope.Buffers);
                Barriers++;
                read.Clear();
                written.Clear();
            }

            encoder.SetComputePipelineState(kernel.Pipeline);
            nuint index = 0;
            foreach (var buffer in buffers)
            {
                encoder.SetBuffer(new(buffer.Buffer.Handle), (nuint)buffer.ByteOffset, index++);
                (buffer.IsWritten ? written : read).Add(buffer.Buffer.Handle);
                lastUse[buffer.Buffer.Handle] = current;
            }

            if (parameters.Length > 0)
                fixed (byte* bytes = parameters) encoder.SetBytes(bytes, (nuint)parameters.Length, index);
            encoder.DispatchThreadgroups(Size(groups), Size(threads));
            names.Add(kernel.Name);
            if (names.Count >= LaunchesPerCommit) CommitNow();
        }
    }

    public void Commit()
    {
        lock (gate) CommitNow();
    }

    public void Synchronize()
    {
        lock (gate)
        {
            DrainNow();
            ThrowFailure();
        }
    }

    /// <summary>Waits for everything, so that command buffers let go of what they hold; errors stay for the next wait.</summary>
    public void Drain()
    {
        lock (gate) DrainNow();
    }

    /// <summary>Waits for the command buffers up to the last that uses the buffer.</summary>
    public void WaitFor(nint buffer)
    {
        lock (gate)
        {
            if (lastUse.Remove(buffer, out long number))
            {
                if (number == current) CommitNow();
                while (submitted.TryPeek(out var oldest) && oldest.Number <= number) Finish(submitted.Dequeue());
            }

            ThrowFailure();
        }
    }

    /// <summary>The buffer is gone; its handle may come back as another.</summary>
    public void Forget(nint buffer)
    {
        lock (gate) lastUse.Remove(buffer);
    }

    private static MTLSize Size(KernelSize size) => new((nuint)size.X, (nuint)size.Y, (nuint)size.Z);

    private bool Conflicts(ReadOnlySpan<KernelBuffer> buffers)
    {
        foreach (var buffer in buffers)
            if (written.Contains(buffer.Buffer.Handle) || (buffer.IsWritten && read.Contains(buffer.Buffer.Handle))) return true;
        return false;
    }

    private void Begin()
    {
        if (commands.Handle != 0) return;
        var newCommands = queue.CommandBuffer();
        var newEncoder = newCommands.Handle == 0 ? default : newCommands.ComputeCommandEncoder(MTLDispatchType.Concurrent);
        if (newEncoder.Handle == 0) throw new GradientException("Metal gave no command buffer or encoder; the device may be lost.");
        // Both come autoreleased, and outlive the pool of this call.
        ObjectiveC.Retain(newCommands.Handle);
        ObjectiveC.Retain(newEncoder.Handle);
        (commands, encoder) = (newCommands, newEncoder);
    }

    private void DrainNow()
    {
        CommitNow();
        while (submitted.TryDequeue(out var oldest)) Finish(oldest);
        lastUse.Clear();
    }

    private void CommitNow()
    {
        if (commands.Handle == 0) return;
        using var pool = new AutoreleasePool();
        encoder.EndEncoding();
        commands.Commit();
        ObjectiveC.Release(encoder.Handle);
        submitted.Enqueue(new(commands, current++, [.. names]));
        (commands, encoder) = (default, default);
        names.Clear();
        read.Clear();
        written.Clear();
        // What has finished meanwhile is let go of, so that a program that never waits keeps nothing.
        while (submitted.TryPeek(out var oldest) && oldest.Commands.Status >= MTLCommandBufferStatus.Completed) Finish(submitted.Dequeue());
    }

    private void Finish(Submitted finished)
    {
        using var pool = new AutoreleasePool();
        finished.Commands.WaitUntilCompleted();
        if (finished.Commands.Status == MTLCommandBufferStatus.Error)
        {
            string text = finished.Commands.Error.LocalizedDescription;
            failure ??= new GradientException(
                $"Metal: a command buffer failed: {text} Its kernels: {string.Join(", ", finished.Names.Distinct())}. What they should have written is undefined.");
        }

        ObjectiveC.Release(finished.Commands.Handle);
    }

    private void ThrowFailure()
    {
        if (failure is not { } error) return;
        failure = null;
        throw error;
    }
}
