namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>Tensors one behind the other along an axis; all other lengths are equal. Types are promoted to one.</summary>
    /// <exception cref="ShapeMismatchException">There are none, or their shapes differ off the axis.</exception>
    public static GradientTensor Cat(ReadOnlySpan<GradientTensor> tensors, int axis = 0)
    {
        if (tensors.Length == 0) throw new ShapeMismatchException("cat: no tensors were given, so there is no shape.");
        var first = tensors[0];
        axis = first.Shape.Axis(axis, "cat");
        var dtype = first.DType;
        long length = 0;
        foreach (var tensor in tensors)
        {
            ShapeChecks.SameDevice("cat", first.Value, tensor.Value);
            if (tensor.Rank != first.Rank || tensor.Shape.With(axis, 0) != first.Shape.With(axis, 0))
                throw new ShapeMismatchException($"cat: shapes {first.Shape} and {tensor.Shape} differ in another axis than {axis}, along which they are joined.");
            dtype = DTypes.Promote(dtype, tensor.DType);
            length += tensor.Shape[axis];
        }

        var result = Tensor.Empty(first.Shape.With(axis, length), dtype, first.Device);
        var lengths = new long[tensors.Length];
        long start = 0;
        for (int i = 0; i < tensors.Length; i++)
        {
            lengths[i] = tensors[i].Shape[axis];
            using var part = result.View(result.Layout.Slice(axis, start, lengths[i]));
            first.Backend.Copy(tensors[i].Value, part);
            start += lengths[i];
        }

        return Tape.Record("cat", result, tensors, g => g.Split(lengths, axis));
    }

    /// <summary>Tensors of one shape along a new axis, which has the number <paramref name="axis"/> in the result.</summary>
    /// <exception cref="ShapeMismatchException">There are none, or their shapes differ.</exception>
    public static GradientTensor Stack(ReadOnlySpan<GradientTensor> tensors, int axis = 0)
    {
        if (tensors.Length == 0) throw new ShapeMismatchException("stack: no tensors were given, so there is no shape.");
        var list = new GradientTensor[tensors.Length];
        for (int i = 0; i < list.Length; i++)
        {
            ShapeChecks.Equal("stack", tensors[i].Shape, tensors[0].Shape);
            list[i] = tensors[i].Unsqueeze(axis);
        }

        return Cat(list, axis);
    }

    /// <summary>Pieces of these lengths along an axis. Views.</summary>
    /// <exception cref="ShapeMismatchException">The lengths do not sum to that of the axis.</exception>
    public GradientTensor[] Split(ReadOnlySpan<long> lengths, int axis = 0)
    {
        axis = Shape.Axis(axis, "split");
        long total = 0;
        foreach (long length in lengths) total += length;
        if (total != Shape[axis])
            throw new ShapeMismatchException($"split: lengths [{string.Join(", ", lengths.ToArray())}] sum to {total}, but axis {axis} of {Shape} has {Shape[axis]}.");
        var pieces = new GradientTensor[lengths.Length];
        long start = 0;
        for (int i = 0; i < pieces.Length; i++)
        {
            pieces[i] = Narrow(axis, start, lengths[i]);
            start += lengths[i];
        }

        return pieces;
    }

    /// <summary>Pieces of one length along an axis, the last of them shorter if it does not come out even. Views.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is below 1.</exception>
    public GradientTensor[] Split(long length, int axis = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        axis = Shape.Axis(axis, "split");
        var pieces = new GradientTensor[Math.Max(1, (Shape[axis] + length - 1) / length)];
        for (int i = 0; i < pieces.Length; i++) pieces[i] = Narrow(axis, i * length, Math.Min(length, Shape[axis] - (i * length)));
        return pieces;
    }

    /// <summary>At most so many pieces of one length along an axis, the last of them perhaps shorter, as torch.chunk. Views.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public GradientTensor[] Chunk(int chunks, int axis = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunks, 1);
        return Split(Math.Max(1, (Shape[axis] + chunks - 1) / chunks), axis);
    }

    /// <summary>Each position of an axis, which goes away. Views.</summary>
    public GradientTensor[] Unbind(int axis = 0)
    {
        var pieces = new GradientTensor[Shape[axis]];
        for (int i = 0; i < pieces.Length; i++) pieces[i] = Select(axis, i);
        return pieces;
    }

    /// <summary>Repeated so many times along each axis; more numbers than axes add axes in front (torch.tile, Tensor.repeat).</summary>
    /// <exception cref="ShapeMismatchException">There are fewer numbers than axes, or one is negative.</exception>
    public GradientTensor Repeat(params ReadOnlySpan<long> times)
    {
        if (times.Length < Rank)
            throw new ShapeMismatchException($"repeat: {times.Length} numbers for shape {Shape}; one per axis is needed, more add axes in front.");
        int added = times.Length - Rank;
        if (2 * Rank + added > Shape.MaxRank) return RepeatAxisByAxis(times);

        // Each axis gets a repeating one before it, expanded at no cost; one copy then makes the result.
        Span<long> single = stackalloc long[Shape.MaxRank], expanded = stackalloc long[Shape.MaxRank], merged = stackalloc long[Shape.MaxRank];
        int at = 0;
        for (int i = 0; i < times.Length; i++)
        {
            CheckRepeat(times[i]);
            long length = i < added ? 1 : Shape[i - added];
            (single[at], expanded[at++]) = (1, times[i]);
            if (i >= added) (single[at], expanded[at++]) = (length, length);
            merged[i] = length * times[i];
        }

        return Reshape(new Shape(single[..at])).Expand(new Shape(expanded[..at])).Reshape(new Shape(merged[..times.Length]));
    }

    /// <summary>Elements move by so many places along an axis; those that fall off the end come in at the start.</summary>
    public GradientTensor Roll(long places, int axis)
    {
        long length = Shape[axis];
        if (length == 0) return this;
        long cut = (((-places % length) + length) % length);
        return cut == 0 ? this : Cat([Narrow(axis, cut, length - cut), Narrow(axis, 0, cut)], axis);
    }

    private GradientTensor RepeatAxisByAxis(ReadOnlySpan<long> times)
    {
        var result = this;
        int added = times.Length - Rank;
        for (int i = 0; i < added; i++) result = result.Unsqueeze(0);
        for (int i = 0; i < times.Length; i++)
        {
            CheckRepeat(times[i]);
            var copies = new GradientTensor[times[i]];
            Array.Fill(copies, result);
            result = copies.Length == 0 ? result.Narrow(i, 0, 0) : Cat(copies, i);
        }

        return result;
    }

    private void CheckRepeat(long times)
    {
        if (times < 0) throw new ShapeMismatchException($"repeat: shape {Shape} cannot be repeated {times} times.");
    }
}
