namespace Gradient.Backend.Cpu;

/// <summary>
/// A hardware vector of some width and element type, so that each function is written once for all of them. The element type
/// shows only in <see cref="IsDouble"/>, <see cref="IsFloatingPoint"/> and <see cref="Constant"/>, which the compiler folds.
/// Comparisons give masks: all bits of an element set, or none.
/// </summary>
/// <remarks>
/// Every member and all that calls it, up to the loop, asks to be inlined, even what the compiler would inline anyway: what is not
/// asked for counts against a budget, and after some fifty calls the smallest remain calls, in the middle of a kernel.
/// </remarks>
internal unsafe interface ISimd<V> where V : struct, ISimd<V>
{
    /// <summary>The number of elements.</summary>
    static abstract int Count { get; }

    /// <summary>Whether elements are <see cref="double"/>.</summary>
    static abstract bool IsDouble { get; }

    /// <summary>Whether elements are <see cref="float"/> or <see cref="double"/>.</summary>
    static abstract bool IsFloatingPoint { get; }

    /// <summary>The value everywhere, converted as C# does; integers saturate.</summary>
    static abstract V Constant(double value);

    static abstract V Load(void* source);

    static abstract void Store(V value, void* destination);

    static abstract V operator +(V a, V b);

    static abstract V operator -(V a, V b);

    static abstract V operator *(V a, V b);

    static abstract V operator /(V a, V b);

    static abstract V operator -(V a);

    static abstract V operator &(V a, V b);

    static abstract V operator |(V a, V b);

    static abstract V operator ^(V a, V b);

    static abstract V operator ~(V a);

    static abstract V operator <(V a, V b);

    static abstract V operator >(V a, V b);

    static abstract V operator <=(V a, V b);

    static abstract V operator >=(V a, V b);

    /// <summary>The mask of equal elements.</summary>
    static abstract V Same(V a, V b);

    /// <summary>Whether a mask is set anywhere.</summary>
    static abstract bool Any(V mask);

    /// <summary>a where the mask is set, else b.</summary>
    static abstract V Select(V mask, V a, V b);

    /// <summary>a·b + c, rounded once (integers: as usual).</summary>
    static abstract V MultiplyAdd(V a, V b, V c);

    /// <summary>The smaller; NaN if either is.</summary>
    static abstract V Min(V a, V b);

    /// <summary>The larger; NaN if either is.</summary>
    static abstract V Max(V a, V b);

    /// <summary>x, or the bound where x is greater; NaN stays. One instruction, unlike <see cref="Min"/>.</summary>
    static abstract V AtMost(V x, V bound);

    /// <summary>x, or the bound where x is less; NaN stays.</summary>
    static abstract V AtLeast(V x, V bound);

    static abstract V Abs(V a);

    static abstract V Sqrt(V a);

    static abstract V Floor(V a);

    static abstract V Ceiling(V a);

    /// <summary>To the nearest integer, ties to even.</summary>
    static abstract V Round(V a);

    static abstract V Truncate(V a);

    /// <summary>(1 + p)·2ⁿ for integral n, |n| at most 250 (double: 2040), overflow and denormal results included.</summary>
    static abstract V ScaleOnePlus(V p, V n);

    /// <summary>2^(n + offset) for integral exponents of at most 126 (double: 1022) either way.</summary>
    static abstract V PowerOfTwo(V n, int offset = 0);

    /// <summary>
    /// For positive normal x: the m in [√½, √2) and the integral exponent with x = m·2^exponent. Garbage for other x.
    /// </summary>
    static abstract V Split(V x, out V exponent);

    /// <summary>f of the elements as doubles, rounded to this type.</summary>
    static abstract V InDouble<F>(V a, V b) where F : struct, IBinaryOperator;

    /// <summary>f of every element, in double precision, one by one. Floating point only.</summary>
    static abstract V Map<F>(V a) where F : struct, IScalarFunction;

    /// <summary>f of every pair of elements, in double precision, one by one. Floating point only.</summary>
    static abstract V Map2<F>(V a, V b) where F : struct, IScalarFunction2;
}

/// <summary>A function of one number for which there is no vector form here.</summary>
internal interface IScalarFunction
{
    static abstract double Apply(double x);
}

/// <summary>A function of two numbers for which there is no vector form here.</summary>
internal interface IScalarFunction2
{
    static abstract double Apply(double a, double b);
}
