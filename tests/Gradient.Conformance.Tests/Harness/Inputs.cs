namespace Gradient.Conformance.Tests;

/// <summary>Makes the inputs of cases: the same numbers for the framework and for the reference.</summary>
public static class Inputs
{
    public static Values Generate(long[] shape, Domain domain, int seed, DType dtype)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        long count = 1;
        foreach (long length in shape) count *= length;
        int[] order = [.. Enumerable.Range(0, (int)count)];
        random.Shuffle(order);
        int next = 0;
        return Values.Make(shape, _ =>
        {
            int at = order[next++];
            double value = domain switch
            {
                Domain.Normal => Normal(),
                Domain.Positive => 0.5 + (2 * random.NextDouble()),
                Domain.AwayFromZero => Normal() is var x ? x + (0.1 * Math.Sign(x)) : 0,
                Domain.AwayFromIntegers => random.Next(-8, 8) / 2.0 + 0.25,
                Domain.Distinct => (at - (count / 2.0)) * 0.25,
                Domain.Unit => (random.NextDouble() * 1.8) - 0.9,
                Domain.Integers => random.Next(-4, 5),
                Domain.Bits or Domain.Mask => random.Next(2),
                Domain.Index3 => random.Next(3),
                _ => throw new ArgumentOutOfRangeException(nameof(domain)),
            };
            return Round(value, TypeOf(domain, dtype));
        });
    }

    /// <summary>The type of an input: that of the case, unless the domain fixes one.</summary>
    public static DType TypeOf(Domain domain, DType dtype) => domain switch
    {
        Domain.Index3 => DType.Int64,
        Domain.Mask => DType.Bool,
        _ => dtype,
    };

    /// <summary>The nearest value that the type holds.</summary>
    public static double Round(double value, DType dtype) => dtype switch
    {
        DType.Float32 => (float)value,
        DType.Float16 => (double)(Half)value,
        DType.BFloat16 => (BFloat16)value,
        DType.Int32 or DType.Int64 => Math.Round(value),
        DType.Bool => value != 0 ? 1 : 0,
        _ => value,
    };

    /// <summary>The values as a contiguous tensor on a device.</summary>
    public static Tensor ToTensor(Values values, DType dtype, Device device) =>
        Tensor.From<double>(values.Data, new Shape(values.Shape), Devices.Cpu).To(dtype).To(device);

    /// <summary>What a tensor holds, widened.</summary>
    public static Values FromTensor(Tensor tensor) =>
        new(tensor.To(Devices.Cpu).To(DType.Float64).ToArray<double>(), tensor.Shape.ToArray());
}
