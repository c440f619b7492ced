namespace Gradient.Conformance.Tests;

/// <summary>
/// Ways to lay the same logical tensor out in storage. What lies between the elements is NaN (or an odd number), so that a kernel
/// that reads outside its view is found out.
/// </summary>
public static class Layouts
{
    public delegate Tensor Arrange(Tensor contiguous);

    public static IReadOnlyDictionary<string, Arrange> All { get; } = new Dictionary<string, Arrange>
    {
        ["contiguous"] = x => x.Copy(),
        ["transposed"] = Reversed,
        ["offset 1"] = x => Sliced(x, 1),
        ["offset 7"] = x => Sliced(x, 7),
        ["step slice"] = Stepped,
        ["negative stride"] = Flipped,
        ["padded rows"] = PaddedRows,
    };

    /// <summary>The axes in storage in reverse order.</summary>
    private static Tensor Reversed(Tensor x)
    {
        int[] order = [.. Enumerable.Range(0, x.Rank).Reverse()];
        return x.View(x.Layout.Permute(order)).Copy() is var stored ? stored.View(stored.Layout.Permute(order)) : throw new InvalidOperationException();
    }

    /// <summary>Behind so many poisoned elements.</summary>
    private static Tensor Sliced(Tensor x, int offset)
    {
        var room = Poisoned([x.ElementCount + offset + 3], x);
        var view = room.View(Layout.Contiguous(x.Shape, offset));
        view.CopyFrom(x);
        return view;
    }

    /// <summary>Every second element of the last axis.</summary>
    private static Tensor Stepped(Tensor x)
    {
        if (x.Rank == 0) return Sliced(x, 4);
        var room = Poisoned(x.Shape.With(-1, (x.Shape[^1] * 2) + 1), x);
        var view = room.View(room.Layout.Slice(-1, 1, x.Shape[^1], 2));
        view.CopyFrom(x);
        return view;
    }

    /// <summary>Every axis backwards.</summary>
    private static Tensor Flipped(Tensor x)
    {
        var layout = x.Layout;
        for (int axis = 0; axis < x.Rank; axis++) layout = layout.Flip(axis);
        var stored = x.View(layout).Copy();
        layout = stored.Layout;
        for (int axis = 0; axis < x.Rank; axis++) layout = layout.Flip(axis);
        return stored.View(layout);
    }

    /// <summary>Rows with a gap after each.</summary>
    private static Tensor PaddedRows(Tensor x)
    {
        if (x.Rank == 0) return x.Copy();
        var room = Poisoned(x.Shape.With(-1, x.Shape[^1] + 5), x);
        var view = room.View(room.Layout.Slice(-1, 2, x.Shape[^1]));
        view.CopyFrom(x);
        return view;
    }

    private static Tensor Poisoned(Shape shape, Tensor like)
    {
        var room = Tensor.Empty(shape, like.DType, like.Device);
        room.Fill(like.DType.IsFloatingPoint() ? double.NaN : like.DType == DType.Bool ? 1 : 113);
        return room;
    }
}
