using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <summary>Copies between any two layouts and types, row by row, or by <see cref="TransposeLoop"/>.</summary>
internal readonly unsafe struct CopyLoop : IParallelBody
{
    private readonly StridedPlan plan;
    private readonly RowConverter converter;

    private CopyLoop(in StridedPlan plan, RowConverter converter)
    {
        this.plan = plan;
        this.converter = converter;
    }

    /// <summary>y ← x.</summary>
    public static void Run(Tensor x, Tensor y)
    {
        var plan = StridedPlan.Of(y, x);
        if (plan.Count == 0 || TransposeLoop.TryRun(plan, x.DType, y.DType)) return;
        WorkerPool.Shared.For(plan.Count, ElementwiseLoop.Grain, new CopyLoop(plan, Conversion.Of(x.DType, y.DType)));
    }

    /// <inheritdoc/>
    public void Run(long start, long end)
    {
        var rows = new RowWalker(in plan, start, end);
        while (rows.Next())
            converter(rows.Pointer(1), plan.InnerStride(1), rows.Pointer(0), plan.InnerStride(0), rows.Length);
    }
}
