using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Normalize(
        NormalizeKind kind, Tensor x, AxisSet axes, Tensor? weight, Tensor? bias, double epsilon, Tensor y, Tensor? mean, Tensor inverse)
    {
        if (inverse.ElementCount == 0) return;
        ShapeChecks.SameType("normalize", x, weight);
        ShapeChecks.SameType("normalize", x, bias);
        var kernel = new NormalizeKernel
        {
            Kind = kind, X = x, Axes = axes, Weight = weight, Bias = bias, Epsilon = epsilon, Y = y, Mean = mean, Inverse = inverse,
        };
        Dispatch.Floating("normalize", x, ref kernel);
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
        ShapeChecks.SameType("normalize backward", x, dy);
        ShapeChecks.SameType("normalize backward", x, weight);
        var kernel = new NormalizeBackwardKernel
        {
            Kind = kind, Dy = dy, X = x, Axes = axes, Weight = weight, Mean = mean, Inverse = inverse, Dx = dx, Dweight = dweight, Dbias = dbias,
        };
        Dispatch.Floating("normalize backward", x, ref kernel);
        GC.KeepAlive(dy);
        GC.KeepAlive(x);
        GC.KeepAlive(weight);
        GC.KeepAlive(mean);
        GC.KeepAlive(inverse);
        GC.KeepAlive(dx);
        GC.KeepAlive(dweight);
        GC.KeepAlive(dbias);
    }

    /// <summary>Whether a statistic has an element of its own in every cell, so that its strides tell kept axes from reduced ones.</summary>
    private static bool Moves(Tensor statistic, AxisSet axes)
    {
        for (int axis = 0; axis < statistic.Rank; axis++)
            if (!axes.Contains(axis) && statistic.Shape[axis] != 1 && statistic.Layout.Stride(axis) == 0) return false;
        return true;
    }

    private static void Add(ref Walk walk, Tensor? tensor)
    {
        if (tensor is null) walk.AddNothing();
        else walk.Add(tensor.Layout);
    }

    private struct NormalizeKernel : IFloatingKernel
    {
        public NormalizeKind Kind;
        public Tensor X, Y, Inverse;
        public Tensor? Weight, Bias, Mean;
        public AxisSet Axes;
        public double Epsilon;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            var walk = new Walk(X.Shape, AxisSet.All(X.Rank));
            walk.Add(X.Layout);
            walk.Add(Y.Layout);
            Add(ref walk, Weight);
            Add(ref walk, Bias);
            Add(ref walk, Mean);
            walk.Add(Inverse.Layout);
            if (Moves(Inverse, Axes) && NormalBlocks.TryCut(walk, out var blocks))
            {
                var body = new NormalizeBlocks<T, C>(blocks)
                {
                    Kind = Kind, Epsilon = Epsilon, X = Elements.Pointer<T>(X), Output = Elements.Pointer<T>(Y),
                    Weight = Elements.PointerOrNull<T>(Weight), BiasValues = Elements.PointerOrNull<T>(Bias),
                    Mean = Elements.PointerOrNull<C>(Mean), Inverse = Elements.Pointer<C>(Inverse),
                };
                body.Run();
                return;
            }

            var cells = new NormalizeCells<T, C>(X, Axes) { Kind = Kind, Epsilon = Epsilon };
            cells.Add(X, out cells.X);
            cells.Add(Y, out cells.Y);
            cells.Add(Weight, out cells.Weight);
            cells.Add(Bias, out cells.Bias);
            cells.Add(Mean, out cells.Mean);
            cells.Add(Inverse, out cells.Inverse);
            cells.Run();
        }
    }

    private struct NormalizeBackwardKernel : IFloatingKernel
    {
        public NormalizeKind Kind;
        public Tensor Dy, X, Inverse;
        public Tensor? Weight, Mean, Dx, Dweight, Dbias;
        public AxisSet Axes;

        public readonly void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            bool blocked = X.ElementCount > 0 && TryBlocks<T, C>(Dx, Dweight, Dbias);
            if (blocked) return;
            if (Dx is not null && Dx.ElementCount > 0 && !TryBlocks<T, C>(Dx, null, null)) InputGradient<T, C>(Dx);
            if (Dweight is not null && Dweight.ElementCount > 0) ParameterGradient<T, C>(Dweight, true);
            if (Dbias is not null && Dbias.ElementCount > 0) ParameterGradient<T, C>(Dbias, false);
        }

        /// <summary>The gradients by blocks, if x can be cut so and parameters differ from column to column alone.</summary>
        private readonly unsafe bool TryBlocks<T, C>(Tensor? dx, Tensor? dweight, Tensor? dbias)
            where T : unmanaged
            where C : unmanaged, IFloatingPointIeee754<C>
        {
            const int First = NormalizeBackwardBlocks<T, C>.WeightGradient, Second = NormalizeBackwardBlocks<T, C>.BiasGradient;
            var walk = new Walk(X.Shape, AxisSet.All(X.Rank));
            walk.Add(X.Layout);
            walk.Add(Dy.Layout);
            Add(ref walk, Weight);
            Add(ref walk, dx);
            Add(ref walk, Mean);
            walk.Add(Inverse.Layout);
            Add(ref walk, dweight);
            Add(ref walk, dbias);
            if (!Moves(Inverse, Axes) || !NormalBlocks.TryCut(walk, out var blocks)) return false;
            foreach (int parameter in (ReadOnlySpan<int>)[First, Second])
            {
                if ((parameter == First ? dweight : dbias) is null) continue;
                if (blocks.ColumnStrides[parameter] == 0 || !blocks.Rows.IsStill(parameter) || !blocks.Groups.IsStill(parameter)) return false;
            }

            var body = new NormalizeBackwardBlocks<T, C>(blocks)
            {
                Kind = Kind, X = Elements.Pointer<T>(X), OutputGradient = Elements.Pointer<T>(Dy), InputGradient = Elements.PointerOrNull<T>(dx),
                Weight = Elements.PointerOrNull<T>(Weight), Dweight = Elements.PointerOrNull<T>(dweight), Dbias = Elements.PointerOrNull<T>(dbias),
                Mean = Elements.PointerOrNull<C>(Mean), Inverse = Elements.Pointer<C>(Inverse),
            };
            body.Run();
            return true;
        }

        private readonly unsafe void InputGradient<T, C>(Tensor dx) where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            var cells = new NormalizeBackwardCells<T, C>(X, Axes) { Kind = Kind };
            cells.Add(X, out cells.X);
            cells.Add(Dy, out cells.Dy);
            cells.Add(Weight, out cells.Weight);
            cells.Add(dx, out cells.Dx);
            cells.Add(Mean, out cells.Mean);
            cells.Add(Inverse, out cells.Inverse);
            cells.Run();
        }

        private readonly unsafe void ParameterGradient<T, C>(Tensor result, bool normalized) where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            int broadcast = 0;
            for (int axis = 0; axis < X.Rank; axis++)
                if (result.Shape[axis] == 1) broadcast |= 1 << axis;
            var cells = new ParameterGradientCells<T, C>(X, new((byte)broadcast)) { Normalized = normalized };
            cells.Add(X, out cells.X);
            cells.Add(Dy, out cells.Dy);
            cells.Add(Mean, out cells.Mean);
            cells.Add(Inverse, out cells.Inverse);
            cells.Add(result, out cells.Result);
            cells.Run();
        }
    }
}
