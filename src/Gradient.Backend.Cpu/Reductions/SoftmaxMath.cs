using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>Softmax of one contiguous line. Sums are kept in double, one per lane, so that long lines lose nothing.</summary>
internal static unsafe class SoftmaxMath
{
    public static void Softmax<C>(C* x, C* y, long n) where C : unmanaged, IFloatingPointIeee754<C>
    {
        C maximum = Maximum(x, n);
        double sum = 0;
        for (long i = 0; i < n; i++) sum += double.CreateTruncating(y[i] = C.Exp(x[i] - maximum));
        C scale = C.CreateTruncating(1 / sum);
        for (long i = 0; i < n; i++) y[i] *= scale;
    }

    public static void LogSoftmax<C>(C* x, C* y, long n) where C : unmanaged, IFloatingPointIeee754<C>
    {
        C maximum = Maximum(x, n);
        double sum = 0;
        for (long i = 0; i < n; i++) sum += double.CreateTruncating(C.Exp(x[i] - maximum));
        C log = C.CreateTruncating(Math.Log(sum));
        for (long i = 0; i < n; i++) y[i] = x[i] - maximum - log;
    }

    public static void SoftmaxBackward<C>(C* dy, C* y, C* dx, long n) where C : unmanaged, IFloatingPointIeee754<C>
    {
        double sum = 0;
        for (long i = 0; i < n; i++) sum += double.CreateTruncating(dy[i]) * double.CreateTruncating(y[i]);
        C total = C.CreateTruncating(sum);
        for (long i = 0; i < n; i++) dx[i] = y[i] * (dy[i] - total);
    }

    public static void LogSoftmaxBackward<C>(C* dy, C* y, C* dx, long n) where C : unmanaged, IFloatingPointIeee754<C>
    {
        double sum = 0;
        for (long i = 0; i < n; i++) sum += double.CreateTruncating(dy[i]);
        C total = C.CreateTruncating(sum);
        for (long i = 0; i < n; i++) dx[i] = dy[i] - (C.Exp(y[i]) * total);
    }

    private static C Maximum<C>(C* x, long n) where C : unmanaged, IFloatingPointIeee754<C> =>
        typeof(C) == typeof(float)
            ? Unsafe.BitCast<float, C>((float)LineReduction<float, double, MaximumReduction>.Line((float*)x, n))
            : Unsafe.BitCast<double, C>(LineReduction<double, double, MaximumReduction>.Line((double*)x, n));
}
