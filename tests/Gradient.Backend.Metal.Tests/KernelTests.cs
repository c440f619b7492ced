using Gradient.Autograd;

namespace Gradient.Backend.Metal.Tests;

/// <summary>
/// What the conformance suite does not reach: faults that kernels report, tiles of transposes, streams of random numbers and
/// optimizer steps, the latter two against the CPU's, which has PyTorch's numbers behind it.
/// </summary>
[NonParallelizable]
public sealed class KernelTests
{
    [Test]
    public void Integer_division_by_zero_throws_at_the_next_synchronization_and_once([Values(BinaryKind.Divide, BinaryKind.Remainder)] BinaryKind kind, [Values(DType.Int32, DType.Int64)] DType type)
    {
        var device = SoftMetal.RequireDevice();
        using var a = Tensor.From<long>([7, -7, 1], [3], device).To(type);
        using var b = Tensor.From<long>([2, 2, 0], [3], device).To(type);
        using var y = Tensor.Empty([3], type, device);
        device.Backend.Binary(kind, a, b, y);
        Assert.That(device.Synchronize, Throws.TypeOf<GradientException>().With.Message.Contains("division by zero"));
        Assert.That(device.Synchronize, Throws.Nothing);
        using var known = y.To(DType.Int64);
        Assert.That(known.ToArray<long>()[..2], Is.EqualTo(kind == BinaryKind.Divide ? (long[])[3, -3] : [1, 1]));
    }

    [Test]
    public void The_first_of_many_faults_is_told_even_long_after()
    {
        var device = SoftMetal.RequireDevice();
        using var one = Tensor.From<int>([1], [1], device);
        using var zero = Tensor.From<int>([0], [1], device);
        using var y = Tensor.Empty([1], DType.Int32, device);
        device.Backend.Binary(BinaryKind.Remainder, one, zero, y);
        for (int i = 0; i < 100; i++) device.Backend.Binary(BinaryKind.Divide, one, zero, y);
        Assert.That(device.Synchronize, Throws.TypeOf<GradientException>().With.Message.Contains("remainder"));
        device.Backend.Binary(BinaryKind.Remainder, one, zero, y);
        for (int i = 0; i < 2000; i++) device.Backend.Binary(BinaryKind.Divide, one, one, y);
        Assert.That(device.Synchronize, Throws.TypeOf<GradientException>());
    }

    [Test]
    public void Integers_wrap_around_and_saturate_as_on_the_CPU()
    {
        var device = SoftMetal.RequireDevice();
        int[] a = [int.MaxValue, int.MinValue, int.MinValue, -7, 7, 46341], b = [1, -1, 2, 2, -2, 46341];
        long[] wide = [long.MaxValue, long.MinValue, long.MinValue, -7, 1L << 40, 3037000500], other = [1, -1, 2, 2, -3, 3037000500];
        foreach (var kind in (BinaryKind[])[BinaryKind.Add, BinaryKind.Subtract, BinaryKind.Multiply, BinaryKind.Divide, BinaryKind.Remainder, BinaryKind.Pow, BinaryKind.Minimum, BinaryKind.Maximum])
        {
            Assert.That(Run(device, a, b), Is.EqualTo(Run(Devices.Cpu, a, b)), $"{kind} of int32");
            Assert.That(Run(device, wide, other), Is.EqualTo(Run(Devices.Cpu, wide, other)), $"{kind} of int64");

            T[] Run<T>(Device on, T[] left, T[] right) where T : unmanaged
            {
                using var x = Tensor.From<T>(left, [left.Length], on);
                using var z = Tensor.From<T>(right, [right.Length], on);
                using var y = Tensor.Empty([left.Length], x.DType, on);
                on.Backend.Binary(kind, x, z, y);
                return y.ToArray<T>();
            }
        }
    }

    [Test]
    public void Conversions_agree_with_the_CPU_bit_by_bit()
    {
        var device = SoftMetal.RequireDevice();
        float[] values = [0, -0f, 1, -1.5f, 0.1f, 65504, 65520, 1e-7f, 6e-8f, 3e9f, -3e9f, 1e19f, -1e19f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 2147483648f, 1e-40f];
        DType[] types = [DType.Float32, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Bool];
        foreach (var from in types)
        {
            using var x = Tensor.From<float>(values, [values.Length], Devices.Cpu).To(from);
            foreach (var to in types)
                Assert.That(Bytes(x.To(device).To(to)), Is.EqualTo(Bytes(x.To(to))), $"{from.Name()} to {to.Name()}");
        }
    }

    [Test]
    public void A_truth_value_is_any_byte_but_zero()
    {
        var device = SoftMetal.RequireDevice();
        using var x = Tensor.Empty([3], DType.Bool, device);
        device.Backend.Upload([0, 2, 255], x.Storage, 0);
        using var y = x.To(DType.Int32);
        Assert.That(y.ToArray<int>(), Is.EqualTo((int[])[0, 1, 1]));
    }

    [Test]
    public void Transposes_go_through_tiles_of_any_remainder(
        [Values(31, 32, 33, 65)] int rows, [Values(32, 63, 64)] int columns, [Values(DType.Bool, DType.Float16, DType.Float32, DType.Int64)] DType type) =>
        CheckTranspose(3, rows, columns, type);

    /// <summary>Sizes that fill their buffers to the last byte: what a tile has beyond the matrix is outside of the buffer.</summary>
    [TestCase(32, 40)]
    [TestCase(40, 32)]
    public void Transposes_of_full_buffers(int rows, int columns) => CheckTranspose(1, rows, columns, DType.Float32);

    private static void CheckTranspose(int batches, int rows, int columns, DType type)
    {
        var device = SoftMetal.RequireDevice();
        long[] values = [.. Enumerable.Range(0, batches * rows * columns).Select(i => type == DType.Bool ? (i * i / 3) & 1L : i % 2000)];
        using var wide = Tensor.From<long>(values, [batches, rows, columns], device);
        using var x = wide.To(type);
        using var y = x.View(x.Layout.Permute([0, 2, 1])).Copy().To(DType.Int64);
        Assert.That(y.ToArray<long>(), Is.EqualTo(
            from b in Enumerable.Range(0, batches) from j in Enumerable.Range(0, columns) from i in Enumerable.Range(0, rows) select values[(((b * rows) + i) * columns) + j]));
    }

    [Test]
    public void A_range_is_written_into_a_view_and_nothing_else([Values(DType.Int32, DType.Int64, DType.Float32)] DType type, [Values(1, 3)] int step)
    {
        var device = SoftMetal.RequireDevice();
        using var around = Tensor.Empty([40], type, device);
        around.Fill(-1);
        using var inside = around.View(new Layout([9], [step], 4));
        device.Backend.Range(inside, 5, 2);
        using var numbers = around.To(DType.Int64);
        long[] expected = [.. Enumerable.Range(0, 40).Select(i => (i - 4) % step == 0 && i is >= 4 && (i - 4) / step < 9 ? 5L + ((i - 4) / step * 2) : -1)];
        Assert.That(numbers.ToArray<long>(), Is.EqualTo(expected));
    }

    [Test]
    public void A_transpose_is_written_into_a_view_and_nothing_else()
    {
        var device = SoftMetal.RequireDevice();
        using var around = Tensor.Empty([70, 80], DType.Float32, device);
        around.Fill(-1);
        float[] values = [.. Enumerable.Range(0, 40 * 50).Select(i => (float)i)];
        using var x = Tensor.From<float>(values, [40, 50], device);
        using var inside = around.View(new Layout([50, 40], [80, 1], (7 * 80) + 3));
        using var turned = x.View(x.Layout.Permute([1, 0]));
        inside.CopyFrom(turned);
        float[] actual = around.ToArray<float>();
        for (int i = 0; i < 70; i++)
            for (int j = 0; j < 80; j++)
                Assert.That(actual[(i * 80) + j], Is.EqualTo(i is >= 7 and < 57 && j is >= 3 and < 43 ? values[((j - 3) * 50) + i - 7] : -1), $"[{i}, {j}]");
    }

    [Test]
    public void Ranges_are_exact_to_the_last_bit([Values(0, 0.1, -3, 1e9)] double start, [Values(1, 0.1, -0.7, 1e-9)] double step)
    {
        var device = SoftMetal.RequireDevice();
        using var real = Tensor.Empty([100_003], DType.Float32, device);
        device.Backend.Range(real, start, step);
        Assert.That(real.ToArray<float>(), Is.EqualTo(Enumerable.Range(0, 100_003).Select(i => (float)(start + (i * step)))));
        using var whole = Tensor.Empty([1003], DType.Int64, device);
        device.Backend.Range(whole, start, step);
        Assert.That(whole.ToArray<long>(), Is.EqualTo(Enumerable.Range(0, 1003).Select(i => (long)(start + (i * step)))));
        using var view = Tensor.Empty([17, 2], DType.Int32, device);
        device.Backend.Range(view.View(view.Layout.Permute([1, 0])), 100, -3);
        Assert.That(view.ToArray<int>(), Is.EqualTo(from i in Enumerable.Range(0, 17) from j in Enumerable.Range(0, 2) select 100 - (3 * ((j * 17) + i))));
    }

    [Test]
    public void Random_numbers_are_those_of_the_CPU(
        [Values] RandomKind kind,
        [Values(DType.Float32, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Bool)] DType type,
        [Values(1, 4, 1003)] int count)
    {
        var device = SoftMetal.RequireDevice();
        bool supported = kind switch
        {
            RandomKind.Uniform or RandomKind.Normal => type.IsFloatingPoint(),
            RandomKind.Integer => type != DType.Bool,
            _ => true,
        };
        var parameters = kind switch
        {
            RandomKind.Integer => new KernelParameters(-5, type == DType.Int64 ? 1e15 : 1000),
            RandomKind.Bernoulli => new KernelParameters(0.3, 2),
            _ => new KernelParameters(-0.5, 2.5),
        };
        using var y = Tensor.Empty([count], type, device);
        if (!supported)
        {
            Assert.That(() => device.Backend.Random(kind, parameters, 1, 2, y), Throws.TypeOf<UnsupportedOperationException>());
            return;
        }

        using var expected = Tensor.Empty([count], type, Devices.Cpu);
        foreach (ulong offset in (ulong[])[0, 12345, (1UL << 32) - 2])
        {
            const ulong Seed = 0xFEDCBA9876543210;
            device.Backend.Random(kind, parameters, Seed, offset, y);
            Devices.Cpu.Backend.Random(kind, parameters, Seed, offset, expected);
            if (kind == RandomKind.Normal && type == DType.Float32)
            {
                // Compilers may fuse a product with a sum: a few units in the last place.
                float[] want = expected.ToArray<float>(), got = y.ToArray<float>();
                for (int i = 0; i < count; i++) Assert.That(got[i], Is.EqualTo(want[i]).Within(2e-6f * (1 + MathF.Abs(want[i]))));
                if (Bindings.Metal.IsSubstitute) Assert.That(got, Is.EqualTo(want));
            }
            else
            {
                Assert.That(Bytes(y), Is.EqualTo(Bytes(expected)));
            }
        }
    }

    [Test]
    public void Random_numbers_fill_views_in_row_major_order()
    {
        var device = SoftMetal.RequireDevice();
        using var straight = Tensor.Empty([7, 9], DType.Float32, device);
        using var turned = Tensor.Empty([9, 7], DType.Float32, device);
        using var view = turned.View(turned.Layout.Permute([1, 0]));
        device.Backend.Random(RandomKind.Uniform, new(0, 1), 5, 6, straight);
        device.Backend.Random(RandomKind.Uniform, new(0, 1), 5, 6, view);
        Assert.That(view.ToArray<float>(), Is.EqualTo(straight.ToArray<float>()));
    }

    [Test]
    public void Random_numbers_stay_within_their_view([Values(1, 2, 3, 4, 5, 7)] int count, [Values] RandomKind kind)
    {
        var device = SoftMetal.RequireDevice();
        using var around = Tensor.Empty([16], DType.Float32, device);
        around.Fill(-9);
        using var view = around.View(new Layout([count], [1], 3));
        device.Backend.Random(kind, new(0.25, 0.75), 5, 6, view);
        float[] values = around.ToArray<float>();
        Assert.That(values[..3], Is.All.EqualTo(-9));
        Assert.That(values[(3 + count)..], Is.All.EqualTo(-9));
        Assert.That(values[3..(3 + count)], Is.All.Not.EqualTo(-9));
    }

    private static byte[] Bytes(Tensor tensor)
    {
        byte[] bytes = new byte[tensor.ElementCount * tensor.DType.Size()];
        tensor.Backend.Download(tensor.Storage, 0, bytes);
        return bytes;
    }
}
