using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Where each line's first extreme is: the first NaN if there is one. The extreme is found first, then its first place: two
/// vector loops beat one that keeps places. Operands: x, indices, values.
/// </summary>
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
        C* scratch = Scratch.Get<C>(ScratchPurpose.Left, Lines.ScratchElements);
        for (long item = start; item < end; item++)
        {
            var batch = Lines[item];
            C* x = Lines.Read(0, X, batch, scratch, out long pitch);
            for (long k = 0; k < batch.Count; k++)
            {
                C* line = x + (k * pitch);
                long at = IndexOf(line, Lines.Length, Extreme(line, Lines.Length));
                Indices[batch.Positions[1] + (k * Lines.LineStride(1))] = at;
                if (Values != null) Values[batch.Positions[2] + (k * Lines.LineStride(2))] = Elements.Store<T, C>(line[at]);
            }
        }
    }

    private readonly C Extreme(C* line, long n) =>
        Kind == ArgKind.Maximum ? LineReduction<C, C, MaximumReduction>.Line(line, n) : LineReduction<C, C, MinimumReduction>.Line(line, n);

    private static long IndexOf(C* line, long n, C value)
    {
        long i = 0;
        if (C.IsNaN(value))
        {
            while (!C.IsNaN(line[i])) i++;
            return i;
        }

        var wanted = new Vector<C>(value);
        while (i <= n - Vector<C>.Count && !Vector.EqualsAny(Vector.Load(line + i), wanted)) i += Vector<C>.Count;
        while (line[i] != value) i++;
        return i;
    }
}
