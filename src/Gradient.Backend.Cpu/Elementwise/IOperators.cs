namespace Gradient.Backend.Cpu;

/// <summary>A function of one element; a and b are the operation's parameters.</summary>
internal interface IUnaryOperator
{
    static abstract V Apply<V>(V x, V a, V b) where V : struct, ISimd<V>;
}

/// <summary>A function of two elements; a and b are the operation's parameters.</summary>
internal interface IBinaryOperator
{
    static abstract V Apply<V>(V x, V y, V a, V b) where V : struct, ISimd<V>;
}

/// <summary>A function of three elements.</summary>
internal interface ITernaryOperator
{
    static abstract V Apply<V>(V x, V y, V z) where V : struct, ISimd<V>;
}
