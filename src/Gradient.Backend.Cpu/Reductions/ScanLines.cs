using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>Running reductions of lines. Those of float run in double (P), as PyTorch's do, and are rounded on writing.</summary>
internal unsafe struct ScanLines<T, C, P, TReduction> : IParallelBody
    where T : unmanaged
    where C : unmanaged, INumber<C>
    where P : unmanaged, INumber<P>
    where TReduction : IReduction
{
    public Lines Lines;
    public bool Reverse;
    public T* X, Y;

    public readonly void Run(long start, long end)
    {
        long n = Lines.Length, strideX = Lines.Stride(0), strideY = Lines.Stride(1);
        Walk walk = Lines.Walk;
        var cursor = new Cursor(in walk, start);
        for (long line = start; line < end; line++, cursor.Next())
        {
            T* x = X + cursor[0], y = Y + cursor[1];
            P total = TReduction.Identity<P>();
            for (long step = 0; step < n; step++)
            {
                long i = Reverse ? n - 1 - step : step;
                total = TReduction.Combine(total, P.CreateTruncating(Elements.Load<T, C>(x[i * strideX])));
                y[i * strideY] = Elements.Store<T, C>(C.CreateTruncating(total));
            }
        }
    }
}
