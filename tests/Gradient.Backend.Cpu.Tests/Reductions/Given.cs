using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>How a test's tensor lies in memory.</summary>
public enum Lie
{
    Contiguous,
    Transposed,
    Offset,
    Steps,
    Flipped,
    Expanded,
}

/// <summary>Tensors of any layout, written and read element by element without any kernel.</summary>
internal static unsafe class Given
{
    public static readonly Lie[] Lies = Enum.GetValues<Lie>();

    public static readonly Lie[] WritableLies = [Lie.Contiguous, Lie.Transposed, Lie.Offset, Lie.Steps, Lie.Flipped];

    public static IBackend Backend => CpuDevice.Instance.Backend;

    /// <summary>A tensor whose elements are f(0), f(1), … in row-major order; an expanded one repeats those of its first row.</summary>
    public static Tensor Make(Shape shape, DType dtype, Lie lie, Func<long, double> f)
    {
        var tensor = Blank(shape, dtype, lie);
        for (long i = 0; i < tensor.ElementCount; i++) Set(tensor, i, f(i));
        return tensor;
    }

    /// <summary>A tensor of a layout; what lies between its elements is NaN or −77, which no kernel may read or overwrite.</summary>
    public static Tensor Blank(Shape shape, DType dtype, Lie lie)
    {
        var outer = shape;
        for (int i = 0; i < shape.Rank; i++)
        {
            if (lie == Lie.Offset) outer = outer.With(i, shape[i] + 3);
            if (lie == Lie.Steps) outer = outer.With(i, (2 * shape[i]) + 1);
            if (lie == Lie.Expanded && i == 0) outer = outer.With(i, 1);
        }

        if (lie == Lie.Transposed)
        {
            var reversed = shape.ToArray();
            Array.Reverse(reversed);
            outer = new(reversed);
        }

        var tensor = Tensor.Empty(outer, dtype, CpuDevice.Instance);
        for (long i = 0; i < tensor.ElementCount; i++) Set(tensor, i, dtype.IsFloatingPoint() ? double.NaN : -77);
        var layout = tensor.Layout;
        if (lie == Lie.Transposed)
        {
            var order = new int[shape.Rank];
            for (int i = 0; i < order.Length; i++) order[i] = order.Length - 1 - i;
            layout = layout.Permute(order);
        }

        for (int i = 0; i < shape.Rank; i++)
        {
            if (lie == Lie.Offset) layout = layout.Slice(i, 2, shape[i], 1);
            if (lie == Lie.Steps) layout = layout.Slice(i, 1, shape[i], 2);
            if (lie == Lie.Flipped) layout = layout.Flip(i);
        }

        if (lie == Lie.Expanded) layout = layout.Expand(shape);
        return tensor.View(layout);
    }

    public static double Get(Tensor tensor, long index)
    {
        byte* start = (byte*)tensor.Storage.Buffer.HostAddress;
        long at = tensor.Layout.PositionOf(index);
        double value = tensor.DType switch
        {
            DType.Float32 => ((float*)start)[at],
            DType.Float64 => ((double*)start)[at],
            DType.Float16 => (double)((Half*)start)[at],
            DType.BFloat16 => ((BFloat16*)start)[at],
            DType.Int32 => ((int*)start)[at],
            DType.Int64 => ((long*)start)[at],
            _ => start[at],
        };
        GC.KeepAlive(tensor);
        return value;
    }

    public static void Set(Tensor tensor, long index, double value)
    {
        byte* start = (byte*)tensor.Storage.Buffer.HostAddress;
        long at = tensor.Layout.PositionOf(index);
        switch (tensor.DType)
        {
            case DType.Float32: ((float*)start)[at] = (float)value; break;
            case DType.Float64: ((double*)start)[at] = value; break;
            case DType.Float16: ((Half*)start)[at] = (Half)value; break;
            case DType.BFloat16: ((BFloat16*)start)[at] = (BFloat16)value; break;
            case DType.Int32: ((int*)start)[at] = (int)value; break;
            case DType.Int64: ((long*)start)[at] = (long)value; break;
            default: start[at] = (byte)(value != 0 ? 1 : 0); break;
        }

        GC.KeepAlive(tensor);
    }

    public static double[] Read(Tensor tensor)
    {
        var values = new double[tensor.ElementCount];
        for (long i = 0; i < values.Length; i++) values[i] = Get(tensor, i);
        return values;
    }

    /// <summary>Uniform numbers in [−range, range] that a type holds exactly enough: the tensor rounds, the reference reads it back.</summary>
    public static Func<long, double> Uniform(int seed, double range)
    {
        var random = new Random(seed);
        return _ => ((random.NextDouble() * 2) - 1) * range;
    }

    /// <summary>The relative precision of a type, of its largest values 1.</summary>
    public static double Epsilon(DType dtype) => dtype switch
    {
        DType.Float32 => 1.2e-7,
        DType.Float64 => 2.3e-16,
        DType.Float16 => 9.8e-4,
        DType.BFloat16 => 7.9e-3,
        _ => 0,
    };

    /// <summary>The coordinates of an element in row-major order.</summary>
    public static long[] Coordinates(Shape shape, long index)
    {
        var result = new long[shape.Rank];
        for (int i = shape.Rank - 1; i >= 0; i--) (index, result[i]) = Math.DivRem(index, shape[i]);
        return result;
    }

    /// <summary>The row-major number of an element.</summary>
    public static long Number(Shape shape, ReadOnlySpan<long> coordinates)
    {
        long index = 0;
        for (int i = 0; i < shape.Rank; i++) index = (index * shape[i]) + coordinates[i];
        return index;
    }

    /// <summary>Both NaN, both the same infinity, or within the tolerance.</summary>
    public static void AreClose(double[] actual, double[] expected, double tolerance, string what)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        for (int i = 0; i < actual.Length; i++)
        {
            double got = actual[i], want = expected[i];
            if (got.Equals(want) || (double.IsFinite(want) && Math.Abs(got - want) <= tolerance * Math.Max(1, Math.Abs(want)))) continue;
            Assert.Fail($"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
    }

    /// <summary>Runs the same work on 1, 2 and 3 threads and demands the same bits.</summary>
    public static void SameOnAnyThreads(Func<double[]> work)
    {
        int before = WorkerPool.Shared.Threads;
        try
        {
            WorkerPool.Shared.Threads = 1;
            var expected = work();
            for (int threads = 2; threads <= 3; threads++)
            {
                WorkerPool.Shared.Threads = threads;
                var actual = work();
                for (int i = 0; i < expected.Length; i++)
                    Assert.That(BitConverter.DoubleToInt64Bits(actual[i]), Is.EqualTo(BitConverter.DoubleToInt64Bits(expected[i])), $"{threads} threads, element {i}");
            }
        }
        finally
        {
            WorkerPool.Shared.Threads = before;
        }
    }
}
