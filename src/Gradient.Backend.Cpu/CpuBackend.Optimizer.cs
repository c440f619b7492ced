using System.Buffers;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <content>Optimizer steps. To add a rule: its struct in Elementwise/UpdateRules.cs, its line in UpdateKernels.cs.</content>
public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void OptimizerStep(OptimizerKind kind, in OptimizerSettings settings, ReadOnlySpan<OptimizerSlot> slots)
    {
        var parts = ArrayPool<OptimizerLoop.Part>.Shared.Rent(slots.Length);
        try
        {
            long elements = 0;
            for (int i = 0; i < slots.Length; i++)
            {
                CheckStates(kind, settings, slots[i]);
                parts[i] = new(kind, slots[i], elements);
                elements += slots[i].Parameter.ElementCount;
            }

            var loop = new OptimizerLoop(parts, slots.Length, new(kind, settings));
            WorkerPool.Shared.For(elements, ElementwiseLoop.Grain / 4, loop);
        }
        finally
        {
            ArrayPool<OptimizerLoop.Part>.Shared.Return(parts);
        }

        foreach (ref readonly var slot in slots)
        {
            GC.KeepAlive(slot.Parameter);
            GC.KeepAlive(slot.Gradient);
            GC.KeepAlive(slot.State0);
            GC.KeepAlive(slot.State1);
            GC.KeepAlive(slot.State2);
        }
    }

    private static void CheckStates(OptimizerKind kind, in OptimizerSettings settings, in OptimizerSlot slot)
    {
        if (!slot.Parameter.DType.IsFloatingPoint()) throw Unsupported($"optimizer step {kind}", slot.Parameter.DType);
        bool hasMomentum = settings.Momentum != 0;
        bool complete = kind switch
        {
            OptimizerKind.Sgd => !hasMomentum || slot.State0 is not null,
            OptimizerKind.Adam => slot.State0 is not null && slot.State1 is not null && (!settings.AmsGrad || slot.State2 is not null),
            OptimizerKind.RmsProp => slot.State0 is not null && (!hasMomentum || slot.State1 is not null)
                && (!settings.Centered || slot.State2 is not null),
            OptimizerKind.Adagrad => slot.State0 is not null,
            _ => slot.State0 is not null && slot.State1 is not null,
        };
        if (!complete)
            throw new GradientException(
                $"optimizer step {kind}: a parameter of shape {slot.Parameter.Shape} lacks a state that these settings need; see OptimizerKind.");
    }
}
