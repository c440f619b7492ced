namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>
    /// The variance over the axes, all by default: Σ(x − mean)²/(n − correction), in two passes, which does not cancel.
    /// </summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="correction">1 for the unbiased estimate (Bessel), 0 for that of maximum likelihood.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    /// <exception cref="DTypeMismatchException">The type is not floating point.</exception>
    public GradientTensor Var(ReadOnlySpan<int> axes = default, double correction = 1, bool keepDims = false)
    {
        ShapeChecks.FloatingPoint("var", DType);
        if (Autocast.Converts("var", this, out var converted)) return converted.Var(axes, correction, keepDims);
        var set = AxisSet.Of(Shape, axes, "var");
        double freedom = Math.Max(0, CountAlong(set) - correction);
        var kept = Shape.Reduce(set, keepDims: true);
        return Tape.Record("var", Variance(set, freedom, keepDims).To(DType), [this], g => [Centered(set) * (g.Reshape(kept) * (2 / freedom))], this);
    }

    /// <summary>The variance over one axis.</summary>
    public GradientTensor Var(int axis, double correction = 1, bool keepDims = false) => Var([axis], correction, keepDims);

    /// <summary>The standard deviation, the root of <see cref="Var(ReadOnlySpan{int}, double, bool)"/>; the gradient at 0 is 0.</summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="correction">1 for the root of the unbiased estimate, 0 for that of maximum likelihood.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    /// <exception cref="DTypeMismatchException">The type is not floating point.</exception>
    public GradientTensor Std(ReadOnlySpan<int> axes = default, double correction = 1, bool keepDims = false)
    {
        ShapeChecks.FloatingPoint("std", DType);
        if (Autocast.Converts("std", this, out var converted)) return converted.Std(axes, correction, keepDims);
        var set = AxisSet.Of(Shape, axes, "std");
        double freedom = Math.Max(0, CountAlong(set) - correction);
        var kept = Shape.Reduce(set, keepDims: true);
        var result = Variance(set, freedom, keepDims);
        Backend.Unary(UnaryKind.Sqrt, result, result);
        result = result.To(DType);
        // Where the deviation is 0, x − mean is 0, so any finite divisor gives the 0 that is wanted.
        return Tape.RecordWithOutput("std", result, [this],
            (y, g) => [Centered(set) * (g / (y.MaskedFill(y.EqualTo(0), 1) * freedom)).Reshape(kept)], this);
    }

    /// <summary>The standard deviation over one axis.</summary>
    public GradientTensor Std(int axis, double correction = 1, bool keepDims = false) => Std([axis], correction, keepDims);

    /// <summary>
    /// The vector norm (Σ|x|ᵖ)^(1/p) over the axes, all by default; for p = ∞ the largest |x|, −∞ the smallest, 0 the number of
    /// elements other than 0. The gradient at 0 is 0.
    /// </summary>
    /// <param name="p">The order.</param>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    /// <exception cref="DTypeMismatchException">The type is not floating point.</exception>
    public GradientTensor Norm(double p = 2, ReadOnlySpan<int> axes = default, bool keepDims = false)
    {
        ShapeChecks.FloatingPoint("norm", DType);
        if (Autocast.Converts("norm", this, out var converted)) return converted.Norm(p, axes, keepDims);
        if (p == 1) return Abs().Sum(axes, keepDims);
        if (double.IsPositiveInfinity(p)) return Abs().Max(axes, keepDims);
        if (double.IsNegativeInfinity(p)) return Abs().Min(axes, keepDims);
        if (p == 0) return NotEqualTo(0).To(DType).Sum(axes, keepDims);
        var set = AxisSet.Of(Shape, axes, "norm");
        var kept = Shape.Reduce(set, keepDims: true);
        if (p == 2)
        {
            var wide = Widened();
            var root = wide.Reduced(ReduceKind.SumOfSquares, set, keepDims, wide.DType);
            Backend.Unary(UnaryKind.Sqrt, root, root);
            root = root.To(DType);
            return Tape.RecordWithOutput("norm", root, [this], (y, g) => [this * (g / y.MaskedFill(y.EqualTo(0), 1)).Reshape(kept)], this);
        }

        Tensor result;
        using (Tape.NoGrad()) result = Abs().Pow(p).Sum(axes, keepDims).Pow(1 / p).Value;
        return Tape.RecordWithOutput("norm", result, [this], (y, g) =>
        {
            // |x|ᵖ⁻¹ of a 0 may be ∞; the sign in front makes these elements 0 if the power is finite.
            var powers = MaskedFill(EqualTo(0), 1).Abs().Pow(p - 1);
            return [Sign() * powers * (g / y.MaskedFill(y.EqualTo(0), 1).Pow(p - 1)).Reshape(kept)];
        }, this);
    }

    /// <summary>ln Σeˣ over the axes, all by default, without overflow; −∞ where all are −∞ (gradient 0) and of nothing.</summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    /// <exception cref="DTypeMismatchException">The type is not floating point.</exception>
    public GradientTensor LogSumExp(ReadOnlySpan<int> axes = default, bool keepDims = false)
    {
        ShapeChecks.FloatingPoint("logSumExp", DType);
        if (Autocast.Converts("logSumExp", this, out var converted)) return converted.LogSumExp(axes, keepDims);
        var set = AxisSet.Of(Shape, axes, "logSumExp");
        var kept = Shape.Reduce(set, keepDims: true);
        if (CountAlong(set) == 0) return Full(Shape.Reduce(set, keepDims), double.NegativeInfinity, DType, Device);
        Tensor result;
        using (Tape.NoGrad())
        {
            var largest = Max(axes, keepDims: true);
            largest = largest.IsFinite().Where(largest, largest.ScalarLike(0)); // ∞ − ∞ would be NaN
            result = ((this - largest).Exp().Sum(axes, keepDims).Log() + largest.Reshape(Shape.Reduce(set, keepDims))).Value;
        }

        return Tape.RecordWithOutput("logSumExp", result, [this],
            (y, g) => [g.Reshape(kept) * (this - y.MaskedFill(y.EqualTo(double.NegativeInfinity), 0).Reshape(kept)).Exp()], this);
    }

    /// <summary>ln Σeˣ over one axis.</summary>
    public GradientTensor LogSumExp(int axis, bool keepDims = false) => LogSumExp([axis], keepDims);

    /// <summary>In the type of <see cref="Widened"/>.</summary>
    private Tensor Variance(AxisSet axes, double freedom, bool keepDims)
    {
        var wide = Widened();
        using var mean = wide.Reduced(ReduceKind.Mean, axes, keepDims: true, wide.DType);
        using var centered = Tensor.Empty(Shape, wide.DType, Device);
        Backend.Binary(BinaryKind.Subtract, wide.Value, mean, centered);
        var result = new GradientTensor(centered).Reduced(ReduceKind.SumOfSquares, axes, keepDims, wide.DType);
        Backend.Unary(UnaryKind.DivideByScalar, result, result, new(freedom));
        return result;
    }

    /// <summary>In Float32 if the type is shorter: squares leave its range long before their mean or root does.</summary>
    private GradientTensor Widened() => DType.Size() < sizeof(float) ? new(Value.To(DType.Float32)) : this;

    private GradientTensor Centered(AxisSet axes)
    {
        Span<int> list = stackalloc int[Shape.MaxRank];
        return axes.Count == 0 ? ZerosLike() : this - Mean(Axes(axes, list), keepDims: true);
    }
}
