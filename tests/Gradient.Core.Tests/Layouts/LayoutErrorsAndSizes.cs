namespace Gradient.Core.Tests.Layouts;

/// <summary>What layouts refuse, and sizes no memory could hold: their arithmetic is exact or throws, it never wraps.</summary>
public class LayoutErrorsAndSizes
{
    private static readonly Layout Matrix = Layout.Contiguous([4, 5]);

    [TestCase(0, 0, 5, 1)]
    [TestCase(0, 4, 1, 1)]
    [TestCase(0, 5, 0, 1)]
    [TestCase(0, -1, 1, 1)]
    [TestCase(0, 0, 2, -1)]
    [TestCase(0, 3, 5, -1)]
    [TestCase(0, 0, -1, 1)]
    [TestCase(0, 0, 1, 0)]
    [TestCase(0, 0, 2, long.MaxValue)]
    [TestCase(0, 3, 2, long.MinValue)]
    [TestCase(0, 0, 1L << 62, 4)]
    [TestCase(0, 1, long.MaxValue, long.MaxValue)]
    [TestCase(2, 0, 1, 1)]
    [TestCase(-3, 0, 1, 1)]
    public void Slices_outside_are_refused(int axis, long start, long length, long step) =>
        Assert.Throws<ShapeMismatchException>(() => Matrix.Slice(axis, start, length, step));

    [Test]
    public void A_slice_of_none_may_start_at_the_end() => Assert.That(Matrix.Slice(1, 5, 0).Shape, Is.EqualTo(new Shape([4, 0])));

    [Test]
    public void One_element_may_have_any_step() =>
        Assert.That(Matrix.Slice(0, 3, 1, long.MinValue).Bounds, Is.EqualTo((15L, 19L)));

    [Test]
    public void Errors_name_operation_shapes_and_remedy()
    {
        Assert.Multiple(() =>
        {
            AssertMessage(() => Matrix.Select(1, 5), "index: 5 is outside axis 1 of [4, 5]");
            AssertMessage(() => Matrix.Select(1, -6), "index: -6 is outside axis 1 of [4, 5]");
            AssertMessage(() => Matrix.Expand([4, 6]), "expand: [4, 5] does not broadcast to [4, 6]");
            AssertMessage(() => Matrix.Expand([5]), "expand: [4, 5] has more axes than [5]");
            AssertMessage(() => Matrix.Expand([-1, 4, 5]), "expand: [4, 5] does not broadcast to [-1, 4, 5]");
            AssertMessage(() => Matrix.Squeeze(0), "squeeze: axis 0 of [4, 5] has length 4");
            AssertMessage(() => Matrix.Unsqueeze(3), "unsqueeze: no axis can be put at 3 in shape [4, 5]: use -3 to 2");
            AssertMessage(() => Matrix.Unsqueeze(-4), "unsqueeze: no axis can be put at -4");
            AssertMessage(() => Matrix.Unfold(1, 6, 1), "unfold: windows of 6 in steps of 1 do not fit axis 1 of [4, 5]");
            AssertMessage(() => Matrix.Unfold(1, 2, 0), "unfold");
            AssertMessage(() => Matrix.Permute([0]), "permute: order [0] does not name each of the 2 axes of [4, 5] once");
            AssertMessage(() => Matrix.Permute([0, 0]), "named twice");
            AssertMessage(() => Matrix.Transpose(0, 2), "transpose: axis 2 is outside shape [4, 5]: use -2 to 1");
            AssertMessage(() => Matrix.TryReshape([3, 7], out _), "reshape: [4, 5] has 20 elements and cannot become [3, 7]");
            AssertMessage(() => Matrix.TryReshape([-1, -1], out _), "one −1 at most");
            AssertMessage(() => Matrix.TryReshape([-1, 3], out _), "cannot become [-1, 3]");
            AssertMessage(() => Layout.Contiguous([0]).TryReshape([-1, 0], out _), "cannot become [-1, 0]");
            AssertMessage(() => Layout.Contiguous([2, -1]), "lengths are 0 or more");
            AssertMessage(() => _ = new Layout([2], [1, 1], 0), "needs 1 strides, but 2 were given");
            AssertMessage(() => Layout.Contiguous([1, 1, 1, 1, 1, 1, 1, 1]).Unsqueeze(0), "8 axes already");
        });
    }

    [Test]
    public void Positions_beyond_2_to_the_32_are_exact()
    {
        long rows = 100_000, columns = 70_000; // 7·10⁹ elements: above 2³¹ and 2³²
        var layout = Layout.Contiguous([rows, columns]);
        Assert.Multiple(() =>
        {
            Assert.That(layout.ElementCount, Is.EqualTo(7_000_000_000));
            Assert.That(layout.Transpose(0, 1).PositionOf((columns - 1) * rows), Is.EqualTo(columns - 1));
            Assert.That(layout.PositionOf(6_999_999_999), Is.EqualTo(6_999_999_999));
            Assert.That(layout.Flip(0).Flip(1).Bounds, Is.EqualTo((0L, 6_999_999_999L)));
            Assert.That(layout.Flip(0).Flip(1).PositionOf(0), Is.EqualTo(6_999_999_999));
            Assert.That(layout.Slice(0, 99_999, 50_000, -2).Bounds.First, Is.EqualTo(columns));
            Assert.That(layout.Select(0, -1).Offset, Is.EqualTo(99_999L * columns));
            Assert.That(layout.Unfold(1, 3, 2).ElementCount, Is.EqualTo(100_000L * 34_999 * 3));
            Assert.That(layout.TryReshape([-1, 1000], out var reshaped) && reshaped.Shape == new Shape([7_000_000, 1000]));
            Assert.That(layout.HasOverlap, Is.False);
            Assert.That(Layout.Contiguous([5]).Expand([1L << 40, 5]).ElementCount, Is.EqualTo(5L << 40));
        });
    }

    [Test]
    public void Element_counts_beyond_63_bits_are_errors()
    {
        Shape huge = [1L << 32, 1L << 31];
        Assert.Multiple(() =>
        {
            AssertMessage(() => _ = huge.ElementCount, "more than 2⁶³ − 1 elements");
            AssertMessage(() => Layout.Contiguous(huge), "more than 2⁶³ − 1 elements");
            AssertMessage(() => _ = Layout.Contiguous([1]).Expand([1L << 62, 4]).ElementCount, "more than 2⁶³ − 1 elements");
            Assert.That(new Shape([1L << 31, 1L << 31]).ElementCount, Is.EqualTo(1L << 62));
            // A product that wraps to just what is there must not pass for it.
            AssertMessage(() => Layout.Contiguous([0]).TryReshape([1L << 32, 1L << 32], out _), "cannot become");
            AssertMessage(() => Layout.Contiguous([2]).TryReshape([1L << 33, 1L << 33, 1L << 62, -1], out _), "cannot become");
        });
    }

    [Test]
    public void An_axis_of_length_0_makes_any_shape_empty()
    {
        Shape shape = [1L << 40, 1L << 40, 0];
        var layout = Layout.Contiguous(shape);
        Assert.Multiple(() =>
        {
            Assert.That(shape.ElementCount, Is.Zero);
            Assert.That(layout.IsContiguous);
            Assert.That(layout.Bounds, Is.EqualTo((0L, -1L)));
            Assert.That(layout.Slice(0, 1L << 39, 2, 5).ElementCount, Is.Zero);
            Assert.That(layout.Select(1, 7).Flip(0).Transpose(0, 1).ElementCount, Is.Zero);
            Assert.That(layout.TryReshape([0, 1L << 50, 1L << 50], out _));
        });
    }

    [Test]
    public void Positions_beyond_63_bits_are_errors()
    {
        var far = new Layout([3], [long.MaxValue], 0);
        Assert.Multiple(() =>
        {
            Assert.Throws<OverflowException>(() => _ = far.Bounds);
            Assert.Throws<OverflowException>(() => far.Select(0, 2));
            Assert.Throws<OverflowException>(() => far.Slice(0, 2, 1));
            Assert.Throws<OverflowException>(() => far.Slice(0, 0, 2, 2));
            Assert.Throws<OverflowException>(() => far.Unfold(0, 1, 2));
            Assert.That(new Layout([3, 3], [long.MaxValue, long.MinValue], 0).HasOverlap);
        });
    }

    private static void AssertMessage(Action act, string part) =>
        Assert.That(Assert.Throws<ShapeMismatchException>(act)!.Message, Does.Contain(part));
}
