using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

public sealed partial class MetalBackend
{
    private const int HasWeight = 1, HasBias = 2, HasMean = 4;

    /// <inheritdoc/>
    public void Normalize(
        NormalizeKind kind, Tensor x, AxisSet axes, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor? mean, Tensor inverse)
    {
        if (inverse.ElementCount == 0) return;
        if (!x.DType.IsFloatingPoint()) throw Unsupported("normalize", x.DType);
        ShapeChecks.SameType("normalize", x, weight);
        ShapeChecks.SameType("normalize", x, bias);
        string type = TypeName("normalize", x.DType);
        // Standard normalization subtracts a mean even where nobody asked for it.
        using var own = kind == NormalizeKind.Standard && mean is null ? Tensor.Empty(inverse.Shape, DType.Float32, x.Device) : null;
        var meanHere = kind == NormalizeKind.Standard ? mean ?? own : null;
        Statistics(kind, type, x, axes, epsilon, meanHere, inverse);
        if (x.ElementCount > 0)
        {
            var plan = Strided.Plan(
                x.Shape, AxisSet.All(x.Rank), true, x.Layout, weight?.Layout ?? default, bias?.Layout ?? default, meanHere?.Layout ?? default, inverse.Layout, y.Layout);
            int variant = (weight is null ? 0 : HasWeight) | (bias is null ? 0 : HasBias) | (meanHere is null ? 0 : HasMean);
            Launch(
                cache.Get("normalize", "normalize_apply_" + type, (int)kind, variant, 0),
                [In(x), In(weight ?? x), In(bias ?? x), In(meanHere ?? inverse), In(inverse), Out(y)], plan, plan.Count);
        }

        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(bias);
        GC.KeepAlive(y);
        GC.KeepAlive(mean);
        GC.KeepAlive(inverse);
    }

    /// <inheritdoc/>
    public void NormalizeBackward(
        NormalizeKind kind, Tensor dy, Tensor x, AxisSet axes, Tensor? weight, Tensor? mean, Tensor inverse,
        Tensor? dx, Tensor? dweight, Tensor? dbias)
    {
        if (!x.DType.IsFloatingPoint()) throw Unsupported("normalize backward", x.DType);
        ShapeChecks.SameType("normalize backward", x, dy);
        ShapeChecks.SameType("normalize backward", x, weight);
        string type = TypeName("normalize backward", x.DType);
        if (dx is not null && dx.ElementCount > 0) InputGradient(kind, type, dy, x, axes, weight, mean, inverse, dx);
        if (dweight is not null && dbias is not null && dweight.Shape == dbias.Shape)
        {
            ParameterGradients(kind, type, dy, x, mean, inverse, dweight, dbias);
        }
        else
        {
            if (dweight is not null) ParameterGradients(kind, type, dy, x, mean, inverse, dweight, null);
            if (dbias is not null) ParameterGradients(kind, type, dy, x, mean, inverse, null, dbias);
        }

        GC.KeepAlive(dy);
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(mean);
        GC.KeepAlive(inverse);
        GC.KeepAlive(dx);
        GC.KeepAlive(dweight);
        GC.KeepAlive(dbias);
    }

    private void Statistics(NormalizeKind kind, string type, Tensor x, AxisSet axes, double epsilon, Tensor? mean, Tensor inverse)
    {
        int variant = mean is null ? 0 : HasMean;
        var reduced = Strided.Plan(x.Shape, axes, true, x.Layout);
        var kept = Strided.Plan(x.Shape, Without(axes), true, x.Layout, mean?.Layout ?? default, inverse.Layout);
        var team = TeamShape.For(kept, reduced);
        long pieces = Math.Max(1, (reduced.Count + team.Piece - 1) / team.Piece);
        var parameters = new StatisticsParameters
        {
            Kept = kept, Reduced = reduced, Piece = team.Piece, Count = reduced.Count, Epsilon = (float)epsilon, Team = team,
        };
        if (pieces == 1)
        {
            LaunchGroups(
                cache.Get("normalize", "normalize_statistics_" + type, (int)kind, variant, 1),
                [In(x), Out(mean ?? inverse), Out(inverse)], parameters, Groups(team, kept.Count, 1), new(team.Threads), 2 * x.ElementCount);
            return;
        }

        int axis = First(axes);
        var shape = inverse.Shape.With(axis, pieces);
        using var means = mean is null ? null : Tensor.Empty(shape, DType.Float32, x.Device);
        using var squares = Tensor.Empty(shape, DType.Float32, x.Device);
        var start = squares.Layout.Slice(axis, 0, 1);
        parameters.Kept = Strided.Plan(x.Shape, Without(axes), true, x.Layout, start, start);
        parameters.MeanPieceStride = parameters.InversePieceStride = squares.Layout.Stride(axis);
        LaunchGroups(
            cache.Get("normalize", "normalize_statistics_" + type, (int)kind, variant, 0),
            [In(x), Out(means ?? squares), Out(squares)], parameters, Groups(team, kept.Count, pieces), new(team.Threads), 2 * x.ElementCount);

        var line = AxisSet.Single(axis);
        parameters.Kept = Strided.Plan(shape, Without(line), true, squares.Layout, mean?.Layout ?? default, inverse.Layout);
        parameters.Reduced = Strided.Plan(shape, line, false, squares.Layout);
        parameters.Team = TeamShape.For(parameters.Kept, parameters.Reduced);
        LaunchGroups(
            cache.Get("normalize", "normalize_merge", (int)kind, variant, 1),
            [In(means ?? squares), In(squares), Out(mean ?? inverse), Out(inverse)],
            parameters, Groups(parameters.Team, parameters.Kept.Count, 1), new(parameters.Team.Threads), 2 * shape.ElementCount);
    }

    private void InputGradient(
        NormalizeKind kind, string type, Tensor dy, Tensor x, AxisSet axes, Tensor? weight, Tensor? mean, Tensor inverse, Tensor dx)
    {
        using var sums = Tensor.Empty(inverse.Shape, DType.Float32, x.Device);
        using var products = Tensor.Empty(inverse.Shape, DType.Float32, x.Device);
        Sums(kind, type, dy, x, axes, weight, mean, inverse, sums, products);
        // One plan has room for one layout of the statistics.
        bool sameLayout = mean is null || SameStrides(mean, inverse);
        var meanHere = sameLayout ? mean : Contiguous(mean!);
        var inverseHere = sameLayout ? inverse : Contiguous(inverse);
        long cells = inverse.ElementCount;
        var parameters = new NormalizeGradientParameters
        {
            Plan = Strided.Plan(
                x.Shape, AxisSet.All(x.Rank), true, x.Layout, dy.Layout, weight?.Layout ?? default, inverseHere.Layout, sums.Layout, dx.Layout),
            Scale = 1f / (x.ElementCount / cells),
        };
        int variant = (weight is null ? 0 : HasWeight) | (mean is null ? 0 : HasMean);
        Launch(
            cache.Get("normalize", "normalize_input_gradient_" + type, (int)kind, variant, 0),
            [In(x), In(dy), In(weight ?? x), In(meanHere ?? inverseHere), In(inverseHere), In(sums), In(products), Out(dx)],
            parameters, parameters.Plan.Count);
        GC.KeepAlive(meanHere);
        GC.KeepAlive(inverseHere);
    }

    private void ParameterGradients(
        NormalizeKind kind, string type, Tensor dy, Tensor x, Tensor? mean, Tensor inverse, Tensor? dweight, Tensor? dbias)
    {
        var shape = (dweight ?? dbias)!.Shape;
        if (shape.ElementCount == 0) return;
        int mask = 0;
        for (int axis = 0; axis < x.Rank; axis++)
            if (shape[axis] == 1) mask |= 1 << axis;
        using var sums = Tensor.Empty(shape, DType.Float32, x.Device);
        using var products = Tensor.Empty(shape, DType.Float32, x.Device);
        Sums(kind, type, dy, x, new((byte)mask), null, mean, inverse, sums, products);
        if (dweight is not null) Copy(products, dweight);
        if (dbias is not null) Copy(sums, dbias);
    }

    /// <summary>Σ g and Σ g·x̂ over the axes, in one launch and, where cells are long, a reduction of what their pieces gave.</summary>
    private void Sums(
        NormalizeKind kind, string type, Tensor dy, Tensor x, AxisSet axes, Tensor? weight, Tensor? mean, Tensor inverse, Tensor sums, Tensor products)
    {
        var reduced = Strided.Plan(x.Shape, axes, true, x.Layout, dy.Layout, weight?.Layout ?? default, mean?.Layout ?? default, inverse.Layout);
        var team = TeamShape.For(Strided.Plan(x.Shape, Without(axes), true, x.Layout), reduced);
        long pieces = Math.Max(1, (reduced.Count + team.Piece - 1) / team.Piece);
        int axis = pieces == 1 ? 0 : First(axes);
        using var partialSums = pieces == 1 ? null : Tensor.Empty(sums.Shape.With(axis, pieces), DType.Float32, x.Device);
        using var partialProducts = pieces == 1 ? null : Tensor.Empty(sums.Shape.With(axis, pieces), DType.Float32, x.Device);
        Tensor first = partialSums ?? sums, second = partialProducts ?? products;
        var start = pieces == 1 ? first.Layout : first.Layout.Slice(axis, 0, 1);
        var parameters = new NormalizeSumsParameters
        {
            Kept = Strided.Plan(
                x.Shape, Without(axes), true, x.Layout, dy.Layout, weight?.Layout ?? default, mean?.Layout ?? default, inverse.Layout, start),
            Reduced = reduced, Piece = team.Piece, PieceStride = pieces == 1 ? 0 : first.Layout.Stride(axis), Team = team,
        };
        int variant = (weight is null ? 0 : HasWeight) | (mean is null ? 0 : HasMean);
        LaunchGroups(
            cache.Get("normalize", "normalize_sums_" + type, (int)kind, variant, 0),
            [In(x), In(dy), In(weight ?? x), In(mean ?? inverse), In(inverse), Out(first), Out(second)],
            parameters, Groups(team, parameters.Kept.Count, pieces), new(team.Threads), 5 * x.ElementCount);
        if (pieces == 1) return;
        Reduce(ReduceKind.Sum, first, AxisSet.Single(axis), sums, 0);
        Reduce(ReduceKind.Sum, second, AxisSet.Single(axis), products, 0);
    }

    private static bool SameStrides(Tensor a, Tensor b)
    {
        for (int axis = 0; axis < a.Rank; axis++)
            if (a.Shape[axis] != 1 && a.Layout.Stride(axis) != b.Layout.Stride(axis)) return false;
        return true;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct StatisticsParameters
    {
        public Strided Kept, Reduced;
        public long Piece, MeanPieceStride, InversePieceStride, Count;
        public float Epsilon;
        public int Padding;
        public TeamShape Team;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct NormalizeSumsParameters
    {
        public Strided Kept, Reduced;
        public long Piece, PieceStride;
        public TeamShape Team;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct NormalizeGradientParameters
    {
        public Strided Plan;
        public float Scale;
        public int Padding;
    }
}
