using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <content>Optimizer steps: shaders/optimizer.metal. Five parameters go into one launch, five buffers each: Metal allows 31.</content>
public sealed partial class MetalBackend
{
    private const int SlotsPerLaunch = 5;
    private const int BuffersPerSlot = 5;

    [Flags]
    private enum UpdateFlags
    {
        None = 0,
        Decays = 1,
        Decoupled = 2,
        Momentum = 4,
        FirstStep = 8,
        Nesterov = 16,
        Centered = 32,
        AmsGrad = 64,
        State0 = 128,
        State1 = 256,
        State2 = 512,
    }

    /// <inheritdoc/>
    public void OptimizerStep(OptimizerKind kind, in OptimizerSettings settings, ReadOnlySpan<OptimizerSlot> slots)
    {
        var parameters = new OptimizerParameters(kind, settings);
        // Slots of one launch have equal types; usually all have.
        Span<bool> done = slots.Length <= 256 ? stackalloc bool[slots.Length] : new bool[slots.Length];
        done.Clear();
        var batch = new Batch();
        for (int first = 0; first < slots.Length; first++)
        {
            if (done[first]) continue;
            var used = CheckStates(kind, settings, slots[first]);
            string function = UpdateName(kind, slots[first], used);
            for (int i = first; i < slots.Length; i++)
            {
                if (done[i] || CheckStates(kind, settings, slots[i]) != used || UpdateName(kind, slots[i], used) != function) continue;
                done[i] = true;
                batch.Add(slots[i], used);
                if (batch.Count == SlotsPerLaunch) LaunchUpdate(kind, function, used, parameters, ref batch);
            }

            LaunchUpdate(kind, function, used, parameters, ref batch);
        }
    }

    private unsafe void LaunchUpdate(OptimizerKind kind, string function, UpdateFlags used, OptimizerParameters parameters, ref Batch batch)
    {
        if (batch.Count == 0) return;
        Span<KernelBuffer> buffers = stackalloc KernelBuffer[SlotsPerLaunch * BuffersPerSlot];
        long longest = 0;
        for (int i = 0; i < SlotsPerLaunch; i++)
        {
            // Slots that are not there repeat the first one with no elements.
            var (parameter, gradient, state0, state1, state2) = batch[i < batch.Count ? i : 0];
            parameters.Counts[i] = i < batch.Count ? parameter.ElementCount : 0;
            longest = Math.Max(longest, parameters.Counts[i]);
            var slot = buffers[(i * BuffersPerSlot)..];
            slot[0] = Out(parameter);
            slot[1] = In(gradient);
            slot[2] = state0 is null ? In(gradient) : Out(state0);
            slot[3] = state1 is null ? In(gradient) : Out(state1);
            slot[4] = state2 is null ? In(gradient) : Out(state2);
        }

        parameters.Flags |= (int)used;
        var kernel = cache.Get("optimizer", function, (int)kind);
        int size = Math.Min(GroupThreads, kernel.MaximumThreads);
        long groups = Math.Min((longest + size - 1) / size, MaximumGroups / SlotsPerLaunch);
        if (groups > 0) LaunchGroups(kernel, buffers, parameters, new((int)groups, batch.Count), new(size), longest * batch.Count * BuffersPerSlot);
        batch.Finish(this);
    }

    private static string UpdateName(OptimizerKind kind, in OptimizerSlot slot, UpdateFlags used)
    {
        string operation = $"optimizer step {kind}";
        string type = FloatingName(operation, slot.Parameter.DType);
        if (slot.Gradient.DType != slot.Parameter.DType) throw Unsupported(operation + " with a gradient", slot.Gradient.DType);
        DType? state = null;
        ReadOnlySpan<(UpdateFlags Flag, Tensor? Value)> states =
            [(UpdateFlags.State0, slot.State0), (UpdateFlags.State1, slot.State1), (UpdateFlags.State2, slot.State2)];
        foreach (var (flag, value) in states)
        {
            if ((used & flag) == 0) continue;
            state ??= value!.DType;
            if (value!.DType != state || (state != slot.Parameter.DType && state != DType.Float32))
                throw Unsupported($"{operation} of {slot.Parameter.DType.Name()} with a state", value.DType);
        }

        return $"update_{type}_{TypeName(operation, state ?? slot.Parameter.DType)}";
    }

    /// <summary>Which states the rule uses of this slot.</summary>
    private static UpdateFlags CheckStates(OptimizerKind kind, in OptimizerSettings settings, in OptimizerSlot slot)
    {
        bool hasMomentum = settings.Momentum != 0;
        var needed = kind switch
        {
            OptimizerKind.Sgd => hasMomentum ? UpdateFlags.State0 : UpdateFlags.None,
            OptimizerKind.Adam => UpdateFlags.State0 | UpdateFlags.State1 | (settings.AmsGrad ? UpdateFlags.State2 : 0),
            OptimizerKind.RmsProp => UpdateFlags.State0 | (hasMomentum ? UpdateFlags.State1 : 0) | (settings.Centered ? UpdateFlags.State2 : 0),
            OptimizerKind.Adagrad => UpdateFlags.State0,
            _ => UpdateFlags.State0 | UpdateFlags.State1,
        };
        var given = (slot.State0 is null ? 0 : UpdateFlags.State0) | (slot.State1 is null ? 0 : UpdateFlags.State1) | (slot.State2 is null ? 0 : UpdateFlags.State2);
        return (needed & ~given) == 0 ? needed : throw new GradientException(
            $"optimizer step {kind}: a parameter of shape {slot.Parameter.Shape} lacks a state that these settings need; see OptimizerKind.");
    }

    /// <summary>The slots of one launch, made contiguous: what is written and was not goes back at the end.</summary>
    private struct Batch
    {
        private Slots contiguous;
        private Slots original;

        public int Count { get; private set; }

        [UnscopedRef]
        public readonly ref readonly OptimizerSlot this[int i] => ref contiguous[i];

        public void Add(in OptimizerSlot slot, UpdateFlags used)
        {
            original[Count] = slot;
            contiguous[Count++] = new(
                slot.Parameter.Contiguous(), slot.Gradient.Contiguous(),
                (used & UpdateFlags.State0) != 0 ? slot.State0!.Contiguous() : null,
                (used & UpdateFlags.State1) != 0 ? slot.State1!.Contiguous() : null,
                (used & UpdateFlags.State2) != 0 ? slot.State2!.Contiguous() : null);
        }

        public void Finish(MetalBackend backend)
        {
            for (int i = 0; i < Count; i++)
            {
                ref var from = ref contiguous[i];
                ref var to = ref original[i];
                Return(backend, from.Parameter, to.Parameter);
                Return(backend, from.State0, to.State0);
                Return(backend, from.State1, to.State1);
                Return(backend, from.State2, to.State2);
                if (!ReferenceEquals(from.Gradient, to.Gradient)) from.Gradient.Dispose();
                GC.KeepAlive(to.Gradient);
            }

            Count = 0;
        }

        private static void Return(MetalBackend backend, Tensor? from, Tensor? to)
        {
            if (from is not null && !ReferenceEquals(from, to))
            {
                backend.Copy(from, to!);
                from.Dispose();
            }

            GC.KeepAlive(to);
        }
    }

    [InlineArray(SlotsPerLaunch)]
    private struct Slots
    {
        private OptimizerSlot first;
    }

    /// <summary>optimizer.metal: OptimizerParameters. Computed once per step in double precision, as PyTorch does.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct OptimizerParameters
    {
        public fixed long Counts[SlotsPerLaunch];
        public float Sign;
        public float Decay;
        public float Rate;
        public float MomentRate;
        public float RootCorrection;
        public float Epsilon;
        public float Momentum;
        public float GradientShare;
        public float MomentShare;
        public float Smoothing;
        public float SquareShare;
        public int Flags;

        public OptimizerParameters(OptimizerKind kind, in OptimizerSettings settings)
        {
            double product = settings.MomentumProduct, rate = settings.LearningRate;
            double first = 1 - Math.Pow(settings.Momentum, settings.Step), second = 1 - Math.Pow(settings.Smoothing, settings.Step);
            Sign = settings.Maximize ? -1 : 1;
            Decay = (float)(settings.DecoupledWeightDecay ? 1 - (rate * settings.WeightDecay) : settings.WeightDecay);
            Rate = (float)(kind switch
            {
                OptimizerKind.Adam => rate / first,
                OptimizerKind.NAdam => rate * (1 - settings.MomentumNow) / (1 - product),
                _ => rate,
            });
            MomentRate = (float)(rate * settings.MomentumNext / (1 - (product * settings.MomentumNext)));
            RootCorrection = (float)Math.Sqrt(second);
            Epsilon = (float)settings.Epsilon;
            Momentum = (float)settings.Momentum;
            GradientShare = (float)(1 - settings.Dampening);
            MomentShare = (float)(1 - settings.Momentum);
            Smoothing = (float)settings.Smoothing;
            SquareShare = (float)(1 - settings.Smoothing);
            UpdateFlags flags = 0;
            if (settings.WeightDecay != 0) flags |= UpdateFlags.Decays;
            if (settings.DecoupledWeightDecay) flags |= UpdateFlags.Decoupled;
            if (settings.Momentum != 0) flags |= UpdateFlags.Momentum;
            if (settings.Step == 1) flags |= UpdateFlags.FirstStep;
            if (settings.Nesterov) flags |= UpdateFlags.Nesterov;
            if (settings.Centered) flags |= UpdateFlags.Centered;
            if (settings.AmsGrad) flags |= UpdateFlags.AmsGrad;
            Flags = (int)flags;
        }
    }
}
