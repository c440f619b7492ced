using Gradient.Backend.Metal.Bindings;

namespace Gradient.Backend.Metal;

/// <summary>
/// Launches go into one command buffer and one concurrent encoder until the host waits or there is enough work. A launch gets a
/// barrier in front only if it touches what an earlier launch since the last barrier wrote, or writes what it read. One of more work
/// than a command buffer may hold is cut along its grid. Errors of a finished command buffer are kept and thrown at the next wait;
/// after the first, each launch gets an encoder of its own (<see cref="CommandFailure"/>).
/// </summary>
internal sealed class CommandStream(MTLCommandQueue queue)
{
    /// <summary>The index of the buffer that tells a kernel where its piece of the grid lies; common.metal: Grid.</summary>
    public const int GridIndex = 30;

    // Apple's advice is a few command buffers per frame, not one per launch; small steps should not wait for a full one either.
    private const int LaunchesPerCommit = 64;
    private readonly Lock gate = new();
    private readonly HashSet<nint> read = [], written = [];
    private readonly List<Launched> launches = [];
    private readonly Queue<Submitted> submitted = [];
    private readonly Dictionary<nint, long> lastUse = [];
    private readonly MTLCommandBufferDescriptor descriptor = MTLCommandBufferDescriptor.Create(MTLCommandBufferErrorOption.EncoderExecutionStatus);
    private MTLCommandBuffer commands;
    private MTLComputeCommandEncoder encoder;
    private long current = 1, encoded;
    private int encoderNumber, stretch;
    private GradientException? failure;

    /// <summary>How many launches so far had to wait for those before them.</summary>
    public long Barriers { get; private set; }

    /// <summary>How many command buffers were handed to the device, and how many launches were cut.</summary>
    public long Commits { get; private set; }

    /// <inheritdoc cref="Commits"/>
    public long Cuts { get; private set; }

    /// <summary>
    /// The most work of one command buffer, in the unit of <see cref="IKernelDevice.Launch"/>. macOS ends command buffers that run for
    /// seconds, sooner where they hold up the display. 2²⁸ elements of 4 bytes are 1 GiB: 0.13 s at 8 GB/s, and, since 32
    /// multiply-adds count as one, 0.17 s at 100 GFLOP/s; both are far below what any supported GPU does.
    /// </summary>
    public long WorkPerCommit { get; set; } = 1L << 28;

    /// <summary>Whether each launch has an encoder of its own, so that the device tells which one failed. It costs time.</summary>
    public bool IsWatched { get; set; }

    private readonly record struct Submitted(MTLCommandBuffer Commands, long Number, Launched[] Launches);

    public void Encode(
        MetalKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads, long work)
    {
        if (buffers.Length + (parameters.Length > 0 ? 1 : 0) > GridIndex)
            throw new ArgumentException($"{kernel.Name} has {buffers.Length} buffers; Metal has 31, of which the last tells the grid.", nameof(buffers));
        lock (gate)
        {
            using var pool = new AutoreleasePool();
            if (work <= WorkPerCommit)
            {
                EncodePiece(kernel, buffers, parameters, new(new(0, 0, 0), groups, groups), threads, work);
                return;
            }

            Cuts++;
            foreach (var piece in GridPiece.Cut(groups, work, WorkPerCommit)) EncodePiece(kernel, buffers, parameters, piece, threads, work);
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

    private unsafe void EncodePiece(
        MetalKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, in GridPiece piece, KernelSize threads, long work)
    {
        long share = piece.ShareOf(work);
        if (encoded > 0 && encoded + share > WorkPerCommit) CommitNow();
        Begin();
        if (IsWatched && launches.Count > 0) NextEncoder(); // which waits for what it needs by itself
        // Pieces of one launch never wait for each other.
        if (piece.IsFirst && Conflicts(buffers)) Separate();
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
        var grid = piece.Parameters;
        encoder.SetBytes(&grid, (nuint)sizeof(GridParameters), GridIndex);
        if (IsWatched) encoder.SetLabel(kernel.Label);
        encoder.InsertDebugSignpost(kernel.Label);
        encoder.DispatchThreadgroups(Size(piece.Groups), Size(threads));
        launches.Add(new(kernel.Name, encoderNumber, stretch));
        encoded += share;
        if (launches.Count >= LaunchesPerCommit || encoded >= WorkPerCommit) CommitNow();
    }

    private bool Conflicts(ReadOnlySpan<KernelBuffer> buffers)
    {
        foreach (var buffer in buffers)
            if (written.Contains(buffer.Buffer.Handle) || (buffer.IsWritten && read.Contains(buffer.Buffer.Handle))) return true;
        return false;
    }

    private void Separate()
    {
        encoder.MemoryBarrier(MTLBarrierScope.Buffers);
        Barriers++;
        stretch++;
        read.Clear();
        written.Clear();
    }

    private void Begin()
    {
        if (commands.Handle != 0) return;
        var newCommands = queue.CommandBuffer(descriptor);
        var newEncoder = newCommands.Handle == 0 ? default : newCommands.ComputeCommandEncoder(MTLDispatchType.Concurrent);
        if (newEncoder.Handle == 0) throw new GradientException("Metal gave no command buffer or encoder; the device may be lost.");
        // Both come autoreleased, and outlive the pool of this call.
        ObjectiveC.Retain(newCommands.Handle);
        ObjectiveC.Retain(newEncoder.Handle);
        (commands, encoder) = (newCommands, newEncoder);
    }

    /// <summary>Buffers are hazard-tracked: the device orders encoders that share one.</summary>
    private void NextEncoder()
    {
        var next = EndEncoder().ComputeCommandEncoder(MTLDispatchType.Concurrent);
        if (next.Handle == 0)
        {
            CommitNow();
            throw new GradientException("Metal gave no command encoder; the device may be lost.");
        }

        ObjectiveC.Retain(next.Handle);
        encoder = next;
        (encoderNumber, stretch) = (encoderNumber + 1, 0);
        read.Clear();
        written.Clear();
    }

    private MTLCommandBuffer EndEncoder()
    {
        if (encoder.Handle != 0) encoder.EndEncoding();
        ObjectiveC.Release(encoder.Handle);
        encoder = default;
        return commands;
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
        EndEncoder().Commit();
        Commits++;
        submitted.Enqueue(new(commands, current++, [.. launches]));
        commands = default;
        (encoded, encoderNumber, stretch) = (0, 0, 0);
        launches.Clear();
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
            failure ??= new(CommandFailure.Describe(finished.Commands.Error, finished.Launches));
            IsWatched = true;
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
