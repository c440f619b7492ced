namespace Gradient.Core;

/// <summary>The element types of tensors. <see cref="Float32"/> is home.</summary>
public enum DType : byte
{
    /// <summary>IEEE 754 binary32, <see cref="float"/>: the default of every operation that makes a tensor.</summary>
    Float32,

    /// <summary>IEEE 754 binary64, <see cref="double"/>: CPU only; what gradient checks run in.</summary>
    Float64,

    /// <summary>IEEE 754 binary16, <see cref="Half"/>: storage; sums accumulate in Float32.</summary>
    Float16,

    /// <summary>The upper half of a binary32, <see cref="Core.BFloat16"/>: storage; sums accumulate in Float32.</summary>
    BFloat16,

    /// <summary>32-bit signed integer, <see cref="int"/>.</summary>
    Int32,

    /// <summary>64-bit signed integer, <see cref="long"/>: indices and labels.</summary>
    Int64,

    /// <summary>One byte, 0 or 1, <see cref="bool"/>: masks and comparisons.</summary>
    Bool,
}

/// <summary>Facts about element types.</summary>
public static class DTypes
{
    /// <summary>The size of one element in bytes.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.Float32 or DType.Int32 => 4,
        DType.Float64 or DType.Int64 => 8,
        DType.Float16 or DType.BFloat16 => 2,
        DType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a DType"),
    };

    /// <summary>Whether the type has a fraction, so that tensors of it can require gradients.</summary>
    public static bool IsFloatingPoint(this DType dtype) => dtype <= DType.BFloat16;

    /// <summary>Whether the type is <see cref="DType.Int32"/> or <see cref="DType.Int64"/>.</summary>
    public static bool IsInteger(this DType dtype) => dtype is DType.Int32 or DType.Int64;

    /// <summary>The name that NumPy and PyTorch print: "float32", "bool" …</summary>
    public static string Name(this DType dtype) => dtype switch
    {
        DType.Float32 => "float32",
        DType.Float64 => "float64",
        DType.Float16 => "float16",
        DType.BFloat16 => "bfloat16",
        DType.Int32 => "int32",
        DType.Int64 => "int64",
        DType.Bool => "bool",
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a DType"),
    };

    /// <summary>The element type that stores values of <typeparamref name="T"/>.</summary>
    /// <exception cref="DTypeMismatchException">No element type stores <typeparamref name="T"/>.</exception>
    public static DType Of<T>() where T : unmanaged
    {
        if (typeof(T) == typeof(float)) return DType.Float32;
        if (typeof(T) == typeof(double)) return DType.Float64;
        if (typeof(T) == typeof(Half)) return DType.Float16;
        if (typeof(T) == typeof(BFloat16)) return DType.BFloat16;
        if (typeof(T) == typeof(int)) return DType.Int32;
        if (typeof(T) == typeof(long)) return DType.Int64;
        if (typeof(T) == typeof(bool)) return DType.Bool;
        throw new DTypeMismatchException(
            $"No tensor stores elements of type {typeof(T).Name}. Use float, double, Half, BFloat16, int, long or bool.");
    }

    /// <summary>
    /// The type in which an operation on both types computes, as PyTorch promotes: floating point above integer above bool,
    /// the wider of two of one kind, and Float32 for Float16 with BFloat16.
    /// </summary>
    public static DType Promote(DType a, DType b)
    {
        if (a == b) return a;
        if (a.IsFloatingPoint() != b.IsFloatingPoint()) return a.IsFloatingPoint() ? a : b;
        if (!a.IsFloatingPoint()) return a == DType.Int64 || b == DType.Int64 ? DType.Int64 : DType.Int32;
        if (a == DType.Float64 || b == DType.Float64) return DType.Float64;
        return DType.Float32;
    }
}
