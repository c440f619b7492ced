using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Families that have not landed yet.</content>
public sealed partial class CpuBackend
{
    private static UnsupportedOperationException Missing(string operation) => new($"{operation} is not supported on device cpu.");

    /// <inheritdoc/>
    public void Synchronize() { }

    /// <inheritdoc/>
    public void Upload(ReadOnlySpan<byte> source, Storage destination, long byteOffset) => throw Missing("upload");

    /// <inheritdoc/>
    public void Download(Storage source, long byteOffset, Span<byte> destination) => throw Missing("download");

    /// <inheritdoc/>
    public void Copy(Tensor x, Tensor y) => throw Missing("copy");

    /// <inheritdoc/>
    public void Fill(Tensor y, double value) => throw Missing("fill");

    /// <inheritdoc/>
    public void Range(Tensor y, double start, double step) => throw Missing("range");

    /// <inheritdoc/>
    public void Random(RandomKind kind, KernelParameters parameters, ulong seed, ulong offset, Tensor y) => throw Missing("random");

    /// <inheritdoc/>
    public void Unary(UnaryKind kind, Tensor x, Tensor y, KernelParameters parameters = default) => throw Missing("unary");

    /// <inheritdoc/>
    public void Binary(BinaryKind kind, Tensor a, Tensor b, Tensor y, KernelParameters parameters = default) => throw Missing("binary");

    /// <inheritdoc/>
    public void Ternary(TernaryKind kind, Tensor a, Tensor b, Tensor c, Tensor y) => throw Missing("ternary");

    /// <inheritdoc/>
    public void OptimizerStep(OptimizerKind kind, in OptimizerSettings settings, ReadOnlySpan<OptimizerSlot> slots) => throw Missing("optimizer step");
}
