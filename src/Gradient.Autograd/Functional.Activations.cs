namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// ln(1/(1 + e⁻ˣ)) = min(x, 0) − ln(1 + e^(−|x|)), accurate everywhere. An operation of its own for the gradient sigmoid(−x), which
    /// the composed formula misses at 0.
    /// </summary>
    public static GradientTensor LogSigmoid(GradientTensor x)
    {
        ShapeChecks.FloatingPoint("logSigmoid", x.DType);
        if (Autocast.Converts("logSigmoid", x, out var wide)) return LogSigmoid(wide);
        Tensor value;
        using (Tape.NoGrad()) value = (x.Clamp(max: 0) - (-x.Abs()).Exp().Log1p()).Value;
        return Tape.Record("logSigmoid", value, [x], g => [g * (-x).Sigmoid()], x);
    }
}
