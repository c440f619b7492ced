using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Families that have not landed yet.</content>
public sealed partial class CpuBackend
{
    private static UnsupportedOperationException Missing(string operation) => new($"{operation} is not supported on device cpu.");

    /// <inheritdoc/>
    public void OptimizerStep(OptimizerKind kind, in OptimizerSettings settings, ReadOnlySpan<OptimizerSlot> slots) => throw Missing("optimizer step");
}
