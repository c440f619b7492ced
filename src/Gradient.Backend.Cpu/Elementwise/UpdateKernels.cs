using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Gradient.Core;
using unsafe UpdateKernel = delegate*<byte**, long, Gradient.Backend.Cpu.UpdateNumbers*, void>;

namespace Gradient.Backend.Cpu;

/// <summary>The loops of update rules over contiguous elements: pointers to parameter, gradient and states, null for states not used.</summary>
internal static unsafe class UpdateKernels
{
    private const int Operands = 5;
    private const int WidestVector = 64;

    /// <summary>The loop of a rule, in Float64 or Float32.</summary>
    public static UpdateKernel Of(OptimizerKind kind, DType compute) => kind switch
    {
        OptimizerKind.Sgd => Of<UpdateRules.Sgd>(compute),
        OptimizerKind.Adam => Of<UpdateRules.Adam>(compute),
        OptimizerKind.RmsProp => Of<UpdateRules.RmsProp>(compute),
        OptimizerKind.Adagrad => Of<UpdateRules.Adagrad>(compute),
        OptimizerKind.Adadelta => Of<UpdateRules.Adadelta>(compute),
        OptimizerKind.NAdam => Of<UpdateRules.NAdam>(compute),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not an OptimizerKind"),
    };

    private static UpdateKernel Of<R>(DType compute) where R : struct, IUpdateRule =>
        compute == DType.Float64 ? Widest<double, R>() : Widest<float, R>();

    private static UpdateKernel Widest<T, R>() where T : unmanaged where R : struct, IUpdateRule =>
        Vector512.IsHardwareAccelerated ? &Loop<Simd512<T>, R> :
        Vector256.IsHardwareAccelerated ? &Loop<Simd256<T>, R> : &Loop<Simd128<T>, R>;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop<V, R>(byte** p, long count, UpdateNumbers* given) where V : struct, ISimd<V> where R : struct, IUpdateRule
    {
        var numbers = new UpdateNumbers<V>(*given);
        long size = Unsafe.SizeOf<V>(), bytes = count * (size / V.Count), i = 0;
        for (; i <= bytes - size; i += size) Step<V, R>(p[0] + i, p[1] + i, At(p[2], i), At(p[3], i), At(p[4], i), numbers);
        if (i == bytes) return;

        // The last few, padded.
        byte* pads = stackalloc byte[Operands * WidestVector];
        byte** pad = stackalloc byte*[Operands];
        uint rest = (uint)(bytes - i);
        for (int k = 0; k < Operands; k++)
        {
            pad[k] = p[k] == null ? null : pads + (k * WidestVector);
            if (p[k] != null) Unsafe.CopyBlockUnaligned(pad[k], p[k] + i, rest);
        }

        Step<V, R>(pad[0], pad[1], pad[2], pad[3], pad[4], numbers);
        for (int k = 0; k < Operands; k++)
            if (k != 1 && p[k] != null) Unsafe.CopyBlockUnaligned(p[k] + i, pad[k], rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* At(byte* p, long i) => p == null ? null : p + i;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<V, R>(byte* parameter, byte* gradient, byte* state0, byte* state1, byte* state2, in UpdateNumbers<V> n)
        where V : struct, ISimd<V> where R : struct, IUpdateRule
    {
        V p = V.Load(parameter), g = V.Load(gradient) * n.Sign;
        V s0 = state0 == null ? default : V.Load(state0);
        V s1 = state1 == null ? default : V.Load(state1);
        V s2 = state2 == null ? default : V.Load(state2);
        if (n.Decays)
        {
            if (n.Decoupled) p *= n.Decay;
            else g = V.MultiplyAdd(p, n.Decay, g);
        }

        V.Store(R.Apply(p, g, ref s0, ref s1, ref s2, n), parameter);
        if (state0 != null) V.Store(s0, state0);
        if (state1 != null) V.Store(s1, state1);
        if (state2 != null) V.Store(s2, state2);
    }
}
