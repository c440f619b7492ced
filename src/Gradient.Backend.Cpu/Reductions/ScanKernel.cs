using System.Numerics;

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
}
