namespace Gradient.Conformance.Tests.BugClasses;

/// <summary>Row 6: indices that overflow at 2¹⁵, 2¹⁶, 2³¹ and 2³².</summary>
public sealed partial class Row06_IndexOverflow
{
    private static readonly long[] Lengths = [32767, 32768, 32769, 65535, 65536, 65537];

    public static IEnumerable<TestCaseData> Combinations() =>
        from backend in Backends.All
        from length in Lengths
        from first in new[] { false, true }
        select new TestCaseData(backend, first ? new[] { length, 2 } : [2, length]).SetArgDisplayNames(backend.Name, first ? $"[{length}, 2]" : $"[2, {length}]");

    [TestCaseSource(nameof(Combinations))]
    public void Axes_beside_powers_of_two(Backend backend, long[] shape)
    {
        using var _ = Tape.NoGrad();
        int axis = shape[0] > 2 ? 0 : 1;
        long length = shape[axis];
        // Zeros and ones so that sums are exact; the last of each line is the largest.
        var values = Values.Make(shape, i => i[axis] == length - 1 ? 5 : (i[axis] + i[1 - axis]) % 2);
        double[] sums = Sums(values, axis);
        var x = new GradientTensor(Inputs.ToTensor(values, DType.Float32, backend.Device()));
        Compare.Near(values.Map(v => -v), Inputs.FromTensor((-x).Value), 0, "negate");
        Compare.Near(values.Map(v => 2 * v), Inputs.FromTensor((x + x).Value), 0, "add");
        Compare.Near(new(values.Data, shape), Inputs.FromTensor(x.Transpose().Clone().Transpose().Value), 0, "transpose");
        Compare.Near(new(sums, 2), Inputs.FromTensor(x.Sum(axis).Value), 0, "sum");
        Compare.Near(Values.Scalar(sums.Sum()), Inputs.FromTensor(x.Sum().Value), 0, "sum of all");
        Compare.Near(new([length - 1, length - 1], 2), Inputs.FromTensor(x.ArgMax(axis).Value), 0, "argMax");
        Compare.Near(new(sums, 2), Inputs.FromTensor(x.CumSum(axis).Select(axis, length - 1).Value), 0, "cumulative sum");
        Compare.Near(new([1, 1], 2), Inputs.FromTensor(x.Softmax(axis).Sum(axis).Value), 1e-5, "softmax");
        var ends = GradientTensor.From<long>([0, length - 1, length / 2], backend.Device());
        Compare.Near(
            Values.Make(axis == 0 ? [3, 2] : [2, 3], i => values[axis == 0 ? [At(i[0]), i[1]] : [i[0], At(i[1])]]),
            Inputs.FromTensor(x.IndexSelect(axis, ends).Value), 0, "indexSelect");
        Compare.Near(Values.Make([2, 1], i => 5), Inputs.FromTensor((axis == 0 ? x.Transpose() : x).Sort(1, descending: true).Values.Narrow(1, 0, 1).Value), 0, "sort");

        long At(long i) => i switch { 0 => 0, 1 => length - 1, _ => length / 2 };
    }

    private static double[] Sums(Values values, int axis)
    {
        double[] sums = new double[2];
        for (long i = 0; i < values.Data.Length; i++) sums[axis == 0 ? i % 2 : i / values.Shape[1]] += values.Data[i];
        return sums;
    }

    [Test]
    public void Layouts_reach_beyond_32_bits()
    {
        const long wide = (1L << 31) + 1;
        var layout = Layout.Contiguous([3, wide, 2]);
        Assert.That(layout.ElementCount, Is.EqualTo(3 * wide * 2));
        Assert.That(layout.Stride(0), Is.EqualTo(2 * wide));
        Assert.That(layout.PositionOf(layout.ElementCount - 1), Is.EqualTo((6 * wide) - 1));
        var turned = layout.Permute([2, 0, 1]).Slice(2, 5, wide - 5).Flip(2);
        long index = (1 * 3 * (wide - 5)) + (2 * (wide - 5)) + 7; // [1, 2, 7]
        Assert.That(turned.PositionOf(index), Is.EqualTo(1 + (2 * 2 * wide) + ((wide - 1 - 7) * 2)));
        Assert.That(turned.Bounds, Is.EqualTo((10L, (6 * wide) - 1)));
    }
}
