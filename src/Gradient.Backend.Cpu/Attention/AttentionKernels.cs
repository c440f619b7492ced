using System.Runtime.Intrinsics;

namespace Gradient.Backend.Cpu;

/// <summary>Attention computed in Float32 or Float64 with the vector width at hand.</summary>
internal static class AttentionKernels
{
    /// <summary>Forward, in T: float or double.</summary>
    public static void Forward<T>(in AttentionArguments arguments, WorkerPool pool)
    {
        bool single = typeof(T) == typeof(float);
        switch (Simd.Width)
        {
            case SimdWidth.Bits512 when single: AttentionForward<float, Vector512<float>, Single512, Simd512<float>>.Run(arguments, pool); break;
            case SimdWidth.Bits512: AttentionForward<double, Vector512<double>, Double512, Simd512<double>>.Run(arguments, pool); break;
            case SimdWidth.Bits256 when single: AttentionForward<float, Vector256<float>, Single256, Simd256<float>>.Run(arguments, pool); break;
            case SimdWidth.Bits256: AttentionForward<double, Vector256<double>, Double256, Simd256<double>>.Run(arguments, pool); break;
            default:
                if (single) AttentionForward<float, Vector128<float>, Single128, Simd128<float>>.Run(arguments, pool);
                else AttentionForward<double, Vector128<double>, Double128, Simd128<double>>.Run(arguments, pool);
                break;
        }
    }

    /// <summary>Backward, likewise.</summary>
    public static void Backward<T>(in AttentionArguments arguments, WorkerPool pool)
    {
        bool single = typeof(T) == typeof(float);
        switch (Simd.Width)
        {
            case SimdWidth.Bits512 when single: AttentionBackward<float, Vector512<float>, Single512, Simd512<float>>.Run(arguments, pool); break;
            case SimdWidth.Bits512: AttentionBackward<double, Vector512<double>, Double512, Simd512<double>>.Run(arguments, pool); break;
            case SimdWidth.Bits256 when single: AttentionBackward<float, Vector256<float>, Single256, Simd256<float>>.Run(arguments, pool); break;
            case SimdWidth.Bits256: AttentionBackward<double, Vector256<double>, Double256, Simd256<double>>.Run(arguments, pool); break;
            default:
                if (single) AttentionBackward<float, Vector128<float>, Single128, Simd128<float>>.Run(arguments, pool);
                else AttentionBackward<double, Vector128<double>, Double128, Simd128<double>>.Run(arguments, pool);
                break;
        }
    }
}
