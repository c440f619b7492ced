using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>
/// An associative and commutative combination of elements, each mapped first. A static type, so that the compiler makes one
/// loop per reduction.
/// </summary>
internal interface IReduction
{
    /// <summary>What changes nothing: the result of nothing.</summary>
    static abstract N Identity<N>() where N : unmanaged, INumber<N>;

    /// <summary>What an element counts as.</summary>
    static abstract N Map<N>(N x) where N : unmanaged, INumber<N>;

    /// <summary>Lane by lane.</summary>
    static abstract Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N>;

    /// <summary>Two partial results in one.</summary>
    static abstract N Combine<N>(N a, N b) where N : unmanaged, INumber<N>;

    /// <summary>Lane by lane.</summary>
    static abstract Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N>;
}

internal readonly struct SumReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.Zero;

    public static N Map<N>(N x) where N : unmanaged, INumber<N> => x;

    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> => a + b;
}

internal readonly struct SumOfSquaresReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Map<N>(N x) where N : unmanaged, INumber<N> => x * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> => x * x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> => a + b;
}

internal readonly struct ProductReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.One;

    public static N Map<N>(N x) where N : unmanaged, INumber<N> => x;

    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> => a * b;
}

/// <summary>The largest; NaN if any is (IEEE 754-2019 maximum).</summary>
internal readonly struct MaximumReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.CreateSaturating(double.NegativeInfinity);

    public static N Map<N>(N x) where N : unmanaged, INumber<N> => x;

    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => N.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> =>
        Vector.ConditionalSelect(Vector.Equals(a, a), Vector.MaxNative(a, b), a); // natively the second where either is NaN
}

/// <summary>The smallest; NaN if any is.</summary>
internal readonly struct MinimumReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.CreateSaturating(double.PositiveInfinity);

    public static N Map<N>(N x) where N : unmanaged, INumber<N> => x;

    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => N.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> =>
        Vector.ConditionalSelect(Vector.Equals(a, a), Vector.MinNative(a, b), a); // natively the second where either is NaN
}

/// <summary>1 if any element is not 0 (NaN is not), else 0: the largest of zeros and ones.</summary>
internal readonly struct AnyReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Map<N>(N x) where N : unmanaged, INumber<N> => x == N.Zero ? N.Zero : N.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> =>
        Vector.ConditionalSelect(Vector.Equals(x, Vector<N>.Zero), Vector<N>.Zero, Vector<N>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => N.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> => Vector.Max(a, b);
}

/// <summary>1 if no element is 0, else 0: the smallest of zeros and ones.</summary>
internal readonly struct AllReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Map<N>(N x) where N : unmanaged, INumber<N> => AnyReduction.Map(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> => AnyReduction.Map(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => N.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> => Vector.Min(a, b);
}

/// <summary>The largest magnitude; NaN if any is.</summary>
internal readonly struct MagnitudeReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Map<N>(N x) where N : unmanaged, INumber<N> => N.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> => Vector.Abs(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => N.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> => Vector.Max(a, b);
}

/// <summary>How many are NaN or infinite: those whose difference to themselves is not 0.</summary>
internal readonly struct NonFiniteReduction : IReduction
{
    public static N Identity<N>() where N : unmanaged, INumber<N> => N.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Map<N>(N x) where N : unmanaged, INumber<N> => N.IsFinite(x) ? N.Zero : N.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Map<N>(Vector<N> x) where N : unmanaged, INumber<N> =>
        Vector.ConditionalSelect(Vector.Equals(x - x, Vector<N>.Zero), Vector<N>.Zero, Vector<N>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static N Combine<N>(N a, N b) where N : unmanaged, INumber<N> => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<N> Combine<N>(Vector<N> a, Vector<N> b) where N : unmanaged, INumber<N> => a + b;
}
