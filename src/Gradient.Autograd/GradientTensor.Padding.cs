namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>A border of one value around the tensor.</summary>
    /// <param name="padding">How many elements before and after, for each axis in order.</param>
    /// <param name="value">What the border is filled with.</param>
    /// <exception cref="ShapeMismatchException">Not one pair per axis, or a negative number (to crop, use Slice).</exception>
    public GradientTensor Pad(ReadOnlySpan<(long Before, long After)> padding, double value = 0)
    {
        if (padding.Length != Rank)
            throw new ShapeMismatchException($"pad: {padding.Length} pairs for shape {Shape}; one pair (before, after) per axis is needed.");
        var whole = Shape;
        for (int i = 0; i < Rank; i++)
        {
            CheckPadding("pad", i, padding[i].Before, padding[i].After);
            whole = whole.With(i, Shape[i] + padding[i].Before + padding[i].After);
        }

        var (from, before) = (Shape, padding.ToArray());
        return PutInto("pad", whole, layout =>
        {
            for (int i = 0; i < before.Length; i++) layout = layout.Slice(i, before[i].Before, from[i]);
            return layout;
        }, value);
    }

    /// <summary>A border of one value around images [batch, height, width, channels] or [height, width, channels].</summary>
    /// <exception cref="ShapeMismatchException">The rank is not 3 or 4, or a number is negative.</exception>
    public GradientTensor Pad2d(long top, long bottom, long left, long right, double value = 0)
    {
        int height = ImageAxis("pad2d");
        Span<(long, long)> padding = stackalloc (long, long)[Rank];
        padding.Clear();
        padding[height] = (top, bottom);
        padding[height + 1] = (left, right);
        return Pad(padding, value);
    }

    /// <summary>A border of zeros, equally wide on all four sides, around images [batch, height, width, channels] or [height, width, channels].</summary>
    public GradientTensor ZeroPad2d(long padding) => Pad2d(padding, padding, padding, padding);

    /// <summary>Without a border: the counterpart of <see cref="Pad2d"/>. A view.</summary>
    /// <exception cref="ShapeMismatchException">The rank is not 3 or 4, or the image is smaller than the border.</exception>
    public GradientTensor Unpad2d(long top, long bottom, long left, long right)
    {
        int height = ImageAxis("unpad2d");
        return Narrow(height, top, Shape[height] - top - bottom).Narrow(height + 1, left, Shape[height + 1] - left - right);
    }

    /// <summary>Without a border, equally wide on all four sides. A view.</summary>
    public GradientTensor Unpad2d(long padding) => Unpad2d(padding, padding, padding, padding);

    /// <summary>Mirrored at the first and last element of an axis, which are not repeated: 3 2 | 1 2 3 | 2 1.</summary>
    /// <exception cref="ShapeMismatchException">The border is not narrower than the axis is long, or negative.</exception>
    public GradientTensor ReflectionPad(int axis, long before, long after)
    {
        axis = Shape.Axis(axis, "reflectionPad");
        CheckPadding("reflectionPad", axis, before, after);
        long length = Shape[axis];
        if (Math.Max(before, after) >= length && Math.Max(before, after) > 0)
            throw new ShapeMismatchException($"reflectionPad: a border of {before} and {after} needs more elements to mirror than axis {axis} of {Shape} has.");
        return Pick(axis, before, after, i => i < 0 ? -i : i < length ? i : 2 * (length - 1) - i);
    }

    /// <summary>
    /// Mirrored at the edges, which are not repeated, of images [batch, height, width, channels] or [height, width, channels].
    /// </summary>
    public GradientTensor ReflectionPad2d(long top, long bottom, long left, long right)
    {
        int height = ImageAxis("reflectionPad2d");
        return ReflectionPad(height, top, bottom).ReflectionPad(height + 1, left, right);
    }

    /// <summary>Mirrored at all four edges, equally wide.</summary>
    public GradientTensor ReflectionPad2d(long padding) => ReflectionPad2d(padding, padding, padding, padding);

    /// <summary>The first and last element of an axis repeated: 1 1 | 1 2 3 | 3 3.</summary>
    /// <exception cref="ShapeMismatchException">The axis is empty, or a number is negative.</exception>
    public GradientTensor ReplicationPad(int axis, long before, long after)
    {
        axis = Shape.Axis(axis, "replicationPad");
        CheckPadding("replicationPad", axis, before, after);
        CheckNotEmpty("replicationPad", Shape, axis);
        long last = Shape[axis] - 1;
        return Pick(axis, before, after, i => Math.Clamp(i, 0, last));
    }

    /// <summary>The edges repeated, of images [batch, height, width, channels] or [height, width, channels].</summary>
    public GradientTensor ReplicationPad2d(long top, long bottom, long left, long right)
    {
        int height = ImageAxis("replicationPad2d");
        return ReplicationPad(height, top, bottom).ReplicationPad(height + 1, left, right);
    }

    /// <summary>All four edges repeated, equally wide.</summary>
    public GradientTensor ReplicationPad2d(long padding) => ReplicationPad2d(padding, padding, padding, padding);

    private GradientTensor Pick(int axis, long before, long after, Func<long, long> source)
    {
        if (before == 0 && after == 0) return this;
        var index = new long[before + Shape[axis] + after];
        for (long i = 0; i < index.Length; i++) index[i] = source(i - before);
        return IndexSelect(axis, From<long>(index, Device));
    }

    private int ImageAxis(string name)
    {
        if (Rank is not (3 or 4))
            throw new ShapeMismatchException($"{name}: shape {Shape}; an image [height, width, channels] or a batch of them is needed.");
        return Rank - 3;
    }

    private void CheckPadding(string name, int axis, long before, long after)
    {
        if (before < 0 || after < 0)
            throw new ShapeMismatchException($"{name}: a border of {before} and {after} at axis {axis} of {Shape}; to crop, use Slice or Unpad2d.");
    }
}
