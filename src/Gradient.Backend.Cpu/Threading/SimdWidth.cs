using System.Runtime.Intrinsics;

namespace Gradient.Backend.Cpu;

/// <summary>The vector width that the dense kernels use.</summary>
internal enum SimdWidth
{
    Bits128 = 128,
    Bits256 = 256,
    Bits512 = 512,
}

/// <summary>The choice of vector width.</summary>
internal static class Simd
{
    /// <summary>The widest that this processor runs natively; tests force each in turn.</summary>
    public static SimdWidth Width { get; set; } =
        Vector512.IsHardwareAccelerated ? SimdWidth.Bits512 :
        Vector256.IsHardwareAccelerated ? SimdWidth.Bits256 : SimdWidth.Bits128;
}
