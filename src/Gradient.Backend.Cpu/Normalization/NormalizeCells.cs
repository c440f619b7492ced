using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Normalization over any axes of any layouts, one cell (all that shares a mean) after the other: the mean, then the variance
/// about it (two passes: the one-pass formula cancels), then the elements. In double throughout.
/// </summary>
internal unsafe struct NormalizeCells<T, C>(Tensor x, AxisSet axes) : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    public NormalizeKind Kind;
    public double Epsilon;
    public T* X, Y, Weight, Bias;
    public C* Mean, Inverse;
    private CellWalk cells = new(x.Shape, axes);

    public void Add<N>(Tensor? tensor, out N* pointer) where N : unmanaged => cells.Add(tensor, out pointer);

    public void Run()
    {
        cells.Merge();
        WorkerPool.Shared.For(cells.Kept.Count, cells.Grain, this);
    }

    public readonly void Run(long start, long end)
    {
        Walk kept = cells.Kept, reduced = cells.Reduced;
        long count = reduced.Count;
        var cell = new Cursor(in kept, start);
        for (long item = start; item < end; item++, cell.Next())
        {
            double mean = 0;
            if (Kind == NormalizeKind.Standard)
            {
                mean = Sum(reduced, count, cell[0], 0, false) / count;
                if (Mean != null) Mean[cell[4]] = C.CreateTruncating(mean);
            }

            double inverse = 1 / Math.Sqrt((Sum(reduced, count, cell[0], mean, true) / count) + Epsilon);
            Inverse[cell[5]] = C.CreateTruncating(inverse);
            var place = new Cursor(in reduced, 0);
            for (long i = 0; i < count; i++, place.Next())
            {
                double y = (Number(X[cell[0] + place[0]]) - mean) * inverse;
                if (Weight != null) y *= Number(Weight[cell[2] + place[2]]);
                if (Bias != null) y += Number(Bias[cell[3] + place[3]]);
                Y[cell[1] + place[1]] = Elements.Store<T, C>(C.CreateTruncating(y));
            }
        }
    }

    private readonly double Sum(in Walk reduced, long count, long start, double mean, bool squares)
    {
        var total = default(Cascade<double, SumReduction>);
        var place = new Cursor(in reduced, 0);
        for (long i = 0; i < count; i++, place.Next())
        {
            double x = Number(X[start + place[0]]) - mean;
            total.Add(squares ? x * x : x);
        }

        return total.Total();
    }

    private static double Number(T value) => double.CreateTruncating(Elements.Load<T, C>(value));
}
