using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// start, start + step, … in row-major order: in double precision, rounded once; for integers with an integral start and step
/// in 64 bits.
/// </summary>
internal readonly unsafe struct RangeLoop : IParallelBody
{
    private const int BlockLength = 512;

    private readonly StridedPlan plan;
    private readonly double start;
    private readonly double step;
    private readonly bool integral;
    private readonly RowConverter converter;

    public RangeLoop(in StridedPlan plan, DType type, double start, double step)
    {
        this.plan = plan;
        this.start = start;
        this.step = step;
        integral = type.IsInteger() && double.IsInteger(start) && double.IsInteger(step);
        converter = Conversion.Of(integral ? DType.Int64 : DType.Float64, type);
    }

    /// <inheritdoc/>
    public void Run(long start, long end)
    {
        long* block = stackalloc long[BlockLength];
        long position = start;
        var rows = new RowWalker(in plan, start, end);
        while (rows.Next())
        {
            for (long i = 0; i < rows.Length; i += BlockLength)
            {
                long n = Math.Min(BlockLength, rows.Length - i);
                for (long j = 0; j < n; j++, position++)
                {
                    if (integral) block[j] = (long)this.start + (position * (long)step);
                    else ((double*)block)[j] = this.start + (position * step);
                }

                converter((byte*)block, sizeof(long), rows.Pointer(0) + (i * plan.InnerStride(0)), plan.InnerStride(0), n);
            }
        }
    }
}
