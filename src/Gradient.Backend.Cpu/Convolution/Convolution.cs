using System.Runtime.Intrinsics;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Two-dimensional convolutions of Float32 and Float64 with the vector width at hand. Every tensor is contiguous and has
/// elements; the gradient overwrites.
/// </summary>
internal static unsafe class Convolution
{
    /// <summary>y = x * weight + bias (null for none), negative results made 0 if <paramref name="relu"/>.</summary>
    public static void Forward(in ConvolutionShape shape, float* x, float* weight, float* bias, bool relu, float* y, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: ConvolutionDriver<float, Vector512<float>, Single512>.Forward(shape, x, weight, bias, relu, y, pool); break;
            case SimdWidth.Bits256: ConvolutionDriver<float, Vector256<float>, Single256>.Forward(shape, x, weight, bias, relu, y, pool); break;
            default: ConvolutionDriver<float, Vector128<float>, Single128>.Forward(shape, x, weight, bias, relu, y, pool); break;
        }
    }

    /// <summary>y = x * weight + bias (null for none), negative results made 0 if <paramref name="relu"/>.</summary>
    public static void Forward(in ConvolutionShape shape, double* x, double* weight, double* bias, bool relu, double* y, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: ConvolutionDriver<double, Vector512<double>, Double512>.Forward(shape, x, weight, bias, relu, y, pool); break;
            case SimdWidth.Bits256: ConvolutionDriver<double, Vector256<double>, Double256>.Forward(shape, x, weight, bias, relu, y, pool); break;
            default: ConvolutionDriver<double, Vector128<double>, Double128>.Forward(shape, x, weight, bias, relu, y, pool); break;
        }
    }

    /// <summary>The gradient of x.</summary>
    public static void InputGradient(in ConvolutionShape shape, float* dy, float* weight, float* dx, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: ConvolutionDriver<float, Vector512<float>, Single512>.InputGradient(shape, dy, weight, dx, pool); break;
            case SimdWidth.Bits256: ConvolutionDriver<float, Vector256<float>, Single256>.InputGradient(shape, dy, weight, dx, pool); break;
            default: ConvolutionDriver<float, Vector128<float>, Single128>.InputGradient(shape, dy, weight, dx, pool); break;
        }
    }

    /// <summary>The gradient of x.</summary>
    public static void InputGradient(in ConvolutionShape shape, double* dy, double* weight, double* dx, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: ConvolutionDriver<double, Vector512<double>, Double512>.InputGradient(shape, dy, weight, dx, pool); break;
            case SimdWidth.Bits256: ConvolutionDriver<double, Vector256<double>, Double256>.InputGradient(shape, dy, weight, dx, pool); break;
            default: ConvolutionDriver<double, Vector128<double>, Double128>.InputGradient(shape, dy, weight, dx, pool); break;
        }
    }

    /// <summary>The gradient of the weight.</summary>
    public static void WeightGradient(in ConvolutionShape shape, float* x, float* dy, float* dw, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: ConvolutionDriver<float, Vector512<float>, Single512>.WeightGradient(shape, x, dy, dw, pool); break;
            case SimdWidth.Bits256: ConvolutionDriver<float, Vector256<float>, Single256>.WeightGradient(shape, x, dy, dw, pool); break;
            default: ConvolutionDriver<float, Vector128<float>, Single128>.WeightGradient(shape, x, dy, dw, pool); break;
        }
    }

    /// <summary>The gradient of the weight.</summary>
    public static void WeightGradient(in ConvolutionShape shape, double* x, double* dy, double* dw, WorkerPool pool)
    {
        switch (Simd.Width)
        {
            case SimdWidth.Bits512: ConvolutionDriver<double, Vector512<double>, Double512>.WeightGradient(shape, x, dy, dw, pool); break;
            case SimdWidth.Bits256: ConvolutionDriver<double, Vector256<double>, Double256>.WeightGradient(shape, x, dy, dw, pool); break;
            default: ConvolutionDriver<double, Vector128<double>, Double128>.WeightGradient(shape, x, dy, dw, pool); break;
        }
    }
}
