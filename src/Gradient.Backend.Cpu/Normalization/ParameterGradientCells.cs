using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Σ dy (of the bias) or Σ dy·x̂ (of the weight) over the axes along which the parameter was broadcast. In double throughout.
/// </summary>
internal unsafe struct ParameterGradientCells<T, C>(Tensor x, AxisSet axes) : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    public bool Normalized;
    public T* X, Dy, Result;
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
            var sum = default(Cascade<double, SumReduction>);
            var place = new Cursor(in reduced, 0);
            for (long i = 0; i < count; i++, place.Next())
            {
                double g = Number(Dy[cell[1] + place[1]]);
                if (Normalized)
                {
                    double mean = Mean == null ? 0 : double.CreateTruncating(Mean[cell[2] + place[2]]);
                    g *= (Number(X[cell[0] + place[0]]) - mean) * double.CreateTruncating(Inverse[cell[3] + place[3]]);
                }

                sum.Add(g);
            }

            Result[cell[4]] = Elements.Store<T, C>(C.CreateTruncating(sum.Total()));
        }
    }

    private static double Number(T value) => double.CreateTruncating(Elements.Load<T, C>(value));
}
