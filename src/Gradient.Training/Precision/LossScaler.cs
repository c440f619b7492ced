namespace Gradient.Training;

/// <summary>
/// Multiplies the loss so that gradients stay in the range of Float16, and divides them again before the step (Micikevicius et al.,
/// Mixed Precision Training, 2018). The factor adapts: a step whose gradients are not all finite is left out and the factor shrinks;
/// after enough good steps in a row it grows. The rules and defaults are those of torch.cuda.amp.GradScaler. For
/// <c>Autocast.Begin(DType.Float16)</c>; BFloat16 has the range of Float32 and needs none.
/// <code>
/// scaler.ScaleLoss(loss).Backward();       // once per micro-batch
/// scaler.Unscale(optimizer);               // only if the gradients are clipped or looked at
/// Gradients.ClipNorm(model.Parameters(), 1);
/// scaler.Step(optimizer);                  // false: left out
/// scaler.Update();
/// optimizer.ZeroGrad();
/// </code>
/// </summary>
public sealed class LossScaler
{
    /// <summary>
    /// Gradients that are infinite at a smaller scale would exceed 65504·2²⁴ ≈ 10¹² without any: then it is not the scale.
    /// </summary>
    private const double SmallestScale = 1.0 / (1 << 24);

    private readonly double growthFactor, backoffFactor;
    private readonly int growthInterval;
    private readonly Dictionary<Optimizer, Pending> pending = new(ReferenceEqualityComparer.Instance);

    /// <param name="initialScale">What losses are multiplied by at first.</param>
    /// <param name="growthFactor">By what the scale grows; above 1.</param>
    /// <param name="backoffFactor">By what the scale shrinks; between 0 and 1.</param>
    /// <param name="growthInterval">After how many good steps in a row it grows.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is outside of these bounds.</exception>
    public LossScaler(double initialScale = 65536, double growthFactor = 2, double backoffFactor = 0.5, int growthInterval = 2000)
    {
        if (!IsScale(initialScale)) throw new ArgumentOutOfRangeException(nameof(initialScale), initialScale, "The scale of a loss is a positive Float32 number.");
        if (!(growthFactor > 1)) throw new ArgumentOutOfRangeException(nameof(growthFactor), growthFactor, "The scale of a loss grows by more than 1.");
        if (!(backoffFactor is > 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(backoffFactor), backoffFactor, "The scale of a loss shrinks by a factor between 0 and 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(growthInterval, 1);
        (Scale, this.growthFactor, this.backoffFactor, this.growthInterval) = (initialScale, growthFactor, backoffFactor, growthInterval);
    }

    /// <summary>What losses are multiplied by.</summary>
    public double Scale { get; private set; }

    /// <summary>How many steps were left out because a gradient was not finite.</summary>
    public long SkippedSteps { get; private set; }

    /// <summary>Steps in a row, since the scale changed, whose gradients were finite.</summary>
    public int GoodSteps { get; private set; }

    /// <summary>What a checkpoint saves, and sets to go on from it.</summary>
    /// <exception cref="CorruptFileException">A number is negative, or the scale no positive Float32 number; nothing was changed.</exception>
    public LossScalerState State
    {
        get => new(Scale, GoodSteps, SkippedSteps);
        set
        {
            if (!IsScale(value.Scale) || value.GoodSteps < 0 || value.SkippedSteps < 0)
                throw new CorruptFileException($"LossScaler: {value} is no state of a loss scaler.");
            (Scale, GoodSteps, SkippedSteps) = (value.Scale, value.GoodSteps, value.SkippedSteps);
            pending.Clear();
        }
    }

    /// <summary>The loss times <see cref="Scale"/>, in Float32 at least, on which to call Backward.</summary>
    public GradientTensor ScaleLoss(GradientTensor loss) => (loss.DType.Size() < sizeof(float) ? loss.To(DType.Float32) : loss) * Scale;

    /// <summary>
    /// Divides the gradients by <see cref="Scale"/>, in place, and counts on the device those that are not finite: two launches over all
    /// of them. <see cref="Step"/> does it unless this was called before, to clip or to look at the gradients.
    /// </summary>
    /// <exception cref="GradientException">It was called already, or there is no gradient.</exception>
    /// <exception cref="DTypeMismatchException">A parameter itself is Float16, where small gradients are lost when divided.</exception>
    public void Unscale(Optimizer optimizer)
    {
        if (pending.ContainsKey(optimizer))
            throw new GradientException("LossScaler.Unscale: the gradients of this optimizer are unscaled already; call Update after its Step, before the next Backward.");
        foreach (var parameter in optimizer.Parameters)
            if (parameter is { DType: DType.Float16, Grad: not null })
                throw new DTypeMismatchException(
                    $"LossScaler.Unscale: a parameter of shape {parameter.Shape} is float16, which cannot hold the unscaled gradient; keep parameters in "
                    + "Float32 (model.To(DType.Float32)) and compute in Float16 with Autocast.Begin(DType.Float16).");
        using var _ = Tape.NoGrad();
        var count = Gradients.CountNonFinite(optimizer.Parameters) ?? throw new GradientException(
            "LossScaler.Unscale: no parameter of this optimizer has a gradient; call ScaleLoss(loss).Backward() before.");
        Gradients.Scale(optimizer.Parameters, 1 / Scale);
        pending.Add(optimizer, new(count));
    }

    /// <summary>
    /// Steps the optimizer if all its gradients are finite. Reads one number back from the device, as it must, to decide.
    /// </summary>
    /// <returns>Whether it stepped.</returns>
    /// <exception cref="GradientException">It was called already since <see cref="Update"/>, or there is no gradient.</exception>
    public bool Step(Optimizer optimizer)
    {
        if (!pending.TryGetValue(optimizer, out var unscaled))
        {
            Unscale(optimizer);
            unscaled = pending[optimizer];
        }

        if (unscaled.IsFinite is not null)
            throw new GradientException("LossScaler.Step: this optimizer has stepped already; call Update before its next Step.");
        unscaled.IsFinite = unscaled.NonFinite.Item<long>() == 0;
        if (unscaled.IsFinite.Value) optimizer.Step();
        else SkippedSteps++;
        return unscaled.IsFinite.Value;
    }

    /// <summary>Adapts the scale to what the steps since the last update found; once, after those of all optimizers.</summary>
    /// <exception cref="GradientException">
    /// There was no step to learn from; or the scale is so small that it cannot be what makes gradients infinite.
    /// </exception>
    public void Update()
    {
        if (pending.Count == 0) throw new GradientException("LossScaler.Update: no gradients were unscaled since the last update; call Step(optimizer) before.");
        bool finite = true;
        foreach (var (_, unscaled) in pending) finite &= unscaled.IsFinite ?? unscaled.NonFinite.Item<long>() == 0;
        pending.Clear();
        if (!finite)
        {
            (Scale, GoodSteps) = (Scale * backoffFactor, 0);
            if (Scale < SmallestScale)
                throw new GradientException(
                    $"LossScaler: gradients are not finite even with a loss scale of {Scale}, after {SkippedSteps} skipped steps: the loss itself or an "
                    + "operation makes NaN or infinity. using (Tape.DetectAnomaly()) names it; a lower learning rate or clipping may help.");
        }
        else if (++GoodSteps >= growthInterval)
        {
            GoodSteps = 0;
            if (IsScale(Scale * growthFactor)) Scale *= growthFactor;
        }
    }

    /// <summary>Whether losses of Float32 can be multiplied by it.</summary>
    private static bool IsScale(double scale) => scale > 0 && float.IsFinite((float)scale);

    private sealed class Pending(GradientTensor nonFinite)
    {
        public GradientTensor NonFinite => nonFinite;

        /// <summary>Null until the optimizer has stepped, or not.</summary>
        public bool? IsFinite { get; set; }
    }
}
