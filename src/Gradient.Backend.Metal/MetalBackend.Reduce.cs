using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

public sealed partial class MetalBackend
{
    /// <inheritdoc/>
    public void Reduce(ReduceKind kind, Tensor x, AxisSet axes, Tensor y)
    {
        if (y.ElementCount == 0) return;
        if (!x.DType.IsFloatingPoint() && kind is ReduceKind.Mean or ReduceKind.SumOfSquares) throw Unsupported($"reduce {kind}", x.DType);
        Reduce(kind, x, axes, y, 0);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    /// <inheritdoc/>
    public void ArgReduce(ArgKind kind, Tensor x, int axis, Tensor? values, Tensor indices)
    {
        if (indices.ElementCount == 0) return;
        axis = Axis(x, axis);
        if (x.Rank > 0 && x.Shape[axis] == 0)
            throw new ShapeMismatchException($"Arg{kind} along axis {axis} of shape {x.Shape}: there is no element to choose; make the axis longer.");
        ArgReduce(kind, x, null, axis, values, indices);
        GC.KeepAlive(x);
        GC.KeepAlive(values);
        GC.KeepAlive(indices);
    }

    /// <summary>An axis counted from 0; that of a scalar is its only element's.</summary>
    private static int Axis(Tensor x, int axis) => x.Rank == 0 && axis is 0 or -1 ? 0 : x.Shape.Axis(axis);

    /// <summary>All axes but those of the set.</summary>
    private static AxisSet Without(AxisSet axes) => new((byte)~axes.Mask);

    /// <summary>How many threadgroups of a team it takes along the cells and the pieces of each.</summary>
    private static KernelSize Groups(in TeamShape team, long cells, long pieces) =>
        new(checked((int)((cells + team.Cells - 1) / team.Cells)), checked((int)pieces));

    /// <summary>The first axis of a set.</summary>
    private static int First(AxisSet axes) => System.Numerics.BitOperations.TrailingZeroCount(axes.Mask);

    /// <summary>One launch, or two or more for long cells; divisor: what a mean divides by if x holds sums already, 0 if not.</summary>
    private void Reduce(ReduceKind kind, Tensor x, AxisSet axes, Tensor y, long divisor)
    {
        string function = "reduce_" + TypeName("reduce", x.DType);
        TypeName("reduce", y.DType);
        var reduced = Strided.Plan(x.Shape, axes, true, x.Layout);
        var kept = Strided.Plan(x.Shape, Without(axes), true, x.Layout, y.Layout);
        var team = TeamShape.For(kept, reduced);
        var parameters = new ReduceParameters
        {
            Kept = kept, Reduced = reduced, Piece = team.Piece, Divisor = divisor == 0 ? reduced.Count : divisor, Team = team,
        };
        long pieces = Math.Max(1, (reduced.Count + team.Piece - 1) / team.Piece);
        if (pieces == 1)
        {
            LaunchGroups(cache.Get("reduce", function, (int)kind, (int)y.DType), [In(x), Out(y)], parameters, Groups(team, kept.Count, 1), new(team.Threads), x.ElementCount);
            return;
        }

        int axis = First(axes);
        using var partials = Tensor.Empty(y.Shape.With(axis, pieces), x.DType.IsFloatingPoint() ? DType.Float32 : DType.Int64, x.Device);
        parameters.Kept = Strided.Plan(x.Shape, Without(axes), true, x.Layout, partials.Layout.Slice(axis, 0, 1));
        parameters.PieceStride = partials.Layout.Stride(axis);
        var first = kind == ReduceKind.Mean ? ReduceKind.Sum : kind;
        LaunchGroups(
            cache.Get("reduce", function, (int)first, (int)partials.DType), [In(x), Out(partials)], parameters, Groups(team, kept.Count, pieces), new(team.Threads), x.ElementCount);
        Reduce(kind == ReduceKind.SumOfSquares ? ReduceKind.Sum : kind, partials, AxisSet.Single(axis), y, parameters.Divisor);
    }

    /// <summary>Likewise; places: where the elements of x were, if x holds the extremes of pieces.</summary>
    private void ArgReduce(ArgKind kind, Tensor x, Tensor? places, int axis, Tensor? values, Tensor indices)
    {
        string function = "arg_reduce_" + TypeName("argReduce", x.DType);
        long length = x.Rank == 0 ? 1 : x.Shape[axis];
        var line = AxisSet.Single(axis);
        var reduced = Strided.Plan(x.Shape, line, false, x.Layout);
        var kept = Strided.Plan(x.Shape, Without(line), true, x.Layout);
        var team = TeamShape.For(kept, reduced);
        long pieces = (length + team.Piece - 1) / team.Piece;
        bool isLast = pieces == 1;
        var shape = isLast ? default : indices.Shape.With(axis, pieces);
        using var partialValues = isLast ? null : Tensor.Empty(shape, x.DType, x.Device);
        using var partialIndices = isLast ? null : Tensor.Empty(shape, DType.Int64, x.Device);
        Tensor? valuesHere = partialValues ?? values;
        Tensor indicesHere = partialIndices ?? indices;
        Layout Start(Tensor? tensor) => tensor is null ? default : tensor.Rank == 0 ? tensor.Layout : tensor.Layout.Slice(axis, 0, 1);
        long Step(Tensor? tensor) => tensor is null || tensor.Rank == 0 ? 0 : tensor.Layout.Stride(axis);
        var parameters = new ArgReduceParameters
        {
            Kept = Strided.Plan(x.Shape, Without(line), true, x.Layout, places?.Layout ?? default, Start(valuesHere), Start(indicesHere)),
            Length = length, Stride = Step(x), PlacesStride = Step(places), Piece = team.Piece,
            ValuesPieceStride = Step(valuesHere), IndicesPieceStride = Step(indicesHere), Team = team,
        };
        int variant = (places is null ? 0 : 1) | (valuesHere is null ? 0 : 2);
        LaunchGroups(
            cache.Get("reduce", function, (int)kind, variant),
            [In(x), places is null ? Unused(x) : In(places), Out(valuesHere ?? indicesHere), Out(indicesHere)], parameters, Groups(team, kept.Count, pieces), new(team.Threads), x.ElementCount);
        if (!isLast) ArgReduce(kind, partialValues!, partialIndices, axis, values, indices);
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ReduceParameters
    {
        public Strided Kept, Reduced;
        public long Piece, PieceStride, Divisor;
        public TeamShape Team;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct ArgReduceParameters
    {
        public Strided Kept;
        public long Length, Stride, PlacesStride, Piece, ValuesPieceStride, IndicesPieceStride;
        public TeamShape Team;
    }
}
