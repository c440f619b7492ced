namespace Gradient.Nn;

/// <summary>Which number of connections keeps its variance.</summary>
public enum FanMode
{
    /// <summary>Those into an output: activations keep their size on the way forward.</summary>
    In,

    /// <summary>Those out of an input: gradients keep theirs on the way back.</summary>
    Out,
}

/// <summary>
/// First values for parameters. Each method overwrites the tensor it gets, outside of the tape, and returns it; numbers come from
/// <see cref="RandomNumbers.Default"/>. In weights the last axis counts outputs, the one before inputs, and those in front a
/// window, as in all of Gradient's layers.
/// </summary>
public static partial class Initializers
{
    /// <summary>The same value everywhere.</summary>
    public static GradientTensor Constant(GradientTensor tensor, double value)
    {
        tensor.Value.Fill(value);
        return tensor;
    }

    /// <summary>Uniform in [low, high).</summary>
    public static GradientTensor Uniform(GradientTensor tensor, double low = 0, double high = 1) =>
        Random(tensor, RandomKind.Uniform, low, high);

    /// <summary>Normal.</summary>
    public static GradientTensor Normal(GradientTensor tensor, double mean = 0, double standardDeviation = 1) =>
        Random(tensor, RandomKind.Normal, mean, standardDeviation);

    /// <summary>
    /// Uniform in ±√(6/((1 + slope²)·fan)): keeps variances through leaky ReLUs of that slope (He et al., Delving Deep into Rectifiers, 2015).
    /// </summary>
    /// <exception cref="ShapeMismatchException">The tensor has fewer than two axes.</exception>
    public static GradientTensor KaimingUniform(GradientTensor tensor, double slope = 0, FanMode mode = FanMode.In)
    {
        double bound = Math.Sqrt(3) * KaimingDeviation(tensor, slope, mode);
        return Uniform(tensor, -bound, bound);
    }

    /// <summary>Normal with variance 2/((1 + slope²)·fan) (He et al., 2015).</summary>
    /// <exception cref="ShapeMismatchException">The tensor has fewer than two axes.</exception>
    public static GradientTensor KaimingNormal(GradientTensor tensor, double slope = 0, FanMode mode = FanMode.In) =>
        Normal(tensor, 0, KaimingDeviation(tensor, slope, mode));

    /// <summary>
    /// Uniform in ±gain·√(6/(fan in + fan out)) (Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Networks, 2010).
    /// </summary>
    /// <exception cref="ShapeMismatchException">The tensor has fewer than two axes.</exception>
    public static GradientTensor XavierUniform(GradientTensor tensor, double gain = 1)
    {
        double bound = Math.Sqrt(3) * XavierDeviation(tensor, gain);
        return Uniform(tensor, -bound, bound);
    }

    /// <summary>Normal with variance gain²·2/(fan in + fan out) (Glorot, Bengio, 2010).</summary>
    /// <exception cref="ShapeMismatchException">The tensor has fewer than two axes.</exception>
    public static GradientTensor XavierNormal(GradientTensor tensor, double gain = 1) => Normal(tensor, 0, XavierDeviation(tensor, gain));

    /// <summary>The connections into an output and out of an input: window · inputs and window · outputs.</summary>
    /// <exception cref="ShapeMismatchException">The shape has fewer than two axes.</exception>
    public static (long In, long Out) Fans(in Shape shape)
    {
        if (shape.Rank < 2)
            throw new ShapeMismatchException($"A weight of shape {shape} has no inputs and outputs to count: two axes are needed at least.");
        long window = 1;
        for (int i = 0; i < shape.Rank - 2; i++) window *= shape[i];
        return (window * shape[-2], window * shape[-1]);
    }

    /// <summary>A convolution's kernel and bias with PyTorch's defaults: both uniform in ±1/√fan in.</summary>
    internal static (GradientTensor Weight, GradientTensor? Bias) Convolution(Shape kernel, int outputs, bool bias)
    {
        var weight = KaimingUniform(GradientTensor.Zeros(kernel), Math.Sqrt(5));
        double bound = 1 / Math.Sqrt(Math.Max(1, Fans(kernel).In));
        return (weight, bias ? Uniform(GradientTensor.Zeros([outputs]), -bound, bound) : null);
    }

    internal static void CheckGroups(int inputs, int outputs, int groups)
    {
        if (groups < 1 || inputs % groups != 0 || outputs % groups != 0)
            throw new ArgumentException($"{inputs} input and {outputs} output channels cannot be split into {groups} equal groups.", nameof(groups));
    }

    private static GradientTensor Random(GradientTensor tensor, RandomKind kind, double a, double b)
    {
        var numbers = GradientTensor.Random(kind, new(a, b), tensor.Shape, null, tensor.DType, tensor.Device, false);
        tensor.Value.CopyFrom(numbers.Value);
        return tensor;
    }

    private static double KaimingDeviation(GradientTensor tensor, double slope, FanMode mode)
    {
        var (fanIn, fanOut) = Fans(tensor.Shape);
        return Math.Sqrt(2 / ((1 + (slope * slope)) * Math.Max(1, mode == FanMode.In ? fanIn : fanOut)));
    }

    private static double XavierDeviation(GradientTensor tensor, double gain)
    {
        var (fanIn, fanOut) = Fans(tensor.Shape);
        return gain * Math.Sqrt(2.0 / Math.Max(1, fanIn + fanOut));
    }
}
