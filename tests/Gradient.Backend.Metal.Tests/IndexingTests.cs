namespace Gradient.Backend.Metal.Tests;

/// <summary>Sorting in blocks and merges, and what happens to indices that are outside.</summary>
public sealed class IndexingTests
{
    [Test]
    public void Sorting_is_stable_and_puts_NaN_last([Values(1, 2, 3, 1023, 1024, 1025, 2049, 5000)] int length, [Values] bool descending)
    {
        var random = new Random(length);
        float[] special = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0f, -0f];
        float[] x = [.. Enumerable.Range(0, 3 * length).Select(_ => random.Next(10) == 0 ? special[random.Next(5)] : random.Next(-100, 100) / 4f)];
        Check(x, length, descending, v => float.IsNaN(v) ? double.PositiveInfinity : float.IsPositiveInfinity(v) ? double.MaxValue : v);
    }

    [Test]
    public void Integers_sort_to_their_ends([Values(3, 1500)] int length, [Values] bool descending)
    {
        var random = new Random(length);
        long[] x = [.. Enumerable.Range(0, 3 * length).Select(i => i % 7 == 0 ? long.MinValue : i % 11 == 0 ? long.MaxValue : random.NextInt64() - (1L << 62))];
        Check(x, length, descending, v => (Int128)v);
        int[] small = [.. x.Select(v => (int)(v >> 32))];
        Check(small, length, descending, v => (Int128)v);
    }

    [Test]
    public void The_first_elements_of_columns()
    {
        var device = TestDevices.Get(true);
        var random = new Random(1);
        float[] x = [.. Enumerable.Range(0, 2000 * 3).Select(_ => random.NextSingle())];
        using var input = Tensor.From<float>(x, [2000, 3], device);
        using var values = Tensor.Empty([5, 3], DType.Float32, device);
        using var indices = Tensor.Empty([5, 3], DType.Int64, device);
        device.Backend.Sort(input, 0, true, values, indices);
        long[] actual = indices.ToArray<long>();
        for (int column = 0; column < 3; column++)
        {
            long[] expected = [.. Enumerable.Range(0, 2000).OrderByDescending(i => x[(i * 3) + column]).Take(5).Select(i => (long)i)];
            Assert.That(Enumerable.Range(0, 5).Select(i => actual[(i * 3) + column]), Is.EqualTo(expected));
        }
    }

    [Test]
    public void An_index_outside_throws_at_the_next_synchronization([Values(-1L, 4L, 1L << 40)] long outside, [Values] bool scatter)
    {
        var device = TestDevices.Get(true);
        using var x = Tensor.From<float>([1, 2, 3, 4], [4], device);
        using var index = Tensor.From<long>([0, outside, 3], [3], device);
        using var y = Tensor.Empty([3], DType.Float32, device);
        y.Fill(7);
        if (scatter) device.Backend.Scatter(ScatterKind.Assign, 0, index, y, x);
        else device.Backend.Gather(x, 0, index, y);
        var error = Assert.Throws<ShapeMismatchException>(device.Backend.Synchronize);
        Assert.That(error!.Message, Does.Contain(scatter ? "scatter" : "gather").And.Contain($"index {outside}").And.Contain("0 to 3"));
        // Told once; what was not asked for stays as it was.
        float[] left = scatter ? x.ToArray<float>() : y.ToArray<float>();
        Assert.That(left, Is.EqualTo(scatter ? new float[] { 7, 2, 3, 7 } : [1, 7, 4]));
    }

    [Test]
    public void Scattered_sums_follow_the_order_of_the_index()
    {
        // In Float16 2048 + 1 rounds to 2048, but 1 + 1 + … + 2048 does not: the order shows.
        var device = TestDevices.Get(true);
        Half[] first = [(Half)2048, .. Enumerable.Repeat((Half)1, 4)], last = [.. Enumerable.Repeat((Half)1, 4), (Half)2048];
        Assert.That(Add(first), Is.EqualTo((Half)2048));
        Assert.That(Add(last), Is.EqualTo((Half)2052));

        Half Add(Half[] source)
        {
            using var index = Tensor.From<long>(new long[source.Length], [source.Length], device);
            using var from = Tensor.From<Half>(source, [source.Length], device);
            using var y = Tensor.Empty([1], DType.Float16, device);
            y.Fill(0);
            device.Backend.Scatter(ScatterKind.Add, 0, index, from, y);
            return y.ToArray<Half>()[0];
        }
    }

    private static void Check<T, K>(T[] x, int length, bool descending, Func<T, K> key) where T : unmanaged
    {
        var device = TestDevices.Get(true);
        using var input = Tensor.From<T>(x, [3, length], device);
        using var values = Tensor.Empty([3, length], input.DType, device);
        using var indices = Tensor.Empty([3, length], DType.Int64, device);
        device.Backend.Sort(input, 1, descending, values, indices);
        T[] sorted = values.ToArray<T>();
        long[] places = indices.ToArray<long>();
        for (int line = 0; line < 3; line++)
        {
            var all = Enumerable.Range(0, length);
            long[] expected = [.. (descending ? all.OrderByDescending(i => key(x[(line * length) + i])) : all.OrderBy(i => key(x[(line * length) + i]))).Select(i => (long)i)];
            Assert.That(places[(line * length)..((line + 1) * length)], Is.EqualTo(expected), $"line {line}");
            Assert.That(sorted[(line * length)..((line + 1) * length)], Is.EqualTo(expected.Select(i => x[(line * length) + i])), $"values of line {line}");
        }
    }
}
