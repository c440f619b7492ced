using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Normalization of <see cref="NormalBlocks"/>. An item finds its sum and, in a second pass over what the cache still holds,
/// the squares about its own mean; several items of one group are joined exactly, as Chan, Golub and LeVeque (1983) do.
/// </summary>
internal unsafe struct NormalizeBlocks<T, C>(NormalBlocks blocks) : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    private const int Y = 1, Bias = 3;

    public NormalizeKind Kind;
    public double Epsilon;
    public T* X, Output, Weight, BiasValues;
    public C* Mean, Inverse;
    private readonly NormalBlocks blocks = blocks;
    private double* partials;
    private bool isApplying;

    public void Run()
    {
        if (blocks.ItemsPerGroup == 1)
        {
            WorkerPool.Shared.For(blocks.Items, 1, this);
            return;
        }

        partials = Scratch.Get<double>(ScratchPurpose.Partials, (nint)(blocks.Items * 2 * blocks.Cells));
        WorkerPool.Shared.For(blocks.Items, 1, this);
        var group = new Cursor(in blocks.Groups, 0);
        for (long i = 0; i < blocks.GroupCount; i++, group.Next())
            Join(group, partials + (i * blocks.ItemsPerGroup * 2 * blocks.Cells), blocks.ItemsPerGroup);
        isApplying = true;
        WorkerPool.Shared.For(blocks.Items, 1, this);
    }

    public readonly void Run(long start, long end)
    {
        var lines = new NormalLines<T, C>(blocks);
        double* statistics = stackalloc double[2];
        for (long item = start; item < end; item++)
        {
            if (blocks.ItemsPerGroup > 1)
            {
                var (i, part) = Math.DivRem(item, blocks.ItemsPerGroup);
                long first = part * blocks.RowsPerItem, last = Math.Min(blocks.RowCount, first + blocks.RowsPerItem);
                var place = new Cursor(in blocks.Groups, i);
                if (isApplying) Apply(place, first, last, lines);
                else Statistics(place, first, last, lines, partials + (item * 2 * blocks.Cells));
                continue;
            }

            long from = item * blocks.GroupsPerItem, to = Math.Min(blocks.GroupCount, from + blocks.GroupsPerItem);
            var group = new Cursor(in blocks.Groups, from);
            for (long i = from; i < to; i++, group.Next())
            {
                double* target = blocks.Cells == 1 ? statistics : lines.Statistics;
                Statistics(group, 0, blocks.RowCount, lines, target);
                Join(group, target, 1);
                Apply(group, 0, blocks.RowCount, lines);
            }
        }
    }

    /// <summary>
    /// Per cell the sum of some rows, and the squares about their mean (about 0 for the root mean square). The mean that the
    /// first pass finds need not be exact: Σ(x − mean)² = Σd² − (Σd)²/n with d = x − center for any center near it.
    /// </summary>
    private readonly void Statistics(in Cursor group, long first, long last, NormalLines<T, C> lines, double* result)
    {
        long n = blocks.Columns, stride = blocks.ColumnStrides[NormalBlocks.X];
        bool centered = Kind == NormalizeKind.Standard;
        T* x = X + group[NormalBlocks.X];
        if (blocks.IsLine)
        {
            C* line = Elements.Line(x, stride, n, lines.Input);
            C center = centered ? C.CreateTruncating(LineReduction<C, double, SumReduction>.Line(line, n) / n) : C.Zero;
            var (sum, squares) = NormalMath<C>.Deviations(line, center, n);
            (result[0], result[1]) = Center(center, sum, squares, n);
            return;
        }

        long cells = blocks.Cells, fold = blocks.Fold;
        double count = (last - first) * fold;
        new Span<C>(lines.Center, (int)n).Clear();
        if (centered)
        {
            SumColumns(x, first, last, lines);
            for (long cell = 0; cell < cells; cell++)
                new Span<C>(lines.Center + (cell * fold), (int)fold).Fill(C.CreateTruncating(Fold(lines.Sums, cell) / count));
        }

        new Span<double>(lines.Sums, (int)n).Clear();
        new Span<double>(lines.Products, (int)n).Clear();
        C** rows = stackalloc C*[4];
        var row = new Cursor(in blocks.Rows, first);
        for (long i = first; i < last; i += 4)
        {
            int taken = (int)Math.Min(4, last - i);
            for (int r = 0; r < taken; r++, row.Next()) rows[r] = Elements.Line(x + row[NormalBlocks.X], stride, n, lines.Input + (r * n));
            NormalMath<C>.Deviations(rows, taken, lines.Center, n, lines.Sums, lines.Products);
        }

        for (long cell = 0; cell < cells; cell++)
            (result[cell], result[cells + cell]) = Center(lines.Center[cell * fold], Fold(lines.Sums, cell), Fold(lines.Products, cell), count);
    }

    private readonly (double Sum, double Squares) Center(C center, double sum, double squares, double count) => Kind == NormalizeKind.Standard
        ? (sum + (count * double.CreateTruncating(center)), squares - (sum / count * sum))
        : (0, squares);

    /// <summary>The sum of a cell's columns.</summary>
    private readonly double Fold(double* columns, long cell)
    {
        double sum = 0;
        for (long j = cell * blocks.Fold; j < (cell + 1) * blocks.Fold; j++) sum += columns[j];
        return sum;
    }

    private readonly void SumColumns(T* x, long first, long last, NormalLines<T, C> lines)
    {
        const int Group = LineReduction<C, double, SumReduction>.Group;
        long n = blocks.Columns, stride = blocks.ColumnStrides[NormalBlocks.X];
        C** rows = stackalloc C*[Group];
        new Span<double>(lines.Sums, (int)n).Clear();
        var row = new Cursor(in blocks.Rows, first);
        for (long i = first; i < last; i += Group)
        {
            int taken = (int)Math.Min(Group, last - i);
            for (int r = 0; r < taken; r++, row.Next()) rows[r] = Elements.Line(x + row[NormalBlocks.X], stride, n, lines.Input + (r * n));
            if (taken == Group) LineReduction<C, double, SumReduction>.Rows(rows, n, lines.Sums);
            else for (int r = 0; r < taken; r++) LineReduction<C, double, SumReduction>.Row(rows[r], n, lines.Sums);
        }
    }

    /// <summary>Mean and inverse of a group from the statistics of its items.</summary>
    private readonly void Join(in Cursor group, double* statistics, long items)
    {
        long cells = blocks.Cells;
        for (long cell = 0; cell < cells; cell++)
        {
            double sum = 0, squares = 0;
            for (long i = 0; i < items; i++) sum += statistics[(i * 2 * cells) + cell];
            double mean = sum / blocks.CellElements;
            for (long i = 0; i < items; i++)
            {
                double count = Math.Min(blocks.RowsPerItem, blocks.RowCount - (i * blocks.RowsPerItem)) * blocks.Fold;
                if (items == 1) count = blocks.CellElements;
                double offset = Kind == NormalizeKind.Standard ? (statistics[(i * 2 * cells) + cell] / count) - mean : 0;
                squares += statistics[(((i * 2) + 1) * cells) + cell] + (count * offset * offset);
            }

            if (Mean != null) Mean[group[NormalBlocks.Mean] + (cell * blocks.CellStrides[NormalBlocks.Mean])] = C.CreateTruncating(mean);
            Inverse[group[NormalBlocks.Inverse] + (cell * blocks.CellStrides[NormalBlocks.Inverse])] =
                C.CreateTruncating(1 / Math.Sqrt(Math.Max(0, squares / blocks.CellElements) + Epsilon));
        }
    }

    private readonly void Apply(in Cursor group, long first, long last, NormalLines<T, C> lines)
    {
        long n = blocks.Columns, strideX = blocks.ColumnStrides[NormalBlocks.X], strideY = blocks.ColumnStrides[Y];
        C* weight = Weight == null ? null : Elements.Line(Weight + group[NormalBlocks.Weight], blocks.ColumnStrides[NormalBlocks.Weight], n, lines.Weight);
        C* bias = BiasValues == null ? null : Elements.Line(BiasValues + group[Bias], blocks.ColumnStrides[Bias], n, lines.Bias);
        T* x = X + group[NormalBlocks.X], y = Output + group[Y];
        if (blocks.IsLine)
        {
            C center = Mean == null ? C.Zero : Mean[group[NormalBlocks.Mean]];
            C* target = Elements.Target(y, strideY, n, lines.Output);
            NormalMath<C>.Apply(Elements.Line(x, strideX, n, lines.Input), center, Inverse[group[NormalBlocks.Inverse]], weight, bias, target, n);
            Elements.Finish(target, y, strideY, n);
            return;
        }

        lines.ReadCells(blocks, group, Mean, Inverse);
        if (weight != null)
            for (long j = 0; j < n; j++) lines.Scale[j] *= weight[j];
        if (bias == null) new Span<C>(bias = lines.Bias, (int)n).Clear();
        var row = new Cursor(in blocks.Rows, first);
        for (long i = first; i < last; i++, row.Next())
        {
            T* to = y + row[Y];
            C* target = Elements.Target(to, strideY, n, lines.Output);
            NormalMath<C>.Apply(Elements.Line(x + row[NormalBlocks.X], strideX, n, lines.Input), lines.Center, lines.Scale, bias, target, n);
            Elements.Finish(target, to, strideY, n);
        }
    }
}
