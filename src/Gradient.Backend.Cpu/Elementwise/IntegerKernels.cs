using System.Numerics;
using System.Runtime.CompilerServices;
using Gradient.Core;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;

namespace Gradient.Backend.Cpu;

/// <summary>A function of two integers for which processors have no vector instruction.</summary>
internal interface IIntegerOperator
{
    static abstract T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>;
}

/// <summary>Division, remainder and powers of integers, element by element.</summary>
internal static unsafe class IntegerKernels
{
    /// <summary>The kernel, or null if the type is no integer.</summary>
    public static ElementKernel Binary<F>(DType type) where F : struct, IIntegerOperator => type switch
    {
        DType.Int32 => &Loop<int, F>,
        DType.Int64 => &Loop<long, F>,
        _ => null,
    };

    /// <summary>The kernel with the parameter A as second operand, or null if the type is no integer.</summary>
    public static ElementKernel Scalar<F>(DType type) where F : struct, IIntegerOperator => type switch
    {
        DType.Int32 => &ScalarLoop<int, F>,
        DType.Int64 => &ScalarLoop<long, F>,
        _ => null,
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Loop<T, F>(byte** p, long count, KernelParameters* parameters)
        where T : unmanaged, IBinaryInteger<T> where F : struct, IIntegerOperator
    {
        T* y = (T*)p[0], a = (T*)p[1], b = (T*)p[2];
        for (long i = 0; i < count; i++) y[i] = F.Apply(a[i], b[i]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScalarLoop<T, F>(byte** p, long count, KernelParameters* parameters)
        where T : unmanaged, IBinaryInteger<T> where F : struct, IIntegerOperator
    {
        T* y = (T*)p[0], a = (T*)p[1];
        T b = T.CreateSaturating(parameters->A);
        for (long i = 0; i < count; i++) y[i] = F.Apply(a[i], b);
    }

    /// <summary>Toward 0; the least number by −1 wraps around.</summary>
    internal readonly struct Divide : IIntegerOperator
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>
        {
            if (b == T.Zero) throw new GradientException("divide: integer division by zero; mask the zeros, or convert to floating point.");
            return b == -T.One ? unchecked(-a) : a / b;
        }
    }

    /// <summary>Of the sign of the divisor.</summary>
    internal readonly struct Remainder : IIntegerOperator
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>
        {
            if (b == T.Zero) throw new GradientException("remainder: integer division by zero; mask the zeros, or convert to floating point.");
            if (b == -T.One) return T.Zero;
            T rest = a % b;
            return rest != T.Zero && T.IsNegative(rest) != T.IsNegative(b) ? rest + b : rest;
        }
    }

    /// <summary>By squaring, wrapping around; to negative powers, 1/aᵇ toward 0, and 0 of 0, as PyTorch.</summary>
    internal readonly struct Pow : IIntegerOperator
    {
        public static T Apply<T>(T a, T b) where T : unmanaged, IBinaryInteger<T>
        {
            if (T.IsNegative(b))
            {
                if (a == T.One) return T.One;
                if (a == -T.One) return T.IsEvenInteger(b) ? T.One : -T.One;
                return T.Zero;
            }

            T result = T.One;
            for (; b != T.Zero; b >>= 1)
            {
                if (T.IsOddInteger(b)) result = unchecked(result * a);
                a = unchecked(a * a);
            }

            return result;
        }
    }
}
