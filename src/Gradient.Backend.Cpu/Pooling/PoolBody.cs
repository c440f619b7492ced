using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>An item is one row of one output image.</summary>
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
        for (long item = start; item < end; item++)
        {
            (long image, long row) = Math.DivRem(item, Height);
            PoolWindow rows = Rows[row];
            for (long column = 0; column < Width; column++)
            {
                PoolWindow columns = Columns[column];
                T* x = X[image, rows.First, columns.First], y = Y[image, row, column];
                if (Maximum) Largest(x, rows, columns, y, Indices.Exist ? Indices[image, row, column] : null);
                else Average(x, rows, columns, y);
            }
        }
    }

    private readonly void Largest(T* x, PoolWindow rows, PoolWindow columns, T* y, int* indices)
    {
        for (long channel = 0; channel < Channels; channel++)
        {
            C best = C.NegativeInfinity;
            long at = -1; // stays if the window has padding alone
            for (long i = 0; i < rows.Count; i++)
            {
                for (long j = 0; j < columns.Count; j++)
                {
                    C value = Elements.Load<T, C>(x[(i * Rows.Step * X.Row) + (j * Columns.Step * X.Column) + (channel * X.Channel)]);
                    if (at >= 0 && !(value > best) && (!C.IsNaN(value) || C.IsNaN(best))) continue;
                    best = value;
                    at = ((rows.First + (i * Rows.Step)) * InputWidth) + columns.First + (j * Columns.Step);
                }
            }

            y[channel * Y.Channel] = Elements.Store<T, C>(best);
            if (indices != null) indices[channel * Indices.Channel] = checked((int)at);
        }
    }

    private readonly void Average(T* x, PoolWindow rows, PoolWindow columns, T* y)
    {
        C divisor = C.CreateTruncating(CountIncludePad ? rows.Padded * columns.Padded : rows.Count * columns.Count);
        for (long channel = 0; channel < Channels; channel++)
        {
            // Rows are added up on their own first: the rounding error grows with their length plus their number.
            C sum = C.Zero;
            for (long i = 0; i < rows.Count; i++)
            {
                C line = C.Zero;
                for (long j = 0; j < columns.Count; j++)
                    line += Elements.Load<T, C>(x[(i * X.Row) + (j * X.Column) + (channel * X.Channel)]);
                sum += line;
            }

            y[channel * Y.Channel] = Elements.Store<T, C>(rows.Count * columns.Count == 0 ? C.Zero : sum / divisor);
        }
    }
}
