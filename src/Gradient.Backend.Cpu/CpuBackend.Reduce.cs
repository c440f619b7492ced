using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Reduce(ReduceKind kind, Tensor x, AxisSet axes, Tensor y)
    {
        if (y.ElementCount == 0) return;
        if (!x.DType.IsFloatingPoint() && kind is ReduceKind.Mean or ReduceKind.SumOfSquares) throw Dispatch.Unsupported($"Reduce {kind}", x);
        var kernel = new ReduceKernel { Kind = kind, X = x, Axes = axes, Y = y };
        Dispatch.Number(x.DType, ref kernel);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    private struct ReduceKernel : INumberKernel
    {
        public ReduceKind Kind;
        public Tensor X, Y;
        public AxisSet Axes;

        public readonly void Run<T, C>() where T : unmanaged where C : unmanaged, INumber<C>
        {
            switch (Kind)
            {
                case ReduceKind.Maximum: Reduction.Run<T, C, C, MaximumReduction>(X, Axes, Y, false); break;
                case ReduceKind.Minimum: Reduction.Run<T, C, C, MinimumReduction>(X, Axes, Y, false); break;
                case ReduceKind.Any: Reduction.Run<T, C, C, AnyReduction>(X, Axes, Y, false); break;
                case ReduceKind.All: Reduction.Run<T, C, C, AllReduction>(X, Axes, Y, false); break;
                default:
                    if (typeof(C) == typeof(float)) Accumulate<T, C, double>();
                    else Accumulate<T, C, C>();
                    break;
            }
        }

        private readonly void Accumulate<T, C, P>()
            where T : unmanaged
            where C : unmanaged, INumber<C>
            where P : unmanaged, INumber<P>
        {
            switch (Kind)
            {
                case ReduceKind.Sum or ReduceKind.Mean: Reduction.Run<T, C, P, SumReduction>(X, Axes, Y, Kind == ReduceKind.Mean); break;
                case ReduceKind.Product: Reduction.Run<T, C, P, ProductReduction>(X, Axes, Y, false); break;
                case ReduceKind.SumOfSquares: Reduction.Run<T, C, P, SumOfSquaresReduction>(X, Axes, Y, false); break;
                default: throw new ArgumentOutOfRangeException(nameof(Kind), Kind, "not a ReduceKind");
            }
        }
    }
}
