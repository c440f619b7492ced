using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>An item is one row of one output image. All channels of a place are done together.</summary>
internal unsafe struct PoolBody<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    public PoolAxis Rows, Columns;
    public long Height, Width, Channels, InputWidth;
    public bool Maximum, CountIncludePad;
    public Images<T> X, Y;
    public Images<int> Indices;

    public readonly void Run(long start, long end)
    {
        nint n = (nint)((Channels + 15) / 16 * 16);
        C* scratch = Scratch.Get<C>(ScratchPurpose.Left, 3 * n);
        int* places = Scratch.Get<int>(ScratchPurpose.Pointers, n);
        for (long item = start; item < end; item++)
        {
            (long image, long row) = Math.DivRem(item, Height);
            PoolWindow rows = Rows[row];
            for (long column = 0; column < Width; column++)
            {
                PoolWindow columns = Columns[column];
                T* x = X[image, rows.First, columns.First], y = Y[image, row, column];
                C* result = Elements.Target(y, Y.Channel, Channels, scratch + n);
                if (Maximum)
                {
                    int* at = Indices.Exist ? Elements.Target(Indices[image, row, column], Indices.Channel, Channels, places) : places;
                    Largest(x, rows, columns, result, at, scratch);
                    if (Indices.Exist) Elements.Finish(at, Indices[image, row, column], Indices.Channel, Channels);
                }
                else
                {
                    Average(x, rows, columns, result, scratch, scratch + (2 * n));
                }

                Elements.Finish(result, y, Y.Channel, Channels);
            }
        }
    }

    private readonly void Largest(T* x, PoolWindow rows, PoolWindow columns, C* best, int* places, C* scratch)
    {
        if (rows.Count == 0 || columns.Count == 0)
        {
            // Padding alone.
            new Span<C>(best, (int)Channels).Fill(C.NegativeInfinity);
            new Span<int>(places, (int)Channels).Fill(-1);
            return;
        }

        Elements.Read(x, X.Channel, Channels, best);
        new Span<int>(places, (int)Channels).Fill(checked((int)((rows.First * InputWidth) + columns.First)));
        for (long i = 0; i < rows.Count; i++)
        {
            T* line = x + (i * Rows.Step * X.Row);
            long place = ((rows.First + (i * Rows.Step)) * InputWidth) + columns.First;
            for (long j = i == 0 ? 1 : 0; j < columns.Count; j++)
            {
                C* value = Elements.Line(line + (j * Columns.Step * X.Column), X.Channel, Channels, scratch);
                PoolMath<C>.Larger(value, (int)(place + (j * Columns.Step)), best, places, Channels);
            }
        }
    }

    private readonly void Average(T* x, PoolWindow rows, PoolWindow columns, C* sum, C* scratch, C* lineSum)
    {
        new Span<C>(sum, (int)Channels).Clear();
        if (rows.Count == 0 || columns.Count == 0) return;
        for (long i = 0; i < rows.Count; i++)
        {
            // Rows are added up on their own first: the rounding error grows with their length plus their number.
            C* target = columns.Count == 1 ? sum : lineSum;
            if (target != sum) new Span<C>(lineSum, (int)Channels).Clear();
            for (long j = 0; j < columns.Count; j++)
                PoolMath<C>.Add(Elements.Line(x + (i * X.Row) + (j * X.Column), X.Channel, Channels, scratch), target, Channels);
            if (target != sum) PoolMath<C>.Add(lineSum, sum, Channels);
        }

        PoolMath<C>.Divide(sum, C.CreateTruncating(CountIncludePad ? rows.Padded * columns.Padded : rows.Count * columns.Count), sum, Channels);
    }
}
