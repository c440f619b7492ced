using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The gradients of a normalization of <see cref="NormalBlocks"/>, by the formula of <see cref="NormalizeBackwardCells{T, C}"/>.
/// Everything follows from two sums per column over a group's rows, A = Σ dy and B = Σ dy·(x − mean): with weight w the sums
/// over a cell are Σ w·A and Σ w·B·inverse, and the groups' A and B·inverse add up to the gradients of bias and weight.
/// </summary>
/// <remarks>
/// Items of several groups do everything at once, and leave the parameters' part of the sums in a slot of their own. Items of
/// one group leave A and B in their slots; these are added up per group, and a second loop finds dx.
/// </remarks>
internal unsafe struct NormalizeBackwardBlocks<T, C>(NormalBlocks blocks) : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    /// <summary>Operands besides those of <see cref="NormalBlocks"/>.</summary>
    public const int Dy = 1, Dx = 3, WeightGradient = 6, BiasGradient = 7;

    /// <summary>So many lines are added up in C before they go to double.</summary>
    private const int LinesPerFlush = 16;

    public NormalizeKind Kind;
    public T* X, OutputGradient, Weight, InputGradient, Dweight, Dbias;
    public C* Mean, Inverse;
    private readonly NormalBlocks blocks = blocks;
    private double* slots;
    private bool isApplying;

    private readonly bool WantsParameters => Dweight != null || Dbias != null;

    public void Run()
    {
        long n = blocks.Columns, used = blocks.ItemsPerGroup > 1 ? blocks.GroupCount : blocks.Items;
        if (blocks.ItemsPerGroup > 1 || WantsParameters) slots = Scratch.Get<double>(ScratchPurpose.Partials, (nint)(blocks.Items * 2 * n));
        WorkerPool.Shared.For(blocks.Items, 1, this);
        if (blocks.ItemsPerGroup > 1)
        {
            // Slot i of a group's first: A and B of the whole group.
            for (long i = 0; i < used; i++)
                AddUp(slots + (i * blocks.ItemsPerGroup * 2 * n), blocks.ItemsPerGroup, 2 * n, slots + (i * 2 * n));
            isApplying = true;
            if (InputGradient != null) WorkerPool.Shared.For(blocks.Items, 1, this);
            if (!WantsParameters) return;
            var group = new Cursor(in blocks.Groups, 0);
            for (long i = 0; i < used; i++, group.Next()) ScaleByInverse(group, slots + (i * 2 * n) + n);
        }

        if (!WantsParameters) return;
        AddUp(slots, used, 2 * n, slots);
        for (long j = 0; j < n; j++)
        {
            if (Dbias != null) Dbias[j * blocks.ColumnStrides[BiasGradient]] = Elements.Store<T, C>(C.CreateTruncating(slots[j]));
            if (Dweight != null) Dweight[j * blocks.ColumnStrides[WeightGradient]] = Elements.Store<T, C>(C.CreateTruncating(slots[n + j]));
        }
    }

    public readonly void Run(long start, long end)
    {
        long n = blocks.Columns;
        var lines = new NormalLines<T, C>(blocks);
        for (long item = start; item < end; item++)
        {
            if (blocks.ItemsPerGroup > 1)
            {
                var (i, part) = Math.DivRem(item, blocks.ItemsPerGroup);
                long first = part * blocks.RowsPerItem, last = Math.Min(blocks.RowCount, first + blocks.RowsPerItem);
                var place = new Cursor(in blocks.Groups, i);
                if (isApplying) Apply(place, first, last, slots + (i * 2 * n), lines);
                else SumColumns(place, first, last, slots + (item * 2 * n), lines);
                continue;
            }

            double* slot = slots == null ? null : slots + (item * 2 * n);
            if (slot != null) new Span<double>(slot, checked((int)(2 * n))).Clear();
            long from = item * blocks.GroupsPerItem, to = Math.Min(blocks.GroupCount, from + blocks.GroupsPerItem);
            if (blocks.IsLine) Lines(from, to, slot, lines);
            else Groups(from, to, slot, lines);
        }
    }

    /// <summary>Groups of one row of one cell: mean and inverse are scalars.</summary>
    private readonly void Lines(long from, long to, double* slot, NormalLines<T, C> lines)
    {
        long n = blocks.Columns;
        C* sums = lines.FirstGradient, products = lines.SecondGradient;
        new Span<C>(sums, (int)n).Clear();
        new Span<C>(products, (int)n).Clear();
        var group = new Cursor(in blocks.Groups, from);
        for (long i = from; i < to; i++, group.Next())
        {
            C* weight = WeightLine(group, lines);
            C* dy = Elements.Line(OutputGradient + group[Dy], blocks.ColumnStrides[Dy], n, lines.Input + n);
            C* x = Elements.Line(X + group[NormalBlocks.X], blocks.ColumnStrides[NormalBlocks.X], n, lines.Input);
            C center = Mean == null ? C.Zero : Mean[group[NormalBlocks.Mean]], scale = Inverse[group[NormalBlocks.Inverse]];
            if (slot != null)
            {
                NormalMath<C>.AddTo(sums, products, dy, x, center, scale, n);
                if ((i - from) % LinesPerFlush == LinesPerFlush - 1 || i == to - 1)
                {
                    NormalMath<C>.Flush(sums, slot, n);
                    NormalMath<C>.Flush(products, slot + n, n);
                }
            }

            if (InputGradient == null) continue;
            var (sum, product) = NormalMath<C>.Sums(dy, x, center, weight, n);
            double inverse = double.CreateTruncating(scale);
            C a = C.CreateTruncating(Kind == NormalizeKind.Standard ? sum / n : 0), b = C.CreateTruncating(product / n * inverse * inverse * inverse);
            T* dx = InputGradient + group[Dx];
            C* target = Elements.Target(dx, blocks.ColumnStrides[Dx], n, lines.Output);
            NormalMath<C>.Gradient(dy, x, center, scale, a, b, weight, target, n);
            Elements.Finish(target, dx, blocks.ColumnStrides[Dx], n);
        }
    }

    private readonly void Groups(long from, long to, double* slot, NormalLines<T, C> lines)
    {
        long n = blocks.Columns;
        var group = new Cursor(in blocks.Groups, from);
        for (long i = from; i < to; i++, group.Next())
        {
            SumColumns(group, 0, blocks.RowCount, lines.Sums, lines);
            if (InputGradient != null) Apply(group, 0, blocks.RowCount, lines.Sums, lines);
            if (slot == null) continue;
            ScaleByInverse(group, lines.Sums + n);
            for (long j = 0; j < 2 * n; j++) slot[j] += lines.Sums[j];
        }
    }

    /// <summary>A and, behind it, B of some rows.</summary>
    private readonly void SumColumns(in Cursor group, long first, long last, double* result, NormalLines<T, C> lines)
    {
        long n = blocks.Columns;
        new Span<double>(result, checked((int)(2 * n))).Clear();
        lines.ReadCells(blocks, group, Mean, Inverse);
        C** dy = stackalloc C*[4], x = stackalloc C*[4];
        T* dyStart = OutputGradient + group[Dy], xStart = X + group[NormalBlocks.X];
        var row = new Cursor(in blocks.Rows, first);
        for (long i = first; i < last; i += 4)
        {
            int taken = (int)Math.Min(4, last - i);
            for (int r = 0; r < taken; r++, row.Next())
            {
                dy[r] = Elements.Line(dyStart + row[Dy], blocks.ColumnStrides[Dy], n, lines.Input + (r * n));
                x[r] = Elements.Line(xStart + row[NormalBlocks.X], blocks.ColumnStrides[NormalBlocks.X], n, lines.Input + ((r + 4) * n));
            }

            NormalMath<C>.Sums(dy, x, taken, lines.Center, n, result, result + n);
        }
    }

    /// <summary>dx of some rows, from A and B of their group.</summary>
    private readonly void Apply(in Cursor group, long first, long last, double* sums, NormalLines<T, C> lines)
    {
        long n = blocks.Columns, fold = blocks.Fold;
        C* weight = WeightLine(group, lines);
        lines.ReadCells(blocks, group, Mean, Inverse);
        for (long cell = 0; cell < blocks.Cells; cell++)
        {
            double a = 0, b = 0, inverse = double.CreateTruncating(lines.Scale[cell * fold]);
            for (long j = cell * fold; j < (cell + 1) * fold; j++)
            {
                double w = weight == null ? 1 : double.CreateTruncating(weight[j]);
                a += w * sums[j];
                b += w * sums[n + j];
            }

            C constant = C.CreateTruncating(Kind == NormalizeKind.Standard ? a / blocks.CellElements * inverse : 0);
            C linear = C.CreateTruncating(b / blocks.CellElements * inverse * inverse * inverse);
            for (long j = cell * fold; j < (cell + 1) * fold; j++)
            {
                (lines.A[j], lines.B[j]) = (constant, linear);
                if (weight != null) lines.Scale[j] *= weight[j];
            }
        }

        T* dyStart = OutputGradient + group[Dy], xStart = X + group[NormalBlocks.X], dxStart = InputGradient + group[Dx];
        var row = new Cursor(in blocks.Rows, first);
        for (long i = first; i < last; i++, row.Next())
        {
            C* dy = Elements.Line(dyStart + row[Dy], blocks.ColumnStrides[Dy], n, lines.Input + n);
            C* x = Elements.Line(xStart + row[NormalBlocks.X], blocks.ColumnStrides[NormalBlocks.X], n, lines.Input);
            T* dx = dxStart + row[Dx];
            C* target = Elements.Target(dx, blocks.ColumnStrides[Dx], n, lines.Output);
            NormalMath<C>.Gradient(dy, x, lines.Center, lines.Scale, lines.A, lines.B, target, n);
            Elements.Finish(target, dx, blocks.ColumnStrides[Dx], n);
        }
    }

    private readonly C* WeightLine(in Cursor group, NormalLines<T, C> lines) => Weight == null
        ? null
        : Elements.Line(Weight + group[NormalBlocks.Weight], blocks.ColumnStrides[NormalBlocks.Weight], blocks.Columns, lines.Weight);

    private readonly void ScaleByInverse(in Cursor group, double* products)
    {
        long stride = blocks.CellStrides[NormalBlocks.Inverse];
        C* inverse = Inverse + group[NormalBlocks.Inverse];
        for (long j = 0; j < blocks.Columns; j++) products[j] *= double.CreateTruncating(inverse[j / blocks.Fold * stride]);
    }

    /// <summary>Adds slots up in order into the first place of a target, which may be the first slot.</summary>
    private static void AddUp(double* slots, long count, long length, double* target)
    {
        if (target != slots) Buffer.MemoryCopy(slots, target, length * sizeof(double), length * sizeof(double));
        for (long i = 1; i < count; i++)
        {
            double* slot = slots + (i * length);
            for (long j = 0; j < length; j++) target[j] += slot[j];
        }
    }
}
