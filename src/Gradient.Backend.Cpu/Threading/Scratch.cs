namespace Gradient.Backend.Cpu;

/// <summary>What a thread's scratch buffer is for. Buffers of different purposes are alive at the same time.</summary>
internal enum ScratchPurpose
{
    /// <summary>Packed rows of the left operand, private to a thread.</summary>
    Rows,

    /// <summary>Packed panels of the right operand, made by the thread that called and read by all.</summary>
    Panels,

    /// <summary>Padded images, private to a thread.</summary>
    Image,

    /// <summary>Pointers to pixels, private to a thread.</summary>
    Pointers,

    /// <summary>Offsets made by the thread that called and read by all.</summary>
    Offsets,

    /// <summary>Offsets of weights, made by the thread that called and read by all.</summary>
    Taps,

    /// <summary>Partial sums, made by the thread that called and written by all.</summary>
    Partials,

    /// <summary>A first input of a kernel in another form or order, private to a thread.</summary>
    Left,

    /// <summary>A second one.</summary>
    Right,

    /// <summary>A result before it is rounded or scattered, private to a thread.</summary>
    Result,

    /// <summary>What attention keeps of a head, private to a thread.</summary>
    Head,
}

/// <summary>
/// Native buffers (<see cref="AlignedMemory"/>) that belong to a thread, kept for its next use. The content is whatever was there
/// before; a buffer is valid until the same thread asks for the same purpose again, and returned when the thread is gone.
/// </summary>
internal sealed unsafe class Scratch
{
    [ThreadStatic]
    private static Scratch? current;

    private readonly nint[] buffers = new nint[(int)ScratchPurpose.Head + 1];
    private readonly nuint[] sizes = new nuint[(int)ScratchPurpose.Head + 1];

    private Scratch()
    {
    }

    ~Scratch()
    {
        foreach (nint buffer in buffers)
            AlignedMemory.Free(buffer);
    }

    /// <summary>A buffer of at least <paramref name="count"/> elements.</summary>
    public static T* Get<T>(ScratchPurpose purpose, nint count)
        where T : unmanaged
    {
        Scratch scratch = current ??= new Scratch();
        nuint bytes = Math.Max(1, checked((nuint)count * (nuint)sizeof(T)));
        int index = (int)purpose;
        if (scratch.sizes[index] < bytes)
            scratch.Grow(index, bytes);
        return (T*)scratch.buffers[index];
    }

    private void Grow(int index, nuint bytes)
    {
        // A quarter more than asked for, so that slowly growing requests settle; whole pages.
        nuint size = (bytes + (bytes / 4) + 4095) & ~(nuint)4095;
        AlignedMemory.Free(buffers[index]);
        buffers[index] = 0;
        sizes[index] = 0;
        buffers[index] = AlignedMemory.Allocate(size);
        sizes[index] = size;
    }
}
