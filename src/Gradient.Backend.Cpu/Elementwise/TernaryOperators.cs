using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>The functions of three elements that <see cref="Core.TernaryKind"/> describes.</summary>
internal static class TernaryOperators
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    internal readonly struct Where : ITernaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V z) where V : struct, ISimd<V> => V.Select(V.Same(x, V.Constant(0)), z, y);
    }

    internal readonly struct MultiplyAdd : ITernaryOperator
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V x, V y, V z) where V : struct, ISimd<V> => V.MultiplyAdd(x, y, z);
    }
}
