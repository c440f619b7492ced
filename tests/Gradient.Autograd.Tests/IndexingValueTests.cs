using Gradient.Core;
using static Gradient.Autograd.Tests.GradientCase;

namespace Gradient.Autograd.Tests;

public sealed class IndexingValueTests
{
    private static readonly GradientTensor A = GradientTensor.Arange(0, 24, dtype: DType.Int64).Reshape(2, 3, 4);

    [Test]
    public void Numbers_ranges_and_slices_follow_Python()
    {
        Check(A[1, 0..2, ^1], [2], 15, 19);
        Check(A[-1, 2], [4], 20, 21, 22, 23);
        Check(A[.., 1, 1..^1], [2, 2], 5, 6, 17, 18);
        Check(A[TensorIndex.Ellipsis, 0], [2, 3], 0, 4, 8, 12, 16, 20);
        Check(A[0, TensorIndex.NewAxis, 1..99, ^2..], [1, 2, 2], 6, 7, 10, 11);
        Check(A[1, 0, TensorIndex.Slice(step: -1)], [4], 15, 14, 13, 12);
        Check(A[1, 0, TensorIndex.Slice(-2, null, -2)], [2], 14, 12);
        Check(A[1, 0, TensorIndex.Slice(0, 4, 3)], [2], 12, 15);
        Check(A[1, 0, TensorIndex.Slice(3, 0, -1)], [3], 15, 14, 13);
        Check(A[1, 0, 2..1], [0]);
        Check(A[1, 0, TensorIndex.Slice(-99, 99)], [4], 12, 13, 14, 15);
        Check(A[0, I(2, 0)], [2, 4], 8, 9, 10, 11, 0, 1, 2, 3);
        Check(A[1, 0..2, I(3, 3, 0)], [2, 3], 15, 15, 12, 19, 19, 16);
        Check(A[0L], [3, 4], [.. Enumerable.Range(0, 12).Select(i => (long)i)]);
    }

    /// <summary>Python's rules written out again, naively: walk from start while before stop.</summary>
    [Test]
    public void Every_slice_of_a_short_axis_is_Pythons()
    {
        for (int length = 0; length <= 4; length++)
        {
            var x = GradientTensor.Arange(0, length, dtype: DType.Int64);
            for (int start = -6; start <= 6; start++)
                for (int stop = -6; stop <= 6; stop++)
                    foreach (int step in new[] { -3, -2, -1, 1, 2, 3 })
                    {
                        int low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
                        int from = Math.Clamp(start < 0 ? start + length : start, low, high);
                        int to = Math.Clamp(stop < 0 ? stop + length : stop, low, high);
                        var expected = new List<long>();
                        for (int i = from; step > 0 ? i < to : i > to; i += step) expected.Add(i);
                        Assert.That(x[TensorIndex.Slice(start, stop, step)].ToArray<long>(), Is.EqualTo(expected), $"{start}:{stop}:{step} of {length}");
                        Assert.That(x.Slice(0, start, stop, step).ToArray<long>(), Is.EqualTo(expected), $"{start}:{stop}:{step} of {length}");
                    }
        }
    }

    [Test]
    public void What_no_index_can_mean_is_refused()
    {
        Assert.That(() => A[0, 0, 0, 0], Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("4 indices"));
        Assert.That(() => A[2], Throws.TypeOf<ShapeMismatchException>());
        Assert.That(() => A[TensorIndex.Ellipsis, TensorIndex.Ellipsis], Throws.TypeOf<ShapeMismatchException>());
        Assert.That(() => A[I(0), I(0)], Throws.TypeOf<UnsupportedOperationException>().With.Message.Contains("Gather"));
        Assert.That(() => A[I(0, 2)], Throws.TypeOf<ShapeMismatchException>(), "outside the axis");
        Assert.That(() => A[D(0)], Throws.TypeOf<DTypeMismatchException>().With.Message.Contains("MaskedFill"));
        Assert.That(() => TensorIndex.Slice(step: 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Joining_and_splitting()
    {
        Check(GradientTensor.Cat([A[0, 0], A[1, 2, ..2]]), [6], 0, 1, 2, 3, 20, 21);
        Check(GradientTensor.Stack([A[0, 0, ..2], A[1, 0, ..2]], axis: 1), [2, 2], 0, 12, 1, 13);
        Assert.That(GradientTensor.Cat([I(1), D(2)]).DType, Is.EqualTo(DType.Float64));
        Assert.That(A.Split(2, axis: 1).Select(t => t.Shape[1]), Is.EqualTo(new[] { 2, 1 }));
        Assert.That(A.Chunk(3, axis: 2).Select(t => t.Shape[2]), Is.EqualTo(new[] { 2, 2 }), "as torch.chunk");
        Check(A.Split([1, 3], axis: 2)[1][0, 0], [3], 1, 2, 3);
        Check(A.Unbind(2)[3], [2, 3], 3, 7, 11, 15, 19, 23);
        Check(A[0, 0].Repeat(2, 2), [2, 8], 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
        Check(A[0, ..2, ..2].Repeat(1, 2), [2, 4], 0, 1, 0, 1, 4, 5, 4, 5);
        Check(GradientTensor.Arange(0, 2, dtype: DType.Int64).Reshape(1, 1, 1, 1, 2).Repeat(1, 1, 2, 1, 2), [1, 1, 2, 1, 4], 0, 1, 0, 1, 0, 1, 0, 1);
        Check(A[0, 0].Repeat(0), [0]);
        Check(A[0, 0].Roll(1, 0), [4], 3, 0, 1, 2);
        Check(A[0, 0].Roll(-5, 0), [4], 1, 2, 3, 0);
        Assert.That(() => GradientTensor.Cat([A, A[0]]), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("[3, 4]"));
        Assert.That(() => GradientTensor.Cat([]), Throws.TypeOf<ShapeMismatchException>());
        Assert.That(() => A.Split([1, 1], axis: 2), Throws.TypeOf<ShapeMismatchException>());
    }

    [Test]
    public void Gathering_and_scattering()
    {
        var x = A[0];
        Check(x.Gather(1, I(3, 0, 1, 1).Reshape(2, 2)), [2, 2], 3, 0, 5, 5);
        Check(x.IndexSelect(1, I(3, 0).Reshape(1, 2)), [3, 1, 2], 3, 0, 7, 4, 11, 8);
        var zeros = GradientTensor.Zeros([2, 3], DType.Int64);
        Check(zeros.ScatterAdd(1, I(1, 1, 2, 0).Reshape(2, 2), A[0, ..2, ..2]), [2, 3], 0, 1, 0, 5, 0, 4);
        Check(zeros.Scatter(1, I(1, 1, 2, 0).Reshape(2, 2), A[0, ..2, ..2]), [2, 3], 0, 1, 0, 5, 0, 4);
        Check(zeros, [2, 3], 0, 0, 0, 0, 0, 0);
        Assert.That(I(2, 0).OneHot(3).ToArray<float>(), Is.EqualTo(new float[] { 0, 0, 1, 1, 0, 0 }));
        Check(x.Tril(), [3, 4], 0, 0, 0, 0, 4, 5, 0, 0, 8, 9, 10, 0);
        Check(x.Triu(1), [3, 4], 0, 1, 2, 3, 0, 0, 6, 7, 0, 0, 0, 11);
        Check(x.Diagonal(1), [3], 1, 6, 11);
        Check(x.Diagonal(-2), [1], 8);
        Check(x.Diagonal(9), [0]);
    }

    [Test]
    public void Sorting()
    {
        var x = D(3, 1, double.NaN, 2, 1);
        Assert.That(x.Sort().Values.ToArray<double>(), Is.EqualTo(new[] { 1, 1, 2, 3, double.NaN }));
        Assert.That(x.Sort().Indices.ToArray<long>(), Is.EqualTo(new long[] { 1, 4, 3, 0, 2 }), "stable");
        Assert.That(x.ArgSort(descending: true).ToArray<long>(), Is.EqualTo(new long[] { 2, 0, 3, 1, 4 }));
        Assert.That(D(3, 1, 2).TopK(2).Values.ToArray<double>(), Is.EqualTo(new[] { 3.0, 2 }));
        Assert.That(D(3, 1, 2).TopK(2, largest: false).Indices.ToArray<long>(), Is.EqualTo(new long[] { 1, 2 }));
        Assert.That(() => D(1).TopK(2), Throws.TypeOf<ShapeMismatchException>());
    }

    [Test]
    public void Borders()
    {
        var row = A[0, 0];
        Check(row.Pad([(2, 1)], 9), [7], 9, 9, 0, 1, 2, 3, 9);
        Check(row.ReflectionPad(0, 3, 2), [9], 3, 2, 1, 0, 1, 2, 3, 2, 1);
        Check(row.ReplicationPad(0, 2, 3), [9], 0, 0, 0, 1, 2, 3, 3, 3, 3);
        var image = A[0, .., ..2].Reshape(3, 2, 1);
        Check(image.ZeroPad2d(1).Squeeze(), [5, 4], 0, 0, 0, 0, 0, 0, 1, 0, 0, 4, 5, 0, 0, 8, 9, 0, 0, 0, 0, 0);
        Check(image.ReflectionPad2d(1).Squeeze(), [5, 4], 5, 4, 5, 4, 1, 0, 1, 0, 5, 4, 5, 4, 9, 8, 9, 8, 5, 4, 5, 4);
        Check(image.ReplicationPad2d(0, 1, 1, 0).Squeeze(), [4, 3], 0, 0, 1, 4, 4, 5, 8, 8, 9, 8, 8, 9);
        Check(image.Pad2d(1, 2, 3, 4, 7).Unpad2d(1, 2, 3, 4), [3, 2, 1], 0, 1, 4, 5, 8, 9);
        Assert.That(() => row.ReflectionPad(0, 4, 0), Throws.TypeOf<ShapeMismatchException>());
        Assert.That(() => row.Pad([(-1, 0)]), Throws.TypeOf<ShapeMismatchException>().With.Message.Contains("Slice"));
        Assert.That(() => row.ZeroPad2d(1), Throws.TypeOf<ShapeMismatchException>());
    }

    [Test]
    public void Making()
    {
        Assert.That(GradientTensor.Linspace(0, 1, 4, DType.Float64).ToArray<double>(), Is.EqualTo(new[] { 0, 1 / 3.0, 2 / 3.0, 1 }).Within(1e-15));
        Assert.That(GradientTensor.Linspace(-1, 0.1, 12).ToArray<float>()[^1], Is.EqualTo(0.1f), "the end exactly");
        Assert.That(GradientTensor.Linspace(5, 6, 1).ToArray<float>(), Is.EqualTo(new[] { 5f }));
        Check(GradientTensor.From(new long[,] { { 1, 2, 3 }, { 4, 5, 6 } }), [2, 3], 1, 2, 3, 4, 5, 6);
        Check(GradientTensor.From(new long[,,] { { { 1 }, { 2 } } }), [1, 2, 1], 1, 2);
        Check(GradientTensor.From(new long[,,,] { { { { 1, 2 } } } }), [1, 1, 1, 2], 1, 2);
        Check(GradientTensor.From(new long[] { 1, 2 }.AsSpan()), [2], 1, 2);
        var numerics = System.Numerics.Tensors.Tensor.Create([1L, 2, 3, 4], [2, 2]);
        Check(GradientTensor.From(numerics), [2, 2], 1, 2, 3, 4);
        Check(GradientTensor.From(numerics.AsReadOnlyTensorSpan()), [2, 2], 1, 2, 3, 4);
        Assert.That(A[0].ToTensor<long>().Lengths.ToArray(), Is.EqualTo(new nint[] { 3, 4 }));
        Assert.That(A.AsSpan<long>()[23], Is.EqualTo(23));
        GC.KeepAlive(A);
    }

    private static void Check(GradientTensor actual, Shape shape, params ReadOnlySpan<long> expected)
    {
        Assert.That(actual.Shape, Is.EqualTo(shape));
        Assert.That(actual.ToArray<long>(), Is.EqualTo(expected.ToArray()));
    }
}
