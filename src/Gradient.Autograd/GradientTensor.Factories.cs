namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>All zeros. Default: Float32 on <see cref="Devices.Default"/>.</summary>
    public static GradientTensor Zeros(Shape shape, DType dtype = DType.Float32, Device? device = null, bool requiresGrad = false) =>
        Full(shape, 0, dtype, device, requiresGrad);

    /// <summary>All ones. Default: Float32 on <see cref="Devices.Default"/>.</summary>
    public static GradientTensor Ones(Shape shape, DType dtype = DType.Float32, Device? device = null, bool requiresGrad = false) =>
        Full(shape, 1, dtype, device, requiresGrad);

    /// <summary>The same value everywhere. Default: Float32 on <see cref="Devices.Default"/>.</summary>
    public static GradientTensor Full(Shape shape, double value, DType dtype = DType.Float32, Device? device = null, bool requiresGrad = false)
    {
        var tensor = Tensor.Empty(shape, dtype, device ?? Devices.Default);
        tensor.Backend.Fill(tensor, value);
        return new(tensor, requiresGrad);
    }

    /// <summary>A 0-d tensor. Default: Float32 on <see cref="Devices.Default"/>.</summary>
    public static GradientTensor Scalar(double value, DType dtype = DType.Float32, Device? device = null, bool requiresGrad = false) =>
        Full([], value, dtype, device, requiresGrad);

    /// <summary>Zeros of the shape, type and device of this tensor.</summary>
    public GradientTensor ZerosLike() => Zeros(Shape, DType, Device);

    /// <summary>Ones of the shape, type and device of this tensor.</summary>
    public GradientTensor OnesLike() => Ones(Shape, DType, Device);

    /// <summary>start, start + step, … below <paramref name="stop"/> (above, if the step is negative). Default: Float32.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is 0.</exception>
    public static GradientTensor Arange(double start, double stop, double step = 1, DType dtype = DType.Float32, Device? device = null)
    {
        if (step == 0 || double.IsNaN(step)) throw new ArgumentOutOfRangeException(nameof(step), step, "Arange needs a step other than 0.");
        long count = Math.Max(0, (long)Math.Ceiling((stop - start) / step));
        var tensor = Tensor.Empty([count], dtype, device ?? Devices.Default);
        tensor.Backend.Range(tensor, start, step);
        return new(tensor);
    }

    /// <summary><paramref name="count"/> numbers at equal distances from start to stop, both included. Default: Float32.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative.</exception>
    public static GradientTensor Linspace(double start, double stop, long count, DType dtype = DType.Float32, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var tensor = Tensor.Empty([count], dtype, device ?? Devices.Default);
        double step = count > 1 ? (stop - start) / (count - 1) : 0;
        tensor.Backend.Range(tensor, start, step);
        if (count > 1)
        {
            // start + (count − 1)·step may miss stop by a rounding.
            using var last = tensor.View(tensor.Layout.Select(0, -1));
            tensor.Backend.Fill(last, stop);
        }

        return new(tensor);
    }

    /// <summary>The n×n identity matrix. Default: Float32.</summary>
    public static GradientTensor Eye(long n, DType dtype = DType.Float32, Device? device = null)
    {
        var rows = Arange(0, n, dtype: DType.Int64, device: device);
        return rows.Unsqueeze(1).EqualTo(rows).To(dtype);
    }

    /// <summary>
    /// Uniform in [0, 1). With a seed the numbers depend on it alone; without, they continue <see cref="RandomNumbers.Default"/>.
    /// </summary>
    public static GradientTensor Rand(Shape shape, long? seed = null, DType dtype = DType.Float32, Device? device = null, bool requiresGrad = false) =>
        Random(RandomKind.Uniform, new(0, 1), shape, seed, dtype, device, requiresGrad);

    /// <summary>Standard normal; seeds as with <see cref="Rand"/>.</summary>
    public static GradientTensor Randn(Shape shape, long? seed = null, DType dtype = DType.Float32, Device? device = null, bool requiresGrad = false) =>
        Random(RandomKind.Normal, new(0, 1), shape, seed, dtype, device, requiresGrad);

    /// <summary>Uniform integers in [low, high); seeds as with <see cref="Rand"/>. Default: Int64.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty.</exception>
    public static GradientTensor RandInt(long low, long high, Shape shape, long? seed = null, DType dtype = DType.Int64, Device? device = null)
    {
        if (high <= low) throw new ArgumentOutOfRangeException(nameof(high), high, $"RandInt needs high above low = {low}.");
        return Random(RandomKind.Integer, new(low, high), shape, seed, dtype, device, false);
    }

    internal static GradientTensor Random(
        RandomKind kind, KernelParameters parameters, in Shape shape, long? seed, DType dtype, Device? device, bool requiresGrad)
    {
        var tensor = Tensor.Empty(shape, dtype, device ?? Devices.Default);
        var (key, offset) = seed is { } own ? (unchecked((ulong)own), 0UL) : RandomNumbers.Default.Take(tensor.ElementCount);
        tensor.Backend.Random(kind, parameters, key, offset, tensor);
        return new(tensor, requiresGrad);
    }
}
