using System.Runtime.CompilerServices;

namespace Gradient.Autograd;

public sealed partial class GradientTensor
{
    /// <summary>The sum over the axes, all by default. Integers and Bool sum in Int64.</summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="keepDims">Whether summed axes stay with length 1.</param>
    public GradientTensor Sum(ReadOnlySpan<int> axes = default, bool keepDims = false)
    {
        if (Autocast.Converts("sum", this, out var wide)) return wide.Sum(axes, keepDims);
        var set = AxisSet.Of(Shape, axes, "sum");
        var (from, kept) = (Shape, Shape.Reduce(set, keepDims: true));
        var result = Reduced(ReduceKind.Sum, set, keepDims, DType.IsFloatingPoint() ? DType : DType.Int64);
        return Tape.Record("sum", result, [this], g => [g.Reshape(kept).Expand(from)]);
    }

    /// <summary>The sum over one axis.</summary>
    public GradientTensor Sum(int axis, bool keepDims = false) => Sum([axis], keepDims);

    /// <summary>The mean over the axes, all by default; NaN of nothing.</summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    /// <exception cref="DTypeMismatchException">The type is not floating point.</exception>
    public GradientTensor Mean(ReadOnlySpan<int> axes = default, bool keepDims = false)
    {
        ShapeChecks.FloatingPoint("mean", DType);
        if (Autocast.Converts("mean", this, out var wide)) return wide.Mean(axes, keepDims);
        var set = AxisSet.Of(Shape, axes, "mean");
        var (from, kept) = (Shape, Shape.Reduce(set, keepDims: true));
        long count = CountAlong(set);
        return Tape.Record("mean", Reduced(ReduceKind.Mean, set, keepDims, DType), [this], g => [(g.Reshape(kept) / count).Expand(from)]);
    }

    /// <summary>The mean over one axis.</summary>
    public GradientTensor Mean(int axis, bool keepDims = false) => Mean([axis], keepDims);

    /// <summary>The product over the axes, all by default; its gradient is right where elements are 0, too. Integers multiply in Int64.</summary>
    /// <param name="axes">Which axes; negative ones count from the end; none means all.</param>
    /// <param name="keepDims">Whether reduced axes stay with length 1.</param>
    public GradientTensor Prod(ReadOnlySpan<int> axes = default, bool keepDims = false)
    {
        if (Autocast.Converts("prod", this, out var wide)) return wide.Prod(axes, keepDims);
        var set = AxisSet.Of(Shape, axes, "prod");
        var result = Reduced(ReduceKind.Product, set, keepDims, DType.IsFloatingPoint() ? DType : DType.Int64);
        var kept = Shape.Reduce(set, keepDims: true);
        return Tape.Record("prod", result, [this], g => [g.Reshape(kept) * ProductsOfOthers(set)], this);
    }

    /// <summary>The product over one axis.</summary>
    public GradientTensor Prod(int axis, bool keepDims = false) => Prod([axis], keepDims);

    /// <summary>Whether all elements along the axes are other than 0; over all axes by default. Bool.</summary>
    public GradientTensor All(ReadOnlySpan<int> axes = default, bool keepDims = false) =>
        new(Reduced(ReduceKind.All, AxisSet.Of(Shape, axes, "all"), keepDims, DType.Bool));

    /// <summary>Whether all elements along one axis are other than 0. Bool.</summary>
    public GradientTensor All(int axis, bool keepDims = false) => All([axis], keepDims);

    /// <summary>Whether any element along the axes is other than 0; over all axes by default. Bool.</summary>
    public GradientTensor Any(ReadOnlySpan<int> axes = default, bool keepDims = false) =>
        new(Reduced(ReduceKind.Any, AxisSet.Of(Shape, axes, "any"), keepDims, DType.Bool));

    /// <summary>Whether any element along one axis is other than 0. Bool.</summary>
    public GradientTensor Any(int axis, bool keepDims = false) => Any([axis], keepDims);

    /// <summary>Reduces without recording, in storage that only the result refers to.</summary>
    private Tensor Reduced(ReduceKind kind, AxisSet axes, bool keepDims, DType dtype, [CallerMemberName] string operation = "")
    {
        var result = Tensor.Empty(Shape.Reduce(axes, keepDims), dtype, Device, operation);
        if (keepDims || axes.Count == 0)
        {
            Backend.Reduce(kind, Value, axes, result);
            return result;
        }

        using var view = result.View(Layout.Contiguous(Shape.Reduce(axes, keepDims: true)));
        Backend.Reduce(kind, Value, axes, view);
        return result;
    }

    /// <summary>How many elements of this become one.</summary>
    private long CountAlong(AxisSet axes)
    {
        long count = 1;
        for (int i = 0; i < Rank; i++)
            if (axes.Contains(i)) count *= Shape[i];
        return count;
    }

    /// <summary>
    /// For each element the product of all others along the axes: of those before it times those after it, so that nothing is
    /// divided by a 0.
    /// </summary>
    private GradientTensor ProductsOfOthers(AxisSet axes)
    {
        int[] order = new int[Rank], back = new int[Rank];
        int at = 0;
        for (int i = 0; i < Rank; i++)
            if (!axes.Contains(i)) order[at++] = i;
        for (int i = 0; i < Rank; i++)
            if (axes.Contains(i)) order[at++] = i;
        for (int i = 0; i < Rank; i++) back[order[i]] = i;
        var moved = Permute(order);
        var flat = moved.Reshape(Shape.Reduce(axes, keepDims: false).Insert(Rank - axes.Count, CountAlong(axes)));
        return (flat.ProductsBefore() * flat.Flip(-1).ProductsBefore().Flip(-1)).Reshape(moved.Shape).Permute(back);
    }

    /// <summary>Along the last axis, the product of the elements before each; 1 for the first.</summary>
    private GradientTensor ProductsBefore()
    {
        if (ElementCount == 0) return this;
        var ones = Ones(Shape.With(-1, 1), DType, Device);
        return Cat([ones, Narrow(-1, 0, Shape[^1] - 1)], axis: -1).CumProd(-1);
    }
}
