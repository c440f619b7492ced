namespace Gradient.Nn;

public static partial class Loss
{
    /// <summary>The mean of (prediction − target)².</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor Mse(GradientTensor prediction, GradientTensor target) => Mse(prediction, target, Reduction.Mean);

    /// <summary>(prediction − target)².</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor Mse(GradientTensor prediction, GradientTensor target, Reduction reduction)
    {
        (prediction, target) = Same("mse", prediction, target);
        return Reduce((prediction - target).Square(), reduction);
    }

    /// <summary>The mean of |prediction − target|; the gradient at 0 is 0.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor Mae(GradientTensor prediction, GradientTensor target) => Mae(prediction, target, Reduction.Mean);

    /// <summary>|prediction − target|; the gradient at 0 is 0.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor Mae(GradientTensor prediction, GradientTensor target, Reduction reduction)
    {
        (prediction, target) = Same("mae", prediction, target);
        return Reduce((prediction - target).Abs(), reduction);
    }

    /// <summary>The mean Huber loss with δ = 1.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor Huber(GradientTensor prediction, GradientTensor target) => Huber(prediction, target, 1);

    /// <summary>
    /// d²/2 where d = |prediction − target| is at most δ, else δ·(d − δ/2) (Huber, Robust Estimation of a Location Parameter, 1964).
    /// </summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">δ is not above 0.</exception>
    public static GradientTensor Huber(GradientTensor prediction, GradientTensor target, double delta, Reduction reduction = Reduction.Mean)
    {
        if (!(delta > 0)) throw new ArgumentOutOfRangeException(nameof(delta), delta, "Huber needs a δ above 0.");
        (prediction, target) = Same("huber", prediction, target);
        var distance = (prediction - target).Abs();
        // Of the clamped distance, so that the square of the branch not taken cannot overflow: d ≤ δ ? d²/2 : δ·d − δ²/2 = c·(d − c/2).
        var near = distance.Clamp(max: delta);
        return Reduce(near * (distance - near * 0.5), reduction);
    }

    /// <summary>The mean smooth L1 loss with β = 1.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor SmoothL1(GradientTensor prediction, GradientTensor target) => SmoothL1(prediction, target, 1);

    /// <summary>Huber's loss divided by β = δ (Girshick, Fast R-CNN, 2015); for β = 0, the absolute error.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">β is negative.</exception>
    public static GradientTensor SmoothL1(GradientTensor prediction, GradientTensor target, double beta, Reduction reduction = Reduction.Mean)
    {
        if (!(beta >= 0)) throw new ArgumentOutOfRangeException(nameof(beta), beta, "SmoothL1 needs a β of 0 or more.");
        return beta == 0 ? Mae(prediction, target, reduction) : Huber(prediction, target, beta, reduction) / beta;
    }

    /// <summary>The mean hinge loss.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor Hinge(GradientTensor prediction, GradientTensor target) => Hinge(prediction, target, Reduction.Mean);

    /// <summary>max(0, 1 − target·prediction) with targets of ±1 (Cortes, Vapnik, Support-Vector Networks, 1995); the gradient at the kink is 0.</summary>
    /// <exception cref="ShapeMismatchException">The shapes differ.</exception>
    public static GradientTensor Hinge(GradientTensor prediction, GradientTensor target, Reduction reduction)
    {
        (prediction, target) = Same("hinge", prediction, target);
        return Reduce((1 - target * prediction).Relu(), reduction);
    }
}
