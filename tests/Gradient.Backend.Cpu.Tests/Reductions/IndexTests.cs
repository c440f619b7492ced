using Gradient.Core;

namespace Gradient.Backend.Cpu.Tests.Reductions;

/// <summary>Gather and scatter against a plain reference.</summary>
public sealed class IndexTests
{
    private static readonly DType[] Types = [DType.Float32, DType.Float64, DType.Float16, DType.BFloat16, DType.Int32, DType.Int64, DType.Bool];

    private static readonly (Shape X, Shape Index, int Axis)[] Cases =
    [
        ([], [], 0), ([5], [3], 0), ([5], [0], 0), ([4, 6], [4, 9], 1), ([4, 6], [2, 3], 1), ([4, 6], [7, 6], 0), ([4, 6], [7, 5], 0),
        ([3, 4, 5], [3, 8, 5], 1), ([3, 4, 5], [2, 6, 3], 1), ([3, 4, 5], [6, 4, 5], 0), ([2, 3, 2, 4, 2, 3], [2, 3, 2, 5, 1, 3], 3), ([40, 70], [90, 70], 0),
    ];

    [Test]
    public void Gather_and_scatter([ValueSource(nameof(Types))] DType dtype, [Values(DType.Int64, DType.Int32)] DType indexType)
    {
        foreach (var (shape, indexShape, axis) in Cases)
        {
            long length = shape.Rank == 0 ? 1 : shape[axis];
            foreach (var lie in Given.WritableLies)
            {
                foreach (var indexLie in Given.Lies)
                {
                    var index = Given.Make(indexShape, indexType, indexLie, i => i * 7 % length);
                    var x = Given.Make(shape, dtype, lie, i => (i % 9) - 4);
                    var y = Given.Blank(indexShape, dtype, lie);
                    string what = $"{dtype} {shape} {lie} at {indexShape} {indexLie} axis {axis}";
                    Given.Backend.Gather(x, axis, index, y);
                    var expected = new double[indexShape.ElementCount];
                    for (long i = 0; i < expected.Length; i++) expected[i] = Given.Get(x, Target(shape, index, axis, i));
                    Given.AreClose(Given.Read(y), expected, 0, "gather " + what);

                    foreach (var kind in Enum.GetValues<ScatterKind>())
                    {
                        if (kind == ScatterKind.Add && dtype == DType.Bool) continue;
                        var to = Given.Make(shape, dtype, lie, i => i % 3);
                        var source = Given.Make(indexShape, dtype, indexLie, i => (i % 5) - 2);
                        var wanted = Given.Read(to);
                        for (long i = 0; i < expected.Length; i++)
                        {
                            long at = Target(shape, index, axis, i);
                            wanted[at] = Given.Get(source, i) + (kind == ScatterKind.Add ? wanted[at] : 0);
                        }

                        Given.Backend.Scatter(kind, axis, index, source, to);
                        Given.AreClose(Given.Read(to), wanted, 0, $"scatter {kind} {what}");
                    }
                }
            }
        }
    }

    [Test]
    public void Rows_of_an_embedding([Values(DType.Float32, DType.Float64, DType.BFloat16)] DType dtype, [Values(1, 16, 63, 300)] int width)
    {
        const int Vocabulary = 50, Tokens = 333;
        var flat = Given.Make([Tokens, 1], DType.Int64, Lie.Contiguous, i => i * i % Vocabulary);
        var index = flat.View(flat.Layout.Expand([Tokens, width]));
        var table = Given.Make([Vocabulary, width], dtype, Lie.Contiguous, i => i % 13);
        var y = Given.Blank([Tokens, width], dtype, Lie.Contiguous);
        Given.Backend.Gather(table, 0, index, y);
        for (long i = 0; i < y.ElementCount; i++)
            Assert.That(Given.Get(y, i), Is.EqualTo(Given.Get(table, (i / width * (i / width) % Vocabulary * width) + (i % width))));

        Given.SameOnAnyThreads(() =>
        {
            var gradient = Given.Make([Vocabulary, width], dtype, Lie.Contiguous, _ => 0);
            var dy = Given.Make([Tokens, width], dtype, Lie.Contiguous, Given.Uniform(3, 1));
            Given.Backend.Scatter(ScatterKind.Add, 0, index, dy, gradient);
            var expected = new double[Vocabulary * width];
            for (long i = 0; i < dy.ElementCount; i++)
                expected[(i / width * (i / width) % Vocabulary * width) + (i % width)] += Given.Get(dy, i);
            // In order, rounded after every addition: at most 20 roundings of sums below 20.
            Given.AreClose(Given.Read(gradient), expected, Given.Epsilon(dtype) * 100, $"{dtype} {width}");
            return Given.Read(gradient);
        });
    }

    [Test]
    public void The_last_of_equal_places_stays_and_sums_are_in_order()
    {
        var index = Given.Make([5], DType.Int64, Lie.Contiguous, _ => 1);
        var source = Given.Make([5], DType.Float32, Lie.Contiguous, i => i == 1 ? 1e8 : i == 3 ? -1e8 : 1);
        var y = Given.Make([2], DType.Float32, Lie.Contiguous, _ => 0);
        Given.Backend.Scatter(ScatterKind.Add, 0, index, source, y);
        float expected = 0;
        foreach (float x in source.AsSpan<float>()) expected += x;
        Assert.That(Given.Get(y, 1), Is.EqualTo(expected));
        source.AsSpan<float>()[4] = 42;
        Given.Backend.Scatter(ScatterKind.Assign, 0, index, source, y);
        Assert.That(Given.Read(y), Is.EqualTo(new double[] { 0, 42 }));
    }

    [TestCase(-1), TestCase(4), TestCase(long.MaxValue), TestCase(long.MinValue)]
    public void An_index_outside_is_told_before_anything_is_written(long wrong)
    {
        var index = Given.Make([2, 3], DType.Int64, Lie.Transposed, i => i % 4);
        index.View(index.Layout.Slice(0, 1, 1, 1).Slice(1, 2, 1, 1)).AsSpan<long>()[0] = wrong;
        var x = Given.Make([4, 3], DType.Float32, Lie.Contiguous, i => i);
        var y = Given.Make([2, 3], DType.Float32, Lie.Contiguous, _ => 5);
        var error = Assert.Throws<ShapeMismatchException>(() => Given.Backend.Gather(x, 0, index, y))!;
        Assert.That(error.Message, Does.StartWith("gather").And.Contain(wrong.ToString()).And.Contain("length 4"));
        Assert.That(Given.Read(y), Is.All.EqualTo(5));
        var before = Given.Read(x);
        Assert.Throws<ShapeMismatchException>(() => Given.Backend.Scatter(ScatterKind.Add, 0, index, y, x));
        Assert.That(Given.Read(x), Is.EqualTo(before));
    }

    [Test]
    public void One_wrong_index_among_many_is_found([Values(0, 70_000, 199_999)] int at)
    {
        foreach (Shape shape in new Shape[] { [200_000], [400, 500] })
        {
            var index = Given.Make(shape, DType.Int32, Lie.Contiguous, i => i == at ? 9 : i % 9);
            var x = Given.Make(shape.With(0, 9), DType.Float32, Lie.Contiguous, i => i);
            Assert.Throws<ShapeMismatchException>(() => Given.Backend.Gather(x, 0, index, Given.Blank(shape, DType.Float32, Lie.Contiguous)));
        }
    }

    [Test]
    public void An_index_is_an_integer()
    {
        var x = Given.Make([4], DType.Float32, Lie.Contiguous, i => i);
        Assert.Throws<DTypeMismatchException>(() => Given.Backend.Gather(x, 0, x, Given.Blank([4], DType.Float32, Lie.Contiguous)));
    }

    private static long Target(Shape shape, Tensor index, int axis, long i)
    {
        var at = Given.Coordinates(index.Shape, i);
        if (at.Length > 0) at[axis] = (long)Given.Get(index, i);
        return Given.Number(shape, at);
    }
}
