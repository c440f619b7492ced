using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The kernels of the processor, in C# alone. One partial file per family. Every method returns when its work is done, so
/// that errors are thrown where they arise and <see cref="Synchronize"/> has nothing to wait for.
/// </summary>
public sealed partial class CpuBackend : IBackend
{
    internal CpuBackend() { }

    private static UnsupportedOperationException Unsupported(string operation, DType dtype) =>
        new($"{operation} of {dtype.Name()} is not supported on device cpu; convert with To(DType.Float32).");
}
