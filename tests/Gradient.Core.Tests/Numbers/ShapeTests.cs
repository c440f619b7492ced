using PropertyAttribute = FsCheck.NUnit.PropertyAttribute;

namespace Gradient.Core.Tests.Numbers;

/// <summary>Shapes and sets of axes as values.</summary>
public class ShapeTests
{
    [Test]
    public void Shapes_are_written_as_collection_expressions()
    {
        Shape scalar = [], matrix = [2, 3];
        long batch = 7;
        Shape spread = [batch, .. matrix];
        Assert.Multiple(() =>
        {
            Assert.That(scalar, Is.EqualTo(Shape.Scalar));
            Assert.That((scalar.Rank, scalar.ElementCount, scalar.ToString()), Is.EqualTo((0, 1L, "[]")));
            Assert.That(spread.ToArray(), Is.EqualTo(new long[] { 7, 2, 3 }));
            Assert.That(spread.ToString(), Is.EqualTo("[7, 2, 3]"));
            Assert.That(CountOf(4, 5, 6), Is.EqualTo(120));
            Assert.That(CountOf(), Is.EqualTo(1));
            Assert.That(CountOf([4, 5]), Is.EqualTo(20));
        });

        static long CountOf(params Shape shape) => shape.ElementCount;
    }

    [Test]
    public void Axes_count_from_both_ends()
    {
        Shape shape = [2, 3, 5];
        Assert.That((shape[0], shape[^1], shape[-1], shape[-3], shape.Axis(-1), shape.Axis(2)), Is.EqualTo((2L, 5L, 5L, 2L, 2, 2)));
        foreach (int axis in new[] { 3, -4, int.MaxValue, int.MinValue })
            Assert.That(
                Assert.Throws<ShapeMismatchException>(() => _ = shape[axis])!.Message,
                Is.EqualTo($"Axis {axis} is outside shape [2, 3, 5]: use -3 to 2."));
        Assert.That(
            Assert.Throws<ShapeMismatchException>(() => _ = Shape.Scalar[0])!.Message, Is.EqualTo("Axis 0 was asked of a scalar, which has none."));
    }

    [Test]
    public void More_than_eight_axes_are_refused()
    {
        Assert.Throws<ShapeMismatchException>(() => _ = new Shape([1, 1, 1, 1, 1, 1, 1, 1, 1]));
        Assert.Throws<ShapeMismatchException>(() => new Shape([1, 1, 1, 1, 1, 1, 1, 1]).Insert(0, 1));
        Assert.Throws<ShapeMismatchException>(() => new Shape([1]).Insert(2, 1));
        Assert.Throws<ShapeMismatchException>(() => new Shape([1]).Insert(-1, 1));
    }

    [Property(MaxTest = 1000)]
    public void Changing_one_axis_is_changing_a_list(int[] random, int at, long length)
    {
        var list = Array.ConvertAll(random[..Math.Min(random.Length, 7)], x => (long)x);
        Shape shape = new(list);
        int place = (int)((uint)at % (list.Length + 1));
        Assert.That(shape.Insert(place, length).ToArray(), Is.EqualTo(new List<long>(list[..place]) { length }.Concat(list[place..])));
        Assert.That(shape.Insert(place, length).Without(place), Is.EqualTo(shape));
        if (place == list.Length) return;
        var copy = (long[])list.Clone();
        copy[place] = length;
        Assert.That(shape.With(place, length), Is.EqualTo(new Shape(copy)));
        Assert.That(shape.With(place - list.Length, length), Is.EqualTo(new Shape(copy)));
        Assert.That(shape.Without(place).ToArray(), Is.EqualTo(list[..place].Concat(list[(place + 1)..])));
        Assert.That(shape.Without(place - list.Length), Is.EqualTo(shape.Without(place)));
    }

    [Property(MaxTest = 1000)]
    public void A_shape_is_a_list_of_its_lengths_and_equal_by_value(int[] random)
    {
        var list = Array.ConvertAll(random[..Math.Min(random.Length, 8)], x => (long)x);
        Shape shape = new(list), same = Shape.Create(list);
        var walked = new List<long>();
        foreach (long length in shape) walked.Add(length);
        Assert.Multiple(() =>
        {
            Assert.That(walked, Is.EqualTo(list));
            Assert.That((IEnumerable<long>)shape, Is.EqualTo(list));
            Assert.That(shape.Count, Is.EqualTo(list.Length));
            Assert.That(shape == same && shape.Equals((object)same) && !(shape != same));
            Assert.That(shape.GetHashCode(), Is.EqualTo(same.GetHashCode()));
            Assert.That(shape.IsEmpty, Is.EqualTo(list.Contains(0)));
            if (list.Length > 0) Assert.That(shape != shape.With(0, list[0] + 1));
            if (list.Length > 0) Assert.That(shape != shape.Without(-1));
        });
    }

    [Test]
    public void Walking_a_shape_allocates_nothing()
    {
        Shape shape = [2, 3, 5];
        long sum = 0, before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            foreach (long length in shape) sum += length;
        Assert.That((sum, GC.GetAllocatedBytesForCurrentThread() - before), Is.EqualTo((10_000L, 0L)));
    }

    [Property(MaxTest = 2000)]
    public void Broadcasting_is_NumPys_rule(byte[] a, byte[] b)
    {
        // An independent telling: pad with ones in front, then each pair must be equal or hold a 1.
        var x = Array.ConvertAll(a[..Math.Min(a.Length, 8)], v => (long)(v % 3));
        var y = Array.ConvertAll(b[..Math.Min(b.Length, 8)], v => (long)(v % 3));
        int rank = Math.Max(x.Length, y.Length);
        var left = Enumerable.Repeat(1L, rank - x.Length).Concat(x).ToArray();
        var right = Enumerable.Repeat(1L, rank - y.Length).Concat(y).ToArray();
        bool possible = left.Zip(right).All(p => p.First == p.Second || p.First == 1 || p.Second == 1);
        bool answer = Shape.TryBroadcast(new Shape(x), new Shape(y), out var result);
        Assert.That(answer, Is.EqualTo(possible));
        if (answer) Assert.That(result.ToArray(), Is.EqualTo(left.Zip(right).Select(p => p.First == 1 ? p.Second : p.First)));
        else
            Assert.That(
                Assert.Throws<ShapeMismatchException>(() => ShapeChecks.Broadcast("add", new Shape(x), new Shape(y)))!.Message,
                Does.Contain($"add: shapes {new Shape(x)} and {new Shape(y)} do not broadcast"));
    }

    [Test]
    public void Reducing_removes_axes_or_keeps_them_with_length_1()
    {
        Shape shape = [2, 3, 5, 7];
        var axes = AxisSet.Of(shape, [1, -1]);
        Assert.Multiple(() =>
        {
            Assert.That(shape.Reduce(axes, keepDims: false), Is.EqualTo(new Shape([2, 5])));
            Assert.That(shape.Reduce(axes, keepDims: true), Is.EqualTo(new Shape([2, 1, 5, 1])));
            Assert.That(shape.Reduce(AxisSet.Of(shape, []), keepDims: false), Is.EqualTo(Shape.Scalar));
            Assert.That(shape.Reduce(default, keepDims: false), Is.EqualTo(shape));
        });
    }

    [Test]
    public void Axis_sets_know_their_axes()
    {
        Shape eight = [1, 2, 3, 4, 5, 6, 7, 8];
        var set = AxisSet.Of(eight, [0, -1, 3]);
        Assert.Multiple(() =>
        {
            Assert.That((set.Count, set.Contains(0), set.Contains(7), set.Contains(3), set.Contains(1)), Is.EqualTo((3, true, true, true, false)));
            Assert.That(AxisSet.All(8).Count, Is.EqualTo(8));
            Assert.That(AxisSet.All(0).Count, Is.Zero);
            Assert.That(AxisSet.Of(eight, []), Is.EqualTo(AxisSet.All(8)));
            Assert.That(AxisSet.Single(7).Contains(7));
            Assert.That(
                Assert.Throws<ShapeMismatchException>(() => AxisSet.Of(eight, [7, -1]))!.Message,
                Is.EqualTo("Axis -1 of shape [1, 2, 3, 4, 5, 6, 7, 8] is named twice."));
            Assert.Throws<ShapeMismatchException>(() => AxisSet.Of(eight, [8]));
        });
    }

    [Test]
    public void Checks_name_the_operation_and_what_it_needs()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                Assert.Throws<ShapeMismatchException>(() => ShapeChecks.Rank("conv2d", [3, 4], 4, "[batch, height, width, channels]"))!.Message,
                Is.EqualTo("conv2d: shape [3, 4] has 2 axes where [batch, height, width, channels] is needed."));
            Assert.That(
                Assert.Throws<ShapeMismatchException>(() => ShapeChecks.Equal("where", [3, 4], [4, 3]))!.Message,
                Is.EqualTo("where: shape [3, 4] where [4, 3] is needed."));
            Assert.That(
                Assert.Throws<DTypeMismatchException>(() => ShapeChecks.FloatingPoint("exp", DType.Int64))!.Message,
                Is.EqualTo("exp needs floating-point numbers, not int64; convert with To(DType.Float32)."));
            Assert.DoesNotThrow(() => ShapeChecks.FloatingPoint("exp", DType.BFloat16));
        });
    }
}
