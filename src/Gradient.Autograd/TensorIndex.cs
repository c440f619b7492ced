namespace Gradient.Autograd;

/// <summary>
/// What stands between the brackets of <c>x[…]</c> for one axis: a number, a C# range, a Python slice, an index tensor, or one of
/// <see cref="All"/>, <see cref="Ellipsis"/> and <see cref="NewAxis"/>. Numbers convert by themselves: <c>a[1, 0..2, ^1]</c>.
/// </summary>
public readonly struct TensorIndex
{
    private readonly long start, stop;

    private TensorIndex(IndexKind kind, long start = 0, long stop = 0, long step = 1, GradientTensor? tensor = null) =>
        (Kind, this.start, this.stop, Step, Tensor) = (kind, start, stop, step, tensor);

    internal enum IndexKind : byte
    {
        All,
        Number,
        Slice,
        Tensor,
        Ellipsis,
        NewAxis,
    }

    /// <summary>A whole axis: ":" in Python.</summary>
    public static TensorIndex All => default;

    /// <summary>As many whole axes as are left over: "…" in Python. Once at most.</summary>
    public static TensorIndex Ellipsis => new(IndexKind.Ellipsis);

    /// <summary>A new axis of length 1: "None" in Python.</summary>
    public static TensorIndex NewAxis => new(IndexKind.NewAxis);

    /// <summary>
    /// Python's start:stop:step. Negative positions count from the end, those outside are clipped, null goes to the end of the axis.
    /// A negative step walks back, as in NumPy: <c>Slice(step: -1)</c> reverses. A view.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is 0.</exception>
    public static TensorIndex Slice(long? start = null, long? stop = null, long step = 1)
    {
        if (step == 0) throw new ArgumentOutOfRangeException(nameof(step), step, "A slice needs a step other than 0.");
        return new(IndexKind.Slice, start ?? (step > 0 ? 0 : long.MaxValue), stop ?? (step > 0 ? long.MaxValue : long.MinValue), step);
    }

    /// <summary>One element of the axis, which goes away; negative numbers count from the end.</summary>
    public static implicit operator TensorIndex(int index) => new(IndexKind.Number, index);

    /// <summary>One element of the axis, which goes away; negative numbers count from the end.</summary>
    public static implicit operator TensorIndex(long index) => new(IndexKind.Number, index);

    /// <summary>One element of the axis, which goes away; <c>^1</c> is the last.</summary>
    public static implicit operator TensorIndex(Index index) => new(IndexKind.Number, FromEnd(index));

    /// <summary>A range of the axis, clipped to it as in Python: <c>0..2</c>, <c>1..^1</c>, <c>..</c>.</summary>
    public static implicit operator TensorIndex(Range range) =>
        new(IndexKind.Slice, FromEnd(range.Start), range.End.Equals(Index.End) ? long.MaxValue : FromEnd(range.End));

    /// <summary>
    /// The elements at these positions (Int64 or Int32, any shape, 0 to length − 1): the axis becomes the axes of the index.
    /// </summary>
    public static implicit operator TensorIndex(GradientTensor index) => new(IndexKind.Tensor, tensor: index);

    internal IndexKind Kind { get; }

    internal long Step { get; }

    internal GradientTensor? Tensor { get; }

    internal long Number => start;

    /// <summary>Where a slice of an axis of that length starts, and how many elements it has: the rules of Python.</summary>
    internal (long Start, long Length) Resolve(long length) => Resolve(start, stop, Step, length);

    internal static (long Start, long Length) Resolve(long start, long stop, long step, long length)
    {
        // Walking back, positions live in −1 … length − 1; forward, in 0 … length.
        long low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
        start = Clip(start);
        stop = stop == long.MinValue ? low : Clip(stop);
        long span = step > 0 ? stop - start : start - stop;
        long count = span <= 0 ? 0 : ((span - 1) / Math.Abs(step)) + 1;
        return (count == 0 ? Math.Clamp(start, 0, length) : start, count);

        long Clip(long position) => Math.Clamp(position < 0 ? Math.Max(position, -length - 1) + length : position, low, high);
    }

    private static long FromEnd(Index index) => index.IsFromEnd ? (index.Value == 0 ? long.MaxValue : -(long)index.Value) : index.Value;
}
