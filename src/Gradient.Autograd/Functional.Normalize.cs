namespace Gradient.Autograd;

public static partial class Functional
{
    /// <summary>
    /// Normalizes each channel (the last axis) to mean 0 and variance 1 over all other axes, then scales and shifts it
    /// (Ioffe, Szegedy, Batch Normalization, 2015). In training the statistics are those of the batch, and the running ones move
    /// toward them by <paramref name="momentum"/>, the variance unbiased; otherwise the running statistics are used. Inside of
    /// <see cref="Tape.Checkpoint(Func{GradientTensor, GradientTensor}, GradientTensor)"/> they move once (in PyTorch, twice).
    /// </summary>
    /// <param name="x">[batch, …, channels].</param>
    /// <param name="runningMean">[channels], changed in place in training; null: always the batch's statistics.</param>
    /// <param name="runningVariance">[channels], likewise.</param>
    /// <param name="weight">[channels], or null for 1.</param>
    /// <param name="bias">[channels], or null for 0.</param>
    /// <param name="training">Whether this is training.</param>
    /// <param name="momentum">The share of the new in the running statistics.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit, or a channel has one value only in training.</exception>
    public static GradientTensor BatchNorm(
        GradientTensor x, GradientTensor? runningMean, GradientTensor? runningVariance, GradientTensor? weight = null, GradientTensor? bias = null,
        bool training = false, double momentum = 0.1, double epsilon = 1e-5)
    {
        if (x.Rank < 2) throw new ShapeMismatchException($"batchNorm: shape {x.Shape} where [batch, …, channels] is needed.");
        Shape channels = [x.Shape[-1]];
        (x, weight, bias) = Affine("batchNorm", x, weight, bias, channels);
        CheckShape("batchNorm", "the running mean", runningMean, channels, x);
        CheckShape("batchNorm", "the running variance", runningVariance, channels, x);
        if (!training && runningMean is not null && runningVariance is not null)
            return Standardized(x, runningMean, runningVariance, weight, bias, epsilon);
        long count = x.Shape.Without(-1).ElementCount;
        if (training && count <= 1)
            throw new ShapeMismatchException($"batchNorm: training needs more than one value per channel, but the input has shape {x.Shape}.");
        var axes = new AxisSet((byte)(AxisSet.All(x.Rank).Mask >> 1));
        var y = Normalize(
            "batchNorm", NormalizeKind.Standard, x, axes, Aligned(weight, channels, x.Rank), Aligned(bias, channels, x.Rank), epsilon, out var statistics);
        if (training && runningMean is not null && runningVariance is not null && !Tape.IsRecomputing)
            UpdateRunning(runningMean, runningVariance, statistics, count, momentum, epsilon);
        return y;
    }

    /// <summary>
    /// Normalizes over the last axes together, each row by itself, then scales and shifts (Ba, Kiros, Hinton, Layer Normalization, 2016).
    /// </summary>
    /// <param name="x">[…, normalized shape].</param>
    /// <param name="normalizedShape">The lengths of the last axes.</param>
    /// <param name="weight">Of the normalized shape, or null for 1.</param>
    /// <param name="bias">Of the normalized shape, or null for 0.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor LayerNorm(
        GradientTensor x, Shape normalizedShape, GradientTensor? weight = null, GradientTensor? bias = null, double epsilon = 1e-5)
    {
        (x, weight, bias) = Affine("layerNorm", x, weight, bias, normalizedShape);
        var axes = LastAxes("layerNorm", x.Shape, normalizedShape);
        return Normalize(
            "layerNorm", NormalizeKind.Standard, x, axes, Aligned(weight, normalizedShape, x.Rank), Aligned(bias, normalizedShape, x.Rank), epsilon, out _);
    }

    /// <summary>x/√(mean(x²) + ε)·weight over the last axes (Zhang, Sennrich, Root Mean Square Layer Normalization, 2019).</summary>
    /// <param name="x">[…, normalized shape].</param>
    /// <param name="normalizedShape">The lengths of the last axes.</param>
    /// <param name="weight">Of the normalized shape, or null for 1.</param>
    /// <param name="epsilon">Added to the mean square; the rounding unit of the type by default, as in PyTorch.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor RmsNorm(GradientTensor x, Shape normalizedShape, GradientTensor? weight = null, double? epsilon = null)
    {
        (x, weight, _) = Affine("rmsNorm", x, weight, null, normalizedShape);
        var axes = LastAxes("rmsNorm", x.Shape, normalizedShape);
        double small = epsilon ?? x.DType switch
        {
            DType.Float64 => Math.ScaleB(1, -52),
            DType.Float16 => Math.ScaleB(1, -10),
            DType.BFloat16 => Math.ScaleB(1, -7),
            _ => Math.ScaleB(1, -23),
        };
        return Normalize("rmsNorm", NormalizeKind.RootMeanSquare, x, axes, Aligned(weight, normalizedShape, x.Rank), null, small, out _);
    }

    /// <summary>
    /// Splits the channels into groups and normalizes each group of each sample over its channels and all places; weight and
    /// bias are per channel (Wu, He, Group Normalization, 2018).
    /// </summary>
    /// <param name="x">[batch, …, channels].</param>
    /// <param name="groups">How many groups; they divide the channels.</param>
    /// <param name="weight">[channels], or null for 1.</param>
    /// <param name="bias">[channels], or null for 0.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit.</exception>
    public static GradientTensor GroupNorm(
        GradientTensor x, int groups, GradientTensor? weight = null, GradientTensor? bias = null, double epsilon = 1e-5)
    {
        if (x.Rank < 2 || groups < 1 || x.Shape[-1] % groups != 0)
            throw new ShapeMismatchException($"groupNorm: the channels (last axis) of shape {x.Shape} do not split into {groups} groups.");
        long channels = x.Shape[-1];
        (x, weight, bias) = Affine("groupNorm", x, weight, bias, [channels]);
        Shape inner = [groups, channels / groups];
        var grouped = x.Reshape(x.Shape.With(-1, groups).Insert(x.Rank, channels / groups));
        // All axes but the batch and the groups.
        int mask = AxisSet.All(grouped.Rank).Mask & ~1 & ~(1 << (grouped.Rank - 2));
        return Normalize(
            "groupNorm", NormalizeKind.Standard, grouped, new((byte)mask), Aligned(weight, inner, grouped.Rank), Aligned(bias, inner, grouped.Rank),
            epsilon, out _).Reshape(x.Shape);
    }

    /// <summary>
    /// Normalizes each channel of each sample over all places (Ulyanov, Vedaldi, Lempitsky, Instance Normalization, 2016).
    /// </summary>
    /// <param name="x">[batch, …, channels].</param>
    /// <param name="weight">[channels], or null for 1.</param>
    /// <param name="bias">[channels], or null for 0.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <exception cref="ShapeMismatchException">The shapes do not fit, or there is one place only.</exception>
    public static GradientTensor InstanceNorm(GradientTensor x, GradientTensor? weight = null, GradientTensor? bias = null, double epsilon = 1e-5)
    {
        if (x.Rank < 3) throw new ShapeMismatchException($"instanceNorm: shape {x.Shape} where [batch, …, channels] with places is needed.");
        if (x.Shape.Without(-1).Without(0).ElementCount <= 1)
            throw new ShapeMismatchException($"instanceNorm: more than one place per channel is needed, but the input has shape {x.Shape}.");
        Shape channels = [x.Shape[-1]];
        (x, weight, bias) = Affine("instanceNorm", x, weight, bias, channels);
        int mask = AxisSet.All(x.Rank).Mask & ~1 & ~(1 << (x.Rank - 1));
        return Normalize(
            "instanceNorm", NormalizeKind.Standard, x, new((byte)mask), Aligned(weight, channels, x.Rank), Aligned(bias, channels, x.Rank), epsilon, out _);
    }

    // A primitive: composed, the statistics and the affine map are six passes over memory forward and more backward.
    private static GradientTensor Normalize(
        string name, NormalizeKind kind, GradientTensor x, AxisSet axes, GradientTensor? weight, GradientTensor? bias, double epsilon,
        out (Tensor? Mean, Tensor Inverse) statistics)
    {
        var y = Tensor.Empty(x.Shape, x.DType, x.Device, name);
        var shape = x.Shape.Reduce(axes, keepDims: true);
        var type = x.DType == DType.Float64 ? DType.Float64 : DType.Float32;
        var mean = kind == NormalizeKind.Standard ? Tensor.Empty(shape, type, x.Device, name) : null;
        var inverse = Tensor.Empty(shape, type, x.Device, name);
        x.Backend.Normalize(kind, x.Value, axes, weight?.Value, bias?.Value, epsilon, y, mean, inverse);
        statistics = (mean, inverse);
        bool needX = x.RequiresGrad, needWeight = weight is { RequiresGrad: true }, needBias = bias is { RequiresGrad: true };
        return Tape.Record(
            name, y, [x, weight, bias],
            g =>
            {
                if (Tape.IsRecording) return NormalizeGradients(kind, g, x, axes, weight, epsilon, needX, needWeight, needBias);
                var dx = needX ? Tensor.Empty(x.Shape, x.DType, x.Device) : null;
                var dweight = needWeight ? Tensor.Empty(weight!.Shape, x.DType, x.Device) : null;
                var dbias = needBias ? Tensor.Empty(bias!.Shape, x.DType, x.Device) : null;
                g.Backend.NormalizeBackward(kind, g.Value, x.Value, axes, weight?.Value, mean, inverse, dx, dweight, dbias);
                return [Wrap(dx), Wrap(dweight), Wrap(dbias)];
            },
            x, weight);

        static GradientTensor? Wrap(Tensor? value) => value is null ? null : new(value);
    }

    // With n = (x − mean)·inverse and h = g·weight: dx = inverse·(h − mean(h) − n·mean(h·n)); without the mean, no mean(h).
    private static GradientTensor?[] NormalizeGradients(
        NormalizeKind kind, GradientTensor g, GradientTensor x, AxisSet set, GradientTensor? weight, double epsilon,
        bool needX, bool needWeight, bool needBias)
    {
        Span<int> all = stackalloc int[Shape.MaxRank];
        int count = 0;
        for (int i = 0; i < x.Rank; i++)
            if (set.Contains(i)) all[count++] = i;
        var axes = all[..count].ToArray();
        bool centered = kind == NormalizeKind.Standard;
        var difference = centered ? x - x.Mean(axes, keepDims: true) : x;
        var inverse = (difference.Square().Mean(axes, keepDims: true) + epsilon).Rsqrt();
        var normal = difference * inverse;
        GradientTensor? dx = null;
        if (needX)
        {
            var h = weight is null ? g : g * weight;
            var along = h - (normal * (h * normal).Mean(axes, keepDims: true));
            dx = inverse * (centered ? along - h.Mean(axes, keepDims: true) : along);
        }

        return [dx, needWeight ? g * normal : null, needBias ? g : null]; // the tape sums them to their shapes
    }

    private static GradientTensor Standardized(
        GradientTensor x, GradientTensor mean, GradientTensor variance, GradientTensor? weight, GradientTensor? bias, double epsilon)
    {
        var scale = (variance + epsilon).Rsqrt();
        if (weight is not null) scale *= weight;
        var shift = bias is null ? -(mean * scale) : bias - (mean * scale);
        return x * scale.To(x.DType) + shift.To(x.DType);
    }

    private static void UpdateRunning(
        GradientTensor runningMean, GradientTensor runningVariance, (Tensor? Mean, Tensor Inverse) statistics, long count, double momentum, double epsilon)
    {
        using var _ = Tape.NoGrad();
        var mean = new GradientTensor(statistics.Mean!.Reshape(runningMean.Shape));
        var inverse = new GradientTensor(statistics.Inverse.Reshape(runningMean.Shape));
        // inverse = 1/√(variance + ε); rounding must not leave a variance below 0.
        var variance = (1 / inverse.Square() - epsilon).Clamp(min: 0) * ((double)count / (count - 1));
        runningMean.Value.CopyFrom((runningMean * (1 - momentum) + mean * momentum).Value);
        runningVariance.Value.CopyFrom((runningVariance * (1 - momentum) + variance * momentum).Value);
    }

    /// <summary>The operands of a normalization in the type it computes in, checked.</summary>
    private static (GradientTensor X, GradientTensor? Weight, GradientTensor? Bias) Affine(
        string name, GradientTensor x, GradientTensor? weight, GradientTensor? bias, Shape shape)
    {
        var casting = Autocast.For(name, x, weight, bias);
        (x, weight, bias) = (casting.Apply(x), casting.Apply(weight), casting.Apply(bias));
        CheckAlike(name, x, weight, "the weight");
        CheckAlike(name, x, bias, "the bias");
        CheckShape(name, "the weight", weight, shape, x);
        CheckShape(name, "the bias", bias, shape, x);
        return (x, weight, bias);
    }

    private static AxisSet LastAxes(string name, in Shape shape, in Shape normalized)
    {
        bool fits = normalized.Rank >= 1 && normalized.Rank <= shape.Rank;
        for (int i = 1; fits && i <= normalized.Rank; i++) fits = shape[-i] == normalized[-i];
        if (!fits) throw new ShapeMismatchException($"{name}: an input of shape {shape} does not end in the normalized shape {normalized}.");
        int all = AxisSet.All(shape.Rank).Mask, front = AxisSet.All(shape.Rank - normalized.Rank).Mask;
        return new((byte)(all & ~front));
    }

    /// <summary>The parameter with axes of length 1 in front, up to a rank.</summary>
    private static GradientTensor? Aligned(GradientTensor? parameter, Shape shape, int rank)
    {
        if (parameter is null) return null;
        while (shape.Rank < rank) shape = shape.Insert(0, 1);
        return parameter.Reshape(shape);
    }
}
