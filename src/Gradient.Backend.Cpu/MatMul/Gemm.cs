using System.Runtime.Intrinsics;

namespace Gradient.Backend.Cpu;

/// <summary>Where the matrices of a batch lie: product i reads A + AOffsets[i] and B + BOffsets[i] and writes C + COffsets[i].</summary>
/// <remarks>Offsets of A and B may repeat; the results must not overlap.</remarks>
internal unsafe struct GemmBatch
{
    public nint Count;

    public nint* AOffsets;

    public nint* BOffsets;

    public nint* COffsets;
}

/// <summary>Matrix products of Float32 and Float64 with the vector width at hand.</summary>
internal static class Gemm
{
    /// <summary>One product.</summary>
    public static void Run(in GemmArguments<float> arguments, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: GemmDriver<float, Vector512<float>, Single512>.Run(arguments, pool); break;
            case SimdWidth.Bits256: GemmDriver<float, Vector256<float>, Single256>.Run(arguments, pool); break;
            default: GemmDriver<float, Vector128<float>, Single128>.Run(arguments, pool); break;
        }
    }

    /// <inheritdoc cref="Run(in GemmArguments{float}, WorkerPool)"/>
    public static void Run(in GemmArguments<double> arguments, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: GemmDriver<double, Vector512<double>, Double512>.Run(arguments, pool); break;
            case SimdWidth.Bits256: GemmDriver<double, Vector256<double>, Double256>.Run(arguments, pool); break;
            default: GemmDriver<double, Vector128<double>, Double128>.Run(arguments, pool); break;
        }
    }

    /// <summary>Many products of the same shape.</summary>
    public static void RunBatch(in GemmArguments<float> arguments, in GemmBatch batch, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: GemmDriver<float, Vector512<float>, Single512>.RunBatch(arguments, batch, pool); break;
            case SimdWidth.Bits256: GemmDriver<float, Vector256<float>, Single256>.RunBatch(arguments, batch, pool); break;
            default: GemmDriver<float, Vector128<float>, Single128>.RunBatch(arguments, batch, pool); break;
        }
    }

    /// <inheritdoc cref="RunBatch(in GemmArguments{float}, in GemmBatch, WorkerPool)"/>
    public static void RunBatch(in GemmArguments<double> arguments, in GemmBatch batch, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: GemmDriver<double, Vector512<double>, Double512>.RunBatch(arguments, batch, pool); break;
            case SimdWidth.Bits256: GemmDriver<double, Vector256<double>, Double256>.RunBatch(arguments, batch, pool); break;
            default: GemmDriver<double, Vector128<double>, Double128>.RunBatch(arguments, batch, pool); break;
        }
    }
}
