using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>The running reduction of a line. That of floats runs in double (P), as PyTorch's does, and is rounded on writing.</summary>
internal readonly unsafe struct ScanKernel<C, P, TReduction>(bool reverse) : ILineKernel<C>
    where C : unmanaged, INumber<C>
    where P : unmanaged, INumber<P>
    where TReduction : IReduction
{
    public void Run(C* a, C* b, C* y, long n)
    {
        P total = TReduction.Identity<P>();
        if (reverse)
        {
            for (long i = n - 1; i >= 0; i--) y[i] = C.CreateTruncating(total = TReduction.Combine(total, P.CreateTruncating(a[i])));
            return;
        }

        for (long i = 0; i < n; i++) y[i] = C.CreateTruncating(total = TReduction.Combine(total, P.CreateTruncating(a[i])));
    }

    [SkipLocalsInit]
    public void RunAcross(in LinesAcross<C> lines)
    {
        P* totals = stackalloc P[LinesAcross<C>.Most];
        new Span<P>(totals, (int)lines.Count).Fill(TReduction.Identity<P>());
        for (long i = 0; i < lines.Length; i++)
        {
            long row = reverse ? lines.Length - 1 - i : i;
            Step(lines.A + (row * lines.StrideA), lines.Y + (row * lines.StrideY), totals, lines.Count);
        }
    }

    /// <summary>One more element of every line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Step(C* x, C* y, P* totals, long count)
    {
        for (long k = 0; k < count; k += Vector<C>.Count)
        {
            var low = Vector.Load(totals + k);
            if (typeof(C) == typeof(P))
            {
                low = TReduction.Combine(low, Vector.As<C, P>(Vector.Load(x + k)));
                Vector.Store(Vector.As<P, C>(low), y + k);
                Vector.Store(low, totals + k);
                continue;
            }

            var high = Vector.Load(totals + k + Vector<P>.Count);
            Vector.Widen(Vector.As<C, float>(Vector.Load(x + k)), out var first, out var second);
            low = TReduction.Combine(low, Vector.As<double, P>(first));
            high = TReduction.Combine(high, Vector.As<double, P>(second));
            Vector.Store(Vector.As<float, C>(Vector.Narrow(Vector.As<P, double>(low), Vector.As<P, double>(high))), y + k);
            Vector.Store(low, totals + k);
            Vector.Store(high, totals + k + Vector<P>.Count);
        }
    }
}
