using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Elementwise;

/// <summary>Copies between all types and layouts, fills, ranges, transfers.</summary>
public class CopyTests
{
    private static readonly IBackend Backend = CpuDevice.Instance.Backend;
    private static readonly DType[] Types = Enum.GetValues<DType>();

    [Test]
    public void Any_type_converts_to_any_other([ValueSource(nameof(Types))] DType from, [ValueSource(nameof(Types))] DType to)
    {
        double[] values =
        [
            0, -0.0, 1, -1, 2.5, -2.5, 0.49, 300, -300, 65519, 65520, 70000, 3e9, -3e9, 1e19, -1e19, 1e39, 5e-324, 1e-45, 6e-8, 3e-8,
            double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1 + Math.ScaleB(1, -11), 1 + Math.ScaleB(3, -12), 1 + Math.ScaleB(1, -8),
            1 + Math.ScaleB(3, -9), 16777217, 0.1, 123456.789, -0.1, 7,
        ];
        foreach (var placement in LayoutFixture.Placements)
        {
            Shape shape = [3, values.Length];
            var given = values.Concat(values.Reverse()).Concat(values).ToArray();
            using var x = LayoutFixture.Make(given, shape, from, placement);
            foreach (var target in LayoutFixture.Placements)
            {
                using var y = LayoutFixture.MakeOutput(shape, to, target);
                Backend.Copy(x, y);
                var expected = LayoutFixture.Read(x).Select(v => Convert(v, from, to));
                Assert.That(LayoutFixture.Read(y), Is.EqualTo(expected), $"{placement} to {target}");
                LayoutFixture.AssertMarginsIntact(y);
            }
        }
    }

    [Test]
    public void Any_layout_copies_to_any_other(
        [Values] Placement from, [Values] Placement to, [Values(DType.Float32, DType.Float16, DType.Int64, DType.Bool)] DType dtype)
    {
        Shape[] shapes = [.. LayoutFixture.Shapes, [64, 64], [31, 65], [2, 33, 47], [5, 16, 9, 3], [129, 3], [3, 129]];
        foreach (var shape in shapes)
        {
            var values = Enumerable.Range(0, (int)shape.ElementCount).Select(i => dtype == DType.Bool ? i * i % 7 % 2 : i % 2011).Select(i => (double)i).ToArray();
            using var x = LayoutFixture.Make(values, shape, dtype, from);
            using var y = LayoutFixture.MakeOutput(shape, dtype, to);
            Backend.Copy(x, y);
            Assert.That(LayoutFixture.Read(y), Is.EqualTo(values), $"{shape}");
            LayoutFixture.AssertMarginsIntact(y);
        }
    }

    [Test]
    public void Permutations_copy([Values(DType.Float32, DType.BFloat16)] DType to, [Values(1, 3)] int threads)
    {
        int before = CpuDevice.Instance.Threads;
        CpuDevice.Instance.Threads = threads;
        try
        {
            Shape shape = [6, 37, 19, 21];
            var values = Enumerable.Range(0, (int)shape.ElementCount).Select(i => (double)(i % 241)).ToArray();
            using var x = LayoutFixture.Make(values, shape, DType.Float32, Placement.Contiguous);
            foreach (int[] order in new int[][] { [0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3], [2, 3, 0, 1], [0, 1, 3, 2] })
            {
                using var view = x.View(x.Layout.Permute(order));
                using var y = LayoutFixture.MakeOutput(view.Shape, to, Placement.Offset);
                Backend.Copy(view, y);
                Assert.That(LayoutFixture.Read(y), Is.EqualTo(LayoutFixture.Read(view)));
                LayoutFixture.AssertMarginsIntact(y);
            }
        }
        finally
        {
            CpuDevice.Instance.Threads = before;
        }
    }

    [Test]
    public void Expanded_sources_copy()
    {
        using var x = LayoutFixture.Make([1, 2, 3], [3, 1], DType.Float32, Placement.Offset);
        using var view = x.View(x.Layout.Expand([2, 3, 50]));
        using var y = LayoutFixture.MakeOutput([2, 3, 50], DType.Float64, Placement.Transposed);
        Backend.Copy(view, y);
        Assert.That(LayoutFixture.Read(y), Is.EqualTo(LayoutFixture.Read(view)));
    }

    [Test]
    public void Fill_writes_everywhere_and_nowhere_else([ValueSource(nameof(Types))] DType dtype, [Values] Placement placement)
    {
        foreach (var shape in LayoutFixture.Shapes)
        {
            using var y = LayoutFixture.MakeOutput(shape, dtype, placement);
            Backend.Fill(y, 2.75);
            double expected = Convert(2.75, DType.Float64, dtype);
            Assert.That(LayoutFixture.Read(y), Is.All.EqualTo(expected));
            LayoutFixture.AssertMarginsIntact(y);
        }
    }

    [Test]
    public void Range_counts_in_row_major_order([Values(DType.Float32, DType.Float64, DType.Int32, DType.Int64)] DType dtype, [Values] Placement placement)
    {
        foreach (var shape in LayoutFixture.Shapes)
        {
            using var y = LayoutFixture.MakeOutput(shape, dtype, placement);
            Backend.Range(y, 5, -3);
            Assert.That(LayoutFixture.Read(y), Is.EqualTo(Enumerable.Range(0, (int)shape.ElementCount).Select(i => 5.0 - (3 * i))));
            LayoutFixture.AssertMarginsIntact(y);
        }
    }

    [Test]
    public void Range_with_a_fraction_rounds_once()
    {
        using var y = Tensor.Empty([1000], DType.Float32, CpuDevice.Instance);
        Backend.Range(y, 0.5, 0.1);
        Assert.That(y.ToArray<float>(), Is.EqualTo(Enumerable.Range(0, 1000).Select(i => (float)(0.5 + (i * 0.1)))));
    }

    [Test]
    public void Transfers_stay_within_their_storage()
    {
        var storage = new Storage(CpuDevice.Instance, 16);
        Backend.Upload([1, 2, 3, 4], storage, 12);
        var back = new byte[2];
        Backend.Download(storage, 13, back);
        Assert.That(back, Is.EqualTo(new byte[] { 2, 3 }));
        Assert.That(() => Backend.Upload([1, 2, 3, 4, 5], storage, 12), Throws.InstanceOf<ShapeMismatchException>());
        Assert.That(() => Backend.Download(storage, -1, back), Throws.InstanceOf<ShapeMismatchException>());
    }

    /// <summary>The documented rules, in terms of the exact value.</summary>
    private static double Convert(double value, DType from, DType to)
    {
        if (to == DType.Bool) return value != 0 ? 1 : 0;
        if (!to.IsInteger()) return LayoutFixture.Round(value, to);
        if (double.IsNaN(value)) return 0;
        if (from == DType.Int64 && to == DType.Int32) return unchecked((int)(long)value); // as C# casts: the low bits
        var (low, high) = to == DType.Int32 ? (int.MinValue, int.MaxValue) : ((double)long.MinValue, (double)long.MaxValue);
        return Math.Truncate(Math.Clamp(value, low, high));
    }
}
