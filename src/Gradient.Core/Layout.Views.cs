namespace Gradient.Core;

public readonly partial struct Layout
{
    /// <summary>
    /// The same elements in the same order under another shape, if that needs no copy. One length may be −1: it is inferred.
    /// </summary>
    /// <returns>Whether there is such a view; if not, the elements have to be copied to a contiguous layout first.</returns>
    /// <exception cref="ShapeMismatchException">The shapes have different numbers of elements.</exception>
    public bool TryReshape(in Shape target, out Layout result)
    {
        Shape wanted = Infer(target);
        if (IsContiguous)
        {
            result = Contiguous(wanted, Offset);
            return true;
        }

        // Walk both shapes in groups of axes that hold equally many elements; a group of ours must be mergeable to one stride.
        Axes8 to = default;
        int ours = 0, theirs = 0;
        while (theirs < wanted.Rank)
        {
            if (ours == Rank)
            {
                to[theirs++] = 1; // only axes of length 1 are left
                continue;
            }

            int firstOurs = ours, firstTheirs = theirs;
            long have = shape[ours++], want = wanted[theirs++];
            while (have != want)
            {
                if (have < want) have *= shape[ours++];
                else want *= wanted[theirs++];
            }

            if (!TryMerge(firstOurs, ours, out long stride))
            {
                result = default;
                return false;
            }

            to[theirs - 1] = stride;
            for (int i = theirs - 2; i >= firstTheirs; i--) to[i] = stride *= wanted[i + 1];
        }

        result = new(wanted, to, Offset);
        return true;
    }

    /// <summary>The shape with its −1, if it has one, replaced by what the number of elements demands.</summary>
    /// <exception cref="ShapeMismatchException">The numbers of elements cannot agree.</exception>
    public Shape Infer(in Shape target)
    {
        int unknown = -1;
        long known = 1;
        bool fits = true;
        for (int i = 0; i < target.Rank; i++)
        {
            long length = target[i];
            if (length == -1 && unknown < 0) unknown = i;
            else if (length < 0) throw new ShapeMismatchException($"reshape: {target} has a negative length; one −1 at most is inferred.");
            else fits &= Shape.TryMultiply(known, length, out known);
        }

        if (!fits) (known, fits) = (0, target.IsEmpty);
        long count = ElementCount;
        if (!fits || (unknown < 0 ? known != count : known == 0 || count % known != 0))
            throw new ShapeMismatchException($"reshape: {shape} has {count} elements and cannot become {target}.");
        return unknown < 0 ? target : target.With(unknown, count / known);
    }

    /// <summary>The axes in another order: axis i of the result is axis <c>order[i]</c> of this.</summary>
    /// <exception cref="ShapeMismatchException">The order does not name every axis once.</exception>
    public Layout Permute(ReadOnlySpan<int> order)
    {
        if (order.Length != Rank || AxisSet.Of(shape, order, "permute").Count != Rank)
            throw new ShapeMismatchException(
                $"permute: order [{string.Join(", ", order.ToArray())}] does not name each of the {Rank} axes of {shape} once.");
        Axes8 lengths = default, to = default;
        for (int i = 0; i < order.Length; i++)
        {
            int axis = shape.Axis(order[i], "permute");
            lengths[i] = shape[axis];
            to[i] = strides[axis];
        }

        return new(new Shape(lengths, Rank), to, Offset);
    }

    /// <summary>Two axes exchanged.</summary>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    public Layout Transpose(int axis0, int axis1)
    {
        (axis0, axis1) = (shape.Axis(axis0, "transpose"), shape.Axis(axis1, "transpose"));
        var to = strides;
        (to[axis0], to[axis1]) = (strides[axis1], strides[axis0]);
        return new(shape.With(axis0, shape[axis1]).With(axis1, shape[axis0]), to, Offset);
    }

    /// <summary>
    /// <paramref name="length"/> elements along an axis: <paramref name="start"/>, start + step, …; a negative step walks back.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The step is 0, or an element lies outside the axis.</exception>
    public Layout Slice(int axis, long start, long length, long step = 1)
    {
        axis = shape.Axis(axis, "slice");
        if (!Lies(start, length, step, shape[axis]))
            throw new ShapeMismatchException(
                $"slice: {length} elements from {start} in steps of {step} do not lie within axis {axis} of {shape}.");
        Shape sliced = shape.With(axis, length);
        if (sliced.IsEmpty) return new(sliced, strides, Offset);
        var to = strides;
        if (step != 1 && length > 1) to[axis] = checked(to[axis] * step);
        return new(sliced, to, checked(Offset + (start * strides[axis])));
    }

    /// <summary>The elements at one index of an axis; the axis goes away. A negative index counts from the end.</summary>
    /// <exception cref="ShapeMismatchException">The index lies outside the axis.</exception>
    public Layout Select(int axis, long index)
    {
        axis = shape.Axis(axis, "index");
        long from0 = index < 0 ? index + shape[axis] : index;
        if (from0 < 0 || from0 >= shape[axis])
            throw new ShapeMismatchException($"index: {index} is outside axis {axis} of {shape}, which has length {shape[axis]}; negative indices count from its end.");
        return RemoveAxis(axis, shape.IsEmpty ? Offset : checked(Offset + (from0 * strides[axis])));
    }

    /// <summary>
    /// Broadcast to a shape: missing axes appear in front and axes of length 1 are repeated, with stride 0. A −1 keeps a length.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The shape does not broadcast so.</exception>
    public Layout Expand(in Shape target)
    {
        int added = target.Rank - Rank;
        if (added < 0) throw new ShapeMismatchException($"expand: {shape} has more axes than {target}.");
        Axes8 lengths = default, to = default;
        for (int i = 0; i < target.Rank; i++)
        {
            long have = i < added ? 1 : shape[i - added];
            long want = target[i] == -1 && i >= added ? have : target[i];
            if (want < 0 || (have != want && have != 1))
                throw new ShapeMismatchException($"expand: {shape} does not broadcast to {target}; axes must be equal or 1.");
            lengths[i] = want;
            to[i] = i < added || (have == 1 && want != 1) ? 0 : strides[i - added];
        }

        return new(new Shape(lengths, target.Rank), to, Offset);
    }

    /// <summary>Without the axis, which has length 1.</summary>
    /// <exception cref="ShapeMismatchException">The axis is longer, or there is none.</exception>
    public Layout Squeeze(int axis)
    {
        axis = shape.Axis(axis, "squeeze");
        if (shape[axis] != 1) throw new ShapeMismatchException($"squeeze: axis {axis} of {shape} has length {shape[axis]}, not 1.");
        return RemoveAxis(axis, Offset);
    }

    /// <summary>Without any axis of length 1.</summary>
    public Layout Squeeze()
    {
        var result = this;
        for (int i = Rank - 1; i >= 0; i--)
            if (shape[i] == 1) result = result.RemoveAxis(i, Offset);
        return result;
    }

    /// <summary>
    /// With one more axis of length 1, which has the number <paramref name="axis"/> in the result; −1 puts it last.
    /// </summary>
    /// <exception cref="ShapeMismatchException">There is no such place, or no room for one more axis.</exception>
    public Layout Unsqueeze(int axis)
    {
        int from0 = axis < 0 ? axis + Rank + 1 : axis;
        if (from0 < 0 || from0 > Rank)
            throw new ShapeMismatchException($"unsqueeze: no axis can be put at {axis} in shape {shape}: use {-Rank - 1} to {Rank}.");
        Shape inserted = shape.Insert(from0, 1);
        var to = strides;
        for (int i = from0; i < Rank; i++) to[i + 1] = strides[i];
        // Any stride serves an axis of length 1; this one keeps a contiguous layout's strides those of Contiguous.
        to[from0] = from0 < Rank ? unchecked(strides[from0] * shape[from0]) : 1;
        return new(inserted, to, Offset);
    }

    /// <summary>The axis walked backwards.</summary>
    /// <exception cref="ShapeMismatchException">There is no such axis.</exception>
    public Layout Flip(int axis)
    {
        axis = shape.Axis(axis, "flip");
        return shape[axis] == 0 ? this : Slice(axis, shape[axis] - 1, shape[axis], -1);
    }

    /// <summary>
    /// Sliding windows: the axis becomes the number of windows, and a last axis of length <paramref name="size"/> is added.
    /// </summary>
    /// <exception cref="ShapeMismatchException">The axis is shorter than a window, or there is no room for one more axis.</exception>
    public Layout Unfold(int axis, long size, long step)
    {
        axis = shape.Axis(axis, "unfold");
        if (size < 0 || step < 1 || shape[axis] < size)
            throw new ShapeMismatchException($"unfold: windows of {size} in steps of {step} do not fit axis {axis} of {shape}.");
        long count = ((shape[axis] - size) / step) + 1;
        Shape windows = shape.With(axis, count).Insert(Rank, size);
        var to = strides;
        to[Rank] = strides[axis];
        if (count > 1 && !windows.IsEmpty) to[axis] = checked(strides[axis] * step);
        return new(windows, to, Offset);
    }

    /// <summary>Whether start, start + step, … are indices of an axis; none at all may start at its end too.</summary>
    private static bool Lies(long start, long length, long step, long available)
    {
        if (step == 0 || length < 0 || start < 0 || start > available) return false;
        if (length == 0) return true;
        if (start == available) return false;
        ulong room = step > 0 ? (ulong)(available - 1 - start) : (ulong)start;
        ulong stride = step > 0 ? (ulong)step : (ulong)-(step + 1) + 1; // |step| for long.MinValue too
        return stride == 1 ? (ulong)(length - 1) <= room : (ulong)(length - 1) <= room / stride;
    }

    private Layout RemoveAxis(int axis, long offset)
    {
        var to = strides;
        for (int i = axis; i < Rank - 1; i++) to[i] = strides[i + 1];
        return new(shape.Without(axis), to, offset);
    }

    /// <summary>Whether axes [from, to) can be walked with one stride, that of the innermost.</summary>
    private bool TryMerge(int from, int to, out long stride)
    {
        stride = 1;
        bool found = false;
        Int128 expected = 0;
        for (int i = to - 1; i >= from; i--)
        {
            if (shape[i] == 1) continue;
            if (found && strides[i] != expected) return false;
            if (!found) stride = strides[i];
            found = true;
            expected = (Int128)strides[i] * shape[i];
        }

        return true;
    }
}
