using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// dx = inverse·(g − Σg/n − x̂·Σ(g·x̂)/n) with g = dy·weight and x̂ = (x − mean)·inverse; without Σg/n for root mean square.
/// (Ioffe and Szegedy, "Batch normalization", 2015, for any axes.) In double throughout.
/// </summary>
internal unsafe struct NormalizeBackwardCells<T, C>(Tensor x, AxisSet axes) : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    public NormalizeKind Kind;
    public T* X, Dy, Weight, Dx;
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
            double mean = Mean == null ? 0 : double.CreateTruncating(Mean[cell[4]]), inverse = double.CreateTruncating(Inverse[cell[5]]);
            Cascade<double, SumReduction> sum = default, product = default;
            var place = new Cursor(in reduced, 0);
            for (long i = 0; i < count; i++, place.Next())
            {
                var (g, normalized) = At(cell, place, mean, inverse);
                sum.Add(g);
                product.Add(g * normalized);
            }

            double a = Kind == NormalizeKind.Standard ? sum.Total() / count : 0, b = product.Total() / count;
            place = new(in reduced, 0);
            for (long i = 0; i < count; i++, place.Next())
            {
                var (g, normalized) = At(cell, place, mean, inverse);
                Dx[cell[3] + place[3]] = Elements.Store<T, C>(C.CreateTruncating(inverse * (g - a - (normalized * b))));
            }
        }
    }

    private readonly (double G, double Normalized) At(in Cursor cell, in Cursor place, double mean, double inverse)
    {
        double g = Number(Dy[cell[1] + place[1]]);
        if (Weight != null) g *= Number(Weight[cell[2] + place[2]]);
        return (g, (Number(X[cell[0] + place[0]]) - mean) * inverse);
    }

    private static double Number(T value) => double.CreateTruncating(Elements.Load<T, C>(value));
}
