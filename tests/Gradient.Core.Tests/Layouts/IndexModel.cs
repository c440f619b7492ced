namespace Gradient.Core.Tests.Layouts;

/// <summary>
/// The naive model of a view: its lengths, and for every element in row-major order the position it has in the storage. Every
/// operation is written on index lists, with no strides, so it shares nothing with <see cref="Layout"/>.
/// </summary>
internal sealed record IndexModel(long[] Lengths, long[] Positions)
{
    public int Rank => Lengths.Length;

    public static IndexModel Contiguous(long[] lengths)
    {
        var positions = new long[Product(lengths)];
        for (int i = 0; i < positions.Length; i++) positions[i] = i;
        return new(lengths, positions);
    }

    public IndexModel Reshape(long[] lengths) => new(lengths, Positions);

    public IndexModel Permute(int[] order) =>
        Make(Array.ConvertAll(order, axis => Lengths[axis]), index =>
        {
            var source = new long[Rank];
            for (int i = 0; i < Rank; i++) source[order[i]] = index[i];
            return source;
        });

    public IndexModel Slice(int axis, long start, long length, long step) =>
        Make(Replaced(axis, length), index => Replaced(index, axis, start + (index[axis] * step)));

    public IndexModel Select(int axis, long at) => Make(Removed(Lengths, axis), index => Inserted(index, axis, at));

    public IndexModel Expand(long[] lengths)
    {
        int added = lengths.Length - Rank;
        return Make(lengths, index =>
        {
            var source = new long[Rank];
            for (int i = 0; i < Rank; i++) source[i] = Lengths[i] == 1 ? 0 : index[i + added];
            return source;
        });
    }

    public IndexModel Squeeze(int axis) => Make(Removed(Lengths, axis), index => Inserted(index, axis, 0));

    public IndexModel Unsqueeze(int axis) => Make(Inserted(Lengths, axis, 1), index => Removed(index, axis));

    public IndexModel Flip(int axis) => Make(Lengths, index => Replaced(index, axis, Lengths[axis] - 1 - index[axis]));

    public IndexModel Unfold(int axis, long size, long step)
    {
        long windows = 0;
        while ((windows * step) + size <= Lengths[axis]) windows++;
        return Make([.. Replaced(axis, windows), size], index =>
            Replaced(index[..Rank], axis, (index[axis] * step) + index[Rank]));
    }

    /// <summary>Whether some strides give these positions: each is forced by its axis's second element; then all must agree.</summary>
    public bool IsStrided()
    {
        if (Positions.Length == 0) return true;
        var strides = new long[Rank];
        for (int axis = 0; axis < Rank; axis++)
        {
            var second = new long[Rank];
            if (Lengths[axis] > 1) second[axis] = 1;
            strides[axis] = Positions[Flat(second)] - Positions[0];
        }

        for (long i = 0; i < Positions.Length; i++)
        {
            long expected = Positions[0];
            var index = Index(Lengths, i);
            for (int axis = 0; axis < Rank; axis++) expected += index[axis] * strides[axis];
            if (expected != Positions[i]) return false;
        }

        return true;
    }

    public static long Product(long[] lengths)
    {
        long product = 1;
        foreach (long length in lengths) product *= length;
        return product;
    }

    private IndexModel Make(long[] lengths, Func<long[], long[]> source)
    {
        var positions = new long[Product(lengths)];
        for (long i = 0; i < positions.Length; i++) positions[i] = Positions[Flat(source(Index(lengths, i)))];
        return new(lengths, positions);
    }

    private long Flat(long[] index)
    {
        long flat = 0;
        for (int i = 0; i < Rank; i++) flat = (flat * Lengths[i]) + index[i];
        return flat;
    }

    private static long[] Index(long[] lengths, long flat)
    {
        var index = new long[lengths.Length];
        for (int i = lengths.Length - 1; i >= 0; i--)
        {
            index[i] = flat % lengths[i];
            flat /= lengths[i];
        }

        return index;
    }

    private long[] Replaced(int axis, long value) => Replaced(Lengths, axis, value);

    private static long[] Replaced(long[] list, int axis, long value)
    {
        var copy = (long[])list.Clone();
        copy[axis] = value;
        return copy;
    }

    private static long[] Removed(long[] list, int axis) => [.. list[..axis], .. list[(axis + 1)..]];

    private static long[] Inserted(long[] list, int axis, long value) => [.. list[..axis], value, .. list[axis..]];
}
