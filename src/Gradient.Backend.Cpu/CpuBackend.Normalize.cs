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
        CheckType("normalize", x, weight);
        CheckType("normalize", x, bias);
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
        CheckType("normalize backward", x, dy);
        CheckType("normalize backward", x, weight);
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

    private static void CheckType(string operation, Tensor x, Tensor? other)
    {
        if (other is not null && other.DType != x.DType)
        {
            throw new DTypeMismatchException(
                $"{operation}: the input is {x.DType.Name()}, but another tensor is {other.DType.Name()}; convert one with To(DType.{x.DType}).");
        }
    }

    private struct NormalizeKernel : IFloatingKernel
    {
        public NormalizeKind Kind;
        public Tensor X, Y, Inverse;
        public Tensor? Weight, Bias, Mean;
        public AxisSet Axes;
        public double Epsilon;

        public readonly unsafe void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>, IMinMaxValue<C>
        {
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

        public readonly void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>, IMinMaxValue<C>
        {
            if (Dx is not null && Dx.ElementCount > 0) InputGradient<T, C>(Dx);
            if (Dweight is not null && Dweight.ElementCount > 0) ParameterGradient<T, C>(Dweight, true);
            if (Dbias is not null && Dbias.ElementCount > 0) ParameterGradient<T, C>(Dbias, false);
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
