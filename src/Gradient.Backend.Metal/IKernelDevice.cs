namespace Gradient.Backend.Metal;

/// <summary>
/// What <see cref="MetalBackend"/> needs of a device that runs kernels written in the Metal Shading Language. Nothing in it
/// belongs to Apple: another device for the same shaders is one more implementation.
/// </summary>
public interface IKernelDevice : IMemorySource
{
    /// <summary>The device's name, for people.</summary>
    string Name { get; }

    /// <summary>What the device can do.</summary>
    KernelDeviceLimits Limits { get; }

    /// <summary>
    /// A kernel of a source file, specialised by constants. Compiling is slow and happens once per source; the caller keeps the
    /// result.
    /// </summary>
    /// <param name="family">The name of the source, for errors; one compilation per name.</param>
    /// <param name="source">The text, whole.</param>
    /// <param name="function">The kernel's host_name.</param>
    /// <param name="constants">The values of function constants 0, 1 …, all int.</param>
    /// <exception cref="UnsupportedOperationException">It does not compile; the compiler's message says why.</exception>
    IKernel Compile(string family, string source, string function, ReadOnlySpan<int> constants);

    /// <summary>
    /// Appends a launch to the device's work. It runs after all launches whose results it reads or overwrites, and may run
    /// beside others.
    /// </summary>
    /// <param name="kernel">What <see cref="Compile"/> gave.</param>
    /// <param name="buffers">Buffers 0, 1 …; they stay alive until the launch has run.</param>
    /// <param name="parameters">The bytes of the constant after the last buffer, at most 4 KiB; none if empty.</param>
    /// <param name="groups">How many threadgroups.</param>
    /// <param name="threads">How many threads per threadgroup.</param>
    /// <param name="work">
    /// About how many elements the launch reads and writes, each as often as a thread does; 32 multiply-adds in tiles count as one. A device
    /// that must not be busy for long may run a launch of much work in pieces, if the kernel takes common.metal's Grid. 0: do not cut.
    /// </param>
    void Launch(IKernel kernel, ReadOnlySpan<KernelBuffer> buffers, ReadOnlySpan<byte> parameters, KernelSize groups, KernelSize threads, long work = 0);

    /// <summary>Hands all launches so far to the device, without waiting.</summary>
    void Commit();

    /// <summary>Commits, and waits until no launch that uses the buffer is left, so that the host may touch it.</summary>
    /// <exception cref="GradientException">A launch failed meanwhile; the message names it.</exception>
    void WaitFor(in DeviceBuffer buffer);

    /// <summary>Commits, and waits until no launch is left.</summary>
    /// <exception cref="GradientException">A launch failed meanwhile; the message names it.</exception>
    void Synchronize();
}

/// <summary>A compiled kernel.</summary>
public interface IKernel
{
    /// <summary>What errors call it.</summary>
    string Name { get; }

    /// <summary>The most threads that a threadgroup of it can have.</summary>
    int MaximumThreads { get; }
}

/// <summary>A buffer of a launch.</summary>
/// <param name="Buffer">The memory.</param>
/// <param name="ByteOffset">Where the kernel's pointer points to.</param>
/// <param name="IsWritten">Whether the kernel writes to it.</param>
public readonly record struct KernelBuffer(DeviceBuffer Buffer, long ByteOffset, bool IsWritten);

/// <summary>A number of threadgroups, or of threads in one.</summary>
/// <param name="X">Along the first axis.</param>
/// <param name="Y">Along the second.</param>
/// <param name="Z">Along the third.</param>
public readonly record struct KernelSize(int X, int Y = 1, int Z = 1);

/// <summary>What a device can do.</summary>
/// <param name="SimdWidth">Threads per simdgroup; the shaders demand 32.</param>
/// <param name="HasSimdgroupMatrix">Whether simdgroups multiply 8×8 matrices (Apple7 and later).</param>
/// <param name="ThreadgroupMemory">Bytes of memory per threadgroup.</param>
/// <param name="MaximumBufferBytes">The largest buffer.</param>
public readonly record struct KernelDeviceLimits(int SimdWidth, bool HasSimdgroupMatrix, int ThreadgroupMemory, long MaximumBufferBytes);
