using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Random numbers.</content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Random(RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, Tensor y)
    {
        if (!RandomLoop.Supports(kind, y.DType)) throw Unsupported($"random {kind}", y.DType);
        RandomLoop.Run(kind, parameters, seed, offset, y);
        GC.KeepAlive(y);
    }
}
