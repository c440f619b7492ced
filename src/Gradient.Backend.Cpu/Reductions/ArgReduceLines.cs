using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>Where each line's first extreme is: the first NaN if there is one.</summary>
internal unsafe struct ArgReduceLines<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, INumber<C>
{
    public ArgKind Kind;
    public Lines Lines;
    public T* X, Values;
    public long* Indices;

    public readonly void Run(long start, long end)
    {
        long n = Lines.Length, stride = Lines.Stride(0);
        Walk walk = Lines.Walk;
        var cursor = new Cursor(in walk, start);
        for (long line = start; line < end; line++, cursor.Next())
        {
            T* x = X + cursor[0];
            long at = Kind == ArgKind.Maximum ? First<Larger>(x, stride, n) : First<Smaller>(x, stride, n);
            Indices[cursor[1]] = at;
            if (Values != null) Values[cursor[2]] = x[at * stride];
        }
    }

    private static long First<TOrder>(T* x, long stride, long n) where TOrder : IOrder
    {
        C best = Elements.Load<T, C>(x[0]);
        long at = 0;
        for (long i = 1; i < n && !C.IsNaN(best); i++)
        {
            C candidate = Elements.Load<T, C>(x[i * stride]);
            if (!TOrder.Beats(candidate, best) && !C.IsNaN(candidate)) continue;
            best = candidate;
            at = i;
        }

        return at;
    }

    private interface IOrder
    {
        static abstract bool Beats(C candidate, C best);
    }

    private readonly struct Larger : IOrder
    {
        public static bool Beats(C candidate, C best) => candidate > best;
    }

    private readonly struct Smaller : IOrder
    {
        public static bool Beats(C candidate, C best) => candidate < best;
    }
}
