using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

public sealed partial class CpuBackend
{
    /// <inheritdoc/>
    public void Scan(ScanKind kind, Tensor x, int axis, bool reverse, Tensor y)
    {
        if (x.DType == DType.Bool) throw Unsupported("scan", x.DType);
        if (x.ElementCount == 0) return;
        var kernel = new ScanCall { Kind = kind, X = x, Y = y, Axis = Axis(x, axis), Reverse = reverse };
        Dispatch.Number(x.DType, ref kernel);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
    }

    private struct ScanCall : INumberKernel
    {
        public ScanKind Kind;
        public Tensor X, Y;
        public int Axis;
        public bool Reverse;

        public readonly void Run<T, C>() where T : unmanaged where C : unmanaged, INumber<C>
        {
            if (Kind == ScanKind.Sum) Run<T, C, SumReduction>();
            else Run<T, C, ProductReduction>();
        }

        private readonly unsafe void Run<T, C, TReduction>()
            where T : unmanaged
            where C : unmanaged, INumber<C>
            where TReduction : IReduction
        {
            var lines = new Lines(X.Shape, Axis);
            lines.Add(X.Layout);
            lines.Add(Y.Layout);
            T* x = Elements.Pointer<T>(X), y = Elements.Pointer<T>(Y);
            if (typeof(C) == typeof(float))
            {
                var body = new LineLoop<T, C, ScanKernel<C, double, TReduction>> { Lines = lines, Kernel = new(Reverse), A = x, Y = y };
                body.Run(cost: 2);
            }
            else
            {
                var body = new LineLoop<T, C, ScanKernel<C, C, TReduction>> { Lines = lines, Kernel = new(Reverse), A = x, Y = y };
                body.Run(cost: 2);
            }
        }
    }
}
