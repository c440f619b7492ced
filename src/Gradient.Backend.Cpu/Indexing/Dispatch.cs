using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>A kernel for any numbers: elements are stored as T (byte for Bool) and computed with as C.</summary>
internal interface INumberKernel
{
    /// <summary>Does the work for one pair of types.</summary>
    void Run<T, C>() where T : unmanaged where C : unmanaged, INumber<C>;
}

/// <summary>A kernel for floating-point numbers: elements are stored as T and computed with as C, float or double.</summary>
internal interface IFloatingKernel
{
    /// <summary>Does the work for one pair of types.</summary>
    void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>;
}

/// <summary>A kernel that moves elements of a size and does not compute.</summary>
internal interface IMoveKernel
{
    /// <summary>Does the work for one size.</summary>
    void Run<T>() where T : unmanaged;
}

/// <summary>From an element type to the instance of a kernel, in one place.</summary>
internal static class Dispatch
{
    /// <summary>Runs a kernel for numbers of a type; Bool as bytes 0 and 1 computed with as long.</summary>
    public static void Number<TKernel>(DType dtype, ref TKernel kernel) where TKernel : struct, INumberKernel, allows ref struct
    {
        switch (dtype)
        {
            case DType.Float32: kernel.Run<float, float>(); break;
            case DType.Float64: kernel.Run<double, double>(); break;
            case DType.Float16: kernel.Run<Half, float>(); break;
            case DType.BFloat16: kernel.Run<BFloat16, float>(); break;
            case DType.Int32: kernel.Run<int, long>(); break;
            case DType.Int64: kernel.Run<long, long>(); break;
            case DType.Bool: kernel.Run<byte, long>(); break;
            default: throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a DType");
        }
    }

    /// <summary>Runs a kernel for floating-point numbers of a type.</summary>
    /// <exception cref="UnsupportedOperationException">The type is not floating point.</exception>
    public static void Floating<TKernel>(string operation, Tensor tensor, ref TKernel kernel)
        where TKernel : struct, IFloatingKernel, allows ref struct
    {
        switch (tensor.DType)
        {
            case DType.Float32: kernel.Run<float, float>(); break;
            case DType.Float64: kernel.Run<double, double>(); break;
            case DType.Float16: kernel.Run<Half, float>(); break;
            case DType.BFloat16: kernel.Run<BFloat16, float>(); break;
            default: throw Unsupported(operation, tensor);
        }
    }

    /// <summary>Runs a kernel for elements of a size.</summary>
    public static void Size<TKernel>(DType dtype, ref TKernel kernel) where TKernel : struct, IMoveKernel, allows ref struct
    {
        switch (dtype.Size())
        {
            case 1: kernel.Run<byte>(); break;
            case 2: kernel.Run<ushort>(); break;
            case 4: kernel.Run<uint>(); break;
            default: kernel.Run<ulong>(); break;
        }
    }

    /// <summary>The error of a kernel that is not there for a type.</summary>
    public static UnsupportedOperationException Unsupported(string operation, Tensor tensor) =>
        new($"{operation} of {tensor.DType.Name()} is not supported on device {tensor.Device}; convert with To(DType.Float32).");
}
