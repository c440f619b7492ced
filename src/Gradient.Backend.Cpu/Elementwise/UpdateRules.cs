using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>One step of an optimizer for one vector of parameters p with gradient g, decay and sign already in them.</summary>
internal interface IUpdateRule
{
    static abstract V Apply<V>(V p, V g, ref V s0, ref V s1, ref V s2, in UpdateNumbers<V> n) where V : struct, ISimd<V>;
}

/// <summary>The rules of <see cref="Core.OptimizerKind"/>, in the formulation of PyTorch 2.</summary>
internal static class UpdateRules
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning, 2013.</summary>
    internal readonly struct Sgd : IUpdateRule
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V p, V g, ref V s0, ref V s1, ref V s2, in UpdateNumbers<V> n) where V : struct, ISimd<V>
        {
            if (n.HasMomentum)
            {
                s0 = n.FirstStep ? g : V.MultiplyAdd(s0, n.Momentum, g * n.GradientShare);
                g = n.Nesterov ? V.MultiplyAdd(s0, n.Momentum, g) : s0;
            }

            return p - (n.Rate * g);
        }
    }

    /// <summary>
    /// Kingma, Ba: Adam, 2015; Loshchilov, Hutter: Decoupled Weight Decay Regularization, 2019; Reddi, Kale, Kumar: On the
    /// Convergence of Adam and Beyond, 2018.
    /// </summary>
    internal readonly struct Adam : IUpdateRule
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V p, V g, ref V s0, ref V s1, ref V s2, in UpdateNumbers<V> n) where V : struct, ISimd<V>
        {
            Moments(g, ref s0, ref s1, n);
            var second = s1;
            if (n.AmsGrad) second = s2 = V.Max(s2, s1);
            var denominator = (V.Sqrt(second) / n.RootCorrection) + n.Epsilon;
            return p - (n.Rate * s0 / denominator);
        }
    }

    /// <summary>Dozat: Incorporating Nesterov Momentum into Adam, 2016.</summary>
    internal readonly struct NAdam : IUpdateRule
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V p, V g, ref V s0, ref V s1, ref V s2, in UpdateNumbers<V> n) where V : struct, ISimd<V>
        {
            Moments(g, ref s0, ref s1, n);
            var denominator = (V.Sqrt(s1) / n.RootCorrection) + n.Epsilon;
            return p - (V.MultiplyAdd(n.Rate, g, n.MomentRate * s0) / denominator);
        }
    }

    /// <summary>Hinton: Neural Networks for Machine Learning, lecture 6e, 2012; centered: Graves, 2013.</summary>
    internal readonly struct RmsProp : IUpdateRule
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V p, V g, ref V s0, ref V s1, ref V s2, in UpdateNumbers<V> n) where V : struct, ISimd<V>
        {
            s0 = V.MultiplyAdd(s0, n.Smoothing, n.SquareShare * g * g);
            var variance = s0;
            if (n.Centered)
            {
                s2 = V.MultiplyAdd(n.SquareShare, g - s2, s2);
                variance = V.MultiplyAdd(-s2, s2, s0);
            }

            var update = g / (V.Sqrt(variance) + n.Epsilon);
            if (n.HasMomentum) update = s1 = V.MultiplyAdd(s1, n.Momentum, update);
            return p - (n.Rate * update);
        }
    }

    /// <summary>Duchi, Hazan, Singer: Adaptive Subgradient Methods, 2011.</summary>
    internal readonly struct Adagrad : IUpdateRule
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V p, V g, ref V s0, ref V s1, ref V s2, in UpdateNumbers<V> n) where V : struct, ISimd<V>
        {
            s0 = V.MultiplyAdd(g, g, s0);
            return p - (n.Rate * g / (V.Sqrt(s0) + n.Epsilon));
        }
    }

    /// <summary>Zeiler: ADADELTA, 2012.</summary>
    internal readonly struct Adadelta : IUpdateRule
    {
        [MethodImpl(Inline)]
        public static V Apply<V>(V p, V g, ref V s0, ref V s1, ref V s2, in UpdateNumbers<V> n) where V : struct, ISimd<V>
        {
            s0 = V.MultiplyAdd(s0, n.Smoothing, n.SquareShare * g * g);
            var update = V.Sqrt(s1 + n.Epsilon) / V.Sqrt(s0 + n.Epsilon) * g;
            s1 = V.MultiplyAdd(s1, n.Smoothing, n.SquareShare * update * update);
            return p - (n.Rate * update);
        }
    }

    /// <summary>The running means of the gradient and of its square.</summary>
    [MethodImpl(Inline)]
    private static void Moments<V>(V g, ref V first, ref V second, in UpdateNumbers<V> n) where V : struct, ISimd<V>
    {
        first = V.MultiplyAdd(n.MomentShare, g - first, first);
        second = V.MultiplyAdd(second, n.Smoothing, n.SquareShare * g * g);
    }
}
