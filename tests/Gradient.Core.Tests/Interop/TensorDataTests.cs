using System.Numerics.Tensors;
using Gradient.Core.Tests.Fakes;
using Numerics = System.Numerics.Tensors;

namespace Gradient.Core.Tests.Interop;

/// <summary>Values in and out: spans, arrays of rank 1 to 4, System.Numerics.Tensors; shared where memory allows.</summary>
public class TensorDataTests
{
    private static readonly float[] Six = [1, 2, 3, 4, 5, 6];
    private readonly FakeDevice device = new();

    [Test]
    public void Arrays_of_every_rank_come_and_go()
    {
        float[,] matrix = { { 1, 2, 3 }, { 4, 5, 6 } };
        int[,,] cube = { { { 1 }, { 2 } }, { { 3 }, { 4 } }, { { 5 }, { 6 } } };
        var four = new Half[2, 1, 3, 2];
        four[1, 0, 2, 1] = (Half)7;
        Assert.Multiple(() =>
        {
            Assert.That(Tensor.From([true, false], device).ToArray<bool>(), Is.EqualTo(new[] { true, false }));
            Assert.That(Tensor.From(Six, device).Shape, Is.EqualTo(new Shape([6])));
            Assert.That(Tensor.From(matrix, device).Shape, Is.EqualTo(new Shape([2, 3])));
            Assert.That(Tensor.From(matrix, device).ToArray2D<float>(), Is.EqualTo(matrix));
            Assert.That(Tensor.From(cube, device).DType, Is.EqualTo(DType.Int32));
            Assert.That(Tensor.From(cube, device).ToArray3D<int>(), Is.EqualTo(cube));
            Assert.That(Tensor.From(four, device).Shape, Is.EqualTo(new Shape([2, 1, 3, 2])));
            Assert.That(Tensor.From(four, device).ToArray4D<Half>(), Is.EqualTo(four));
            Assert.That(Tensor.From(new long[0, 3], device).ToArray2D<long>(), Is.EqualTo(new long[0, 3]));
        });
    }

    [Test]
    public void Views_are_read_in_the_order_of_their_indices()
    {
        using var tensor = Tensor.From<float>(Six, [2, 3], device);
        using var view = tensor.View(tensor.Layout.Transpose(0, 1));
        Assert.That(view.ToArray2D<float>(), Is.EqualTo(new float[,] { { 1, 4 }, { 2, 5 }, { 3, 6 } }));
        using var column = tensor.View(tensor.Layout.Select(1, 2));
        var two = new float[5];
        column.CopyTo<float>(two);
        Assert.That(two, Is.EqualTo(new float[] { 3, 6, 0, 0, 0 }));
        Assert.Throws<ShapeMismatchException>(() => column.CopyTo<float>(new float[1]));
    }

    [Test]
    public void Wrong_ranks_and_types_are_errors_that_say_so()
    {
        using var tensor = Tensor.From<float>(Six, [2, 3], device);
        Assert.Multiple(() =>
        {
            Assert.That(
                Assert.Throws<DTypeMismatchException>(() => tensor.ToArray<double>())!.Message,
                Is.EqualTo("The tensor holds float32, not float64; convert it first with To(DType.Float64)."));
            Assert.Throws<DTypeMismatchException>(() => tensor.AsSpan<int>());
            Assert.Throws<DTypeMismatchException>(() => tensor.AsTensorSpan<int>());
            Assert.Throws<DTypeMismatchException>(() => tensor.Item<int>());
            Assert.Throws<ShapeMismatchException>(() => tensor.Item<float>());
            Assert.Throws<ShapeMismatchException>(() => tensor.ToArray3D<float>());
            Assert.Throws<ShapeMismatchException>(() => tensor.ToArray4D<float>());
            Assert.That(
                Assert.Throws<ShapeMismatchException>(() => Tensor.From(Six, device).ToArray2D<float>())!.Message,
                Is.EqualTo("ToArray2D: shape [6] has 1 axes where a matrix [rows, columns] is needed."));
            Assert.Throws<ShapeMismatchException>(() => Tensor.From<float>(Six, [7], device));
            Assert.Throws<DTypeMismatchException>(() => Tensor.From(new byte[3], device));
            Assert.Throws<ShapeMismatchException>(() => Tensor.Empty([2, -1], DType.Float32, device));
        });
    }

    [Test]
    public void Items_are_read_from_views_too()
    {
        using var tensor = Tensor.From<float>(Six, [2, 3], device);
        using var one = tensor.View(tensor.Layout.Select(0, 1).Select(0, 1));
        Assert.That((one.Rank, one.Item<float>()), Is.EqualTo((0, 5f)));
    }

    [Test]
    public void A_span_is_the_memory_itself()
    {
        using var tensor = Tensor.From<float>(Six, [2, 3], device);
        using var row = tensor.View(tensor.Layout.Select(0, 1));
        row.AsSpan<float>()[1] = 50;
        Assert.That(tensor.ToArray<float>(), Is.EqualTo(new float[] { 1, 2, 3, 4, 50, 6 }));
        using var transposed = tensor.View(tensor.Layout.Transpose(0, 1));
        Assert.That(
            Assert.Throws<UnsupportedOperationException>(() => transposed.AsSpan<float>())!.Message, Does.Contain("call Contiguous first"));
        using var wide = tensor.View(tensor.Layout.Select(0, 0).Select(0, 0).Expand([1L << 40]));
        Assert.Throws<UnsupportedOperationException>(() => wide.AsSpan<float>());
        Assert.Throws<UnsupportedOperationException>(() => wide.ToArray<float>());
        using var hidden = Tensor.From<float>(Six, [6], new FakeDevice(DeviceKind.Metal, hostVisible: false));
        Assert.That(Assert.Throws<UnsupportedOperationException>(() => hidden.AsSpan<float>())!.Message, Does.Contain("use ToArray"));
        Assert.That(hidden.ToArray<float>(), Is.EqualTo(Six));
    }

    [Test]
    public void Tensor_spans_share_memory_with_strides()
    {
        using var tensor = Tensor.From<float>(Six, [2, 3], device);
        using var transposed = tensor.View(tensor.Layout.Transpose(0, 1));
        var span = transposed.AsTensorSpan<float>();
        Assert.That(span.Lengths.ToArray(), Is.EqualTo(new nint[] { 3, 2 }));
        Assert.That(span[2, 0], Is.EqualTo(3));
        span[2, 0] = 30;
        Assert.That(tensor.ToArray<float>()[2], Is.EqualTo(30));
        Numerics.Tensor.Multiply<float>(span, 2f, span);
        Assert.That(tensor.ToArray<float>(), Is.EqualTo(new float[] { 2, 4, 60, 8, 10, 12 }));
    }

    [Test]
    public void Tensor_spans_of_scalars_empties_slices_and_expansions()
    {
        using var tensor = Tensor.From<float>(Six, [2, 3], device);
        using var scalar = tensor.View(tensor.Layout.Select(0, 1).Select(0, 2));
        using var empty = tensor.View(tensor.Layout.Slice(0, 1, 1).Slice(1, 3, 0));
        using var slice = tensor.View(tensor.Layout.Slice(1, 1, 2));
        using var expanded = tensor.View(tensor.Layout.Slice(0, 1, 1).Expand([4, 3]));
        using var flipped = tensor.View(tensor.Layout.Flip(0));
        Assert.That(scalar.AsTensorSpan<float>().FlattenedLength, Is.EqualTo((nint)1));
        Assert.That(scalar.AsTensorSpan<float>()[0], Is.EqualTo(6));
        Assert.That(empty.AsTensorSpan<float>().FlattenedLength, Is.EqualTo((nint)0));
        Assert.That(Flat(slice), Is.EqualTo(new float[] { 2, 3, 5, 6 }));
        Assert.That(Flat(expanded), Is.EqualTo(new float[] { 4, 5, 6, 4, 5, 6, 4, 5, 6, 4, 5, 6 }));
        Assert.Throws<UnsupportedOperationException>(() => flipped.AsTensorSpan<float>());

        static float[] Flat(Tensor t)
        {
            var all = new float[t.ElementCount];
            t.AsTensorSpan<float>().FlattenTo(all);
            return all;
        }
    }

    [Test]
    public void System_Numerics_tensors_come_and_go()
    {
        var source = Numerics.Tensor.Create([1f, 2, 3, 4, 5, 6], [2, 3]);
        using var copied = Tensor.From(source, device);
        Assert.That((copied.Shape, copied.DType), Is.EqualTo((new Shape([2, 3]), DType.Float32)));
        Assert.That(copied.ToArray<float>(), Is.EqualTo(Six));
        var slice = source.AsReadOnlyTensorSpan().Slice([.. (ReadOnlySpan<System.Buffers.NRange>)[0..2, 1..3]]);
        using var part = Tensor.From(slice, device);
        Assert.That((part.Shape, part.ToArray<float>()[2]), Is.EqualTo((new Shape([2, 2]), 5f)));
        var back = copied.ToTensor<float>();
        Assert.That(back.Lengths.ToArray(), Is.EqualTo(new nint[] { 2, 3 }));
        Assert.That(back[1, 2], Is.EqualTo(6));
        using var empty = Tensor.From(Numerics.Tensor.Create(Array.Empty<float>(), [2, 0]), device);
        Assert.That(empty.Shape, Is.EqualTo(new Shape([2, 0])));
        using var scalar = Tensor.From<float>([5], [], device);
        Assert.That(scalar.ToTensor<float>().Lengths.ToArray(), Is.EqualTo(new nint[] { 1 }));
        Assert.That(Tensor.From(default(ReadOnlyTensorSpan<float>), device).Shape, Is.EqualTo(new Shape([0])));
    }

    [Test]
    public void System_Numerics_tensors_are_wrapped_without_a_copy()
    {
        var source = Numerics.Tensor.Create([1f, 2, 3, 4, 5, 6], [2, 3]);
        using var wrapped = Tensor.Wrap(source, device);
        source[1, 1] = 50;
        using var column = wrapped.View(wrapped.Layout.Select(1, 1));
        Assert.That(column.ToArray<float>(), Is.EqualTo(new float[] { 2, 50 }));
        column.Fill(-1);
        Assert.That((source[0, 1], source[1, 1]), Is.EqualTo((-1f, -1f)));
        Assert.Throws<UnsupportedOperationException>(() => Tensor.Wrap(source, new FakeDevice(DeviceKind.Metal)));
    }
}
