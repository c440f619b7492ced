namespace Gradient.Autograd;

/// <content>Activations. Under each stands its row: name, kernel, what the derivative reads, the derivative, and a kernel that fuses it.</content>
public sealed partial class GradientTensor
{
    private const double RootHalf = 0.70710678118654752; // 1/√2
    private const double RootTwoOverPi = 0.79788456080286536; // √(2/π)

    /// <summary>max(x, 0); the gradient at 0 is 0.</summary>
    public GradientTensor Relu() => ReluOperation.Apply(this);

    private static readonly UnaryOperation ReluOperation = new("relu", UnaryKind.Relu, Reads.Output, (x, y, g, p) => g.MaskedFill(y.LessOrEqual(0), 0), BinaryKind.ReluGradient);

    /// <summary>x where x &gt; 0, else <paramref name="slope"/>·x.</summary>
    public GradientTensor LeakyRelu(double slope = 0.01) => LeakyReluOperation.Apply(this, new(slope));

    private static readonly UnaryOperation LeakyReluOperation = new("leakyRelu", UnaryKind.LeakyRelu, Reads.Input,
            (x, y, g, p) => x.GreaterThan(0).Where(g, g * p.A), BinaryKind.LeakyReluGradient);

    /// <summary>x where x &gt; 0, else α·(eˣ − 1) (Clevert, Unterthiner, Hochreiter, 2016).</summary>
    public GradientTensor Elu(double alpha = 1) => EluOperation.Apply(this, new(alpha));

    private static readonly UnaryOperation EluOperation = new("elu", UnaryKind.Elu, Reads.Input,
            // exp of the clamped input: an overflow in the branch not taken must not turn into 0·∞
            (x, y, g, p) => x.GreaterThan(0).Where(g, g * x.Clamp(max: 0).Exp() * p.A), BinaryKind.EluGradient);

    /// <summary>x·Φ(x) (Hendrycks, Gimpel, 2016), or its approximation by tanh.</summary>
    public GradientTensor Gelu(bool approximate = false) =>
        (approximate ? GeluTanhOperation : GeluOperation).Apply(this);

    private static readonly UnaryOperation GeluTanhOperation = new("geluTanh", UnaryKind.GeluTanh, Reads.Input, GeluTanhDerivative, BinaryKind.GeluTanhGradient);

    private static readonly UnaryOperation GeluOperation = new("gelu", UnaryKind.Gelu, Reads.Input,
            (x, y, g, p) => g * (((x * RootHalf).Erf() + 1) * 0.5 + x * (x * x * -0.5).Exp() * (RootTwoOverPi / 2)), BinaryKind.GeluGradient);

    /// <summary>x·sigmoid(x), also called Swish (Ramachandran, Zoph, Le, 2017).</summary>
    public GradientTensor Silu() => SiluOperation.Apply(this);

    private static readonly UnaryOperation SiluOperation = new("silu", UnaryKind.Silu, Reads.Input, SiluDerivative, BinaryKind.SiluGradient);

    /// <summary>1/(1 + e⁻ˣ).</summary>
    public GradientTensor Sigmoid() => SigmoidOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation SigmoidOperation = new("sigmoid", UnaryKind.Sigmoid, Reads.Output, (x, y, g, p) => g * y * (1 - y), BinaryKind.SigmoidGradient);

    /// <summary>The hyperbolic tangent.</summary>
    public GradientTensor Tanh() => TanhOperation.Apply(ToFloating(this));

    private static readonly UnaryOperation TanhOperation = new("tanh", UnaryKind.Tanh, Reads.Output, (x, y, g, p) => g * (1 - y * y), BinaryKind.TanhGradient);

    /// <summary>ln(1 + e^(βx))/β, and x itself where βx &gt; threshold.</summary>
    public GradientTensor Softplus(double beta = 1, double threshold = 20) => SoftplusOperation.Apply(this, new(beta, threshold));

    private static readonly UnaryOperation SoftplusOperation = new("softplus", UnaryKind.Softplus, Reads.Input,
            (x, y, g, p) => (x * p.A).GreaterThan(p.B).Where(g, g * (x * p.A).Sigmoid()), BinaryKind.SoftplusGradient);

    /// <summary>x·min(max(x + 3, 0), 6)/6 (Howard et al., Searching for MobileNetV3, 2019).</summary>
    public GradientTensor Hardswish() => HardswishOperation.Apply(this);

    private static readonly UnaryOperation HardswishOperation = new("hardswish", UnaryKind.Hardswish, Reads.Input,
            (x, y, g, p) => x.LessThan(-3).Where(g.ZerosLike(), x.LessOrEqual(3).Where(g * (x / 3 + 0.5), g)), BinaryKind.HardswishGradient);

    /// <summary>x·tanh(ln(1 + eˣ)) (Misra, 2019).</summary>
    public GradientTensor Mish() => MishOperation.Apply(this);

    private static readonly UnaryOperation MishOperation = new("mish", UnaryKind.Mish, Reads.Input, MishDerivative, BinaryKind.MishGradient);

    private static GradientTensor GeluTanhDerivative(GradientTensor x, GradientTensor y, GradientTensor g, KernelParameters p)
    {
        var square = x * x;
        var t = (x * (square * 0.044715 + 1) * RootTwoOverPi).Tanh();
        return g * ((t + 1) * 0.5 + x * (1 - t * t) * (square * (3 * 0.044715) + 1) * (RootTwoOverPi / 2));
    }

    private static GradientTensor SiluDerivative(GradientTensor x, GradientTensor y, GradientTensor g, KernelParameters p)
    {
        var s = x.Sigmoid();
        return g * s * (x * (1 - s) + 1);
    }

    private static GradientTensor MishDerivative(GradientTensor x, GradientTensor y, GradientTensor g, KernelParameters p)
    {
        var t = x.Softplus().Tanh();
        return g * (t + x * (1 - t * t) * x.Sigmoid());
    }
}
