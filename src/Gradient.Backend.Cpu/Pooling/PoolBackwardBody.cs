using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>
/// An item is some channels of one image: its windows, which may overlap, are visited in order by one thread. Gradients of
/// Float16 and BFloat16 are added up in Float32.
/// </summary>
internal unsafe struct PoolBackwardBody<T, C> : IParallelBody
    where T : unmanaged
    where C : unmanaged, IFloatingPointIeee754<C>
{
    /// <summary>A cache line of floats.</summary>
    private const long TileChannels = 16;

    public PoolAxis Rows, Columns;
    public long Height, Width, Channels, InputHeight, InputWidth;
    public bool CountIncludePad;
    public Images<T> Dy, Dx;
    public Images<int> Indices;
    private long tiles;

    public void Run(long images)
    {
        tiles = (Channels + TileChannels - 1) / TileChannels;
        WorkerPool.Shared.For(images * tiles, 1, this);
    }

    public readonly void Run(long start, long end)
    {
        bool direct = typeof(T) == typeof(C) && Dx.Channel == 1;
        C* scratch = direct ? null : Scratch.Get<C>(ScratchPurpose.Image, (nint)(InputHeight * InputWidth * TileChannels));
        for (long item = start; item < end; item++)
        {
            (long image, long tile) = Math.DivRem(item, tiles);
            long first = tile * TileChannels, count = Math.Min(TileChannels, Channels - first);
            var plane = direct
                ? new Plane { Start = (C*)Dx[image, 0, 0] + first, Row = Dx.Row, Column = Dx.Column }
                : new Plane { Start = scratch, Row = InputWidth * TileChannels, Column = TileChannels };
            for (long i = 0; i < InputHeight; i++)
                for (long j = 0; j < InputWidth; j++)
                    new Span<C>(plane[i, j], (int)count).Clear();
            if (Indices.Exist) Largest(image, first, count, plane);
            else Average(image, first, count, plane);
            if (direct) continue;
            for (long i = 0; i < InputHeight; i++)
                for (long j = 0; j < InputWidth; j++)
                    Elements.Write(plane[i, j], Dx[image, i, j] + (first * Dx.Channel), Dx.Channel, count);
        }
    }

    private readonly void Largest(long image, long first, long count, Plane plane)
    {
        for (long row = 0; row < Height; row++)
        {
            for (long column = 0; column < Width; column++)
            {
                T* dy = Dy[image, row, column] + (first * Dy.Channel);
                int* indices = Indices[image, row, column] + (first * Indices.Channel);
                for (long channel = 0; channel < count; channel++)
                {
                    int at = indices[channel * Indices.Channel];
                    if (at < 0) continue;
                    (long i, long j) = Math.DivRem(at, InputWidth);
                    plane[i, j][channel] += Elements.Load<T, C>(dy[channel * Dy.Channel]);
                }
            }
        }
    }

    private readonly void Average(long image, long first, long count, Plane plane)
    {
        C* share = stackalloc C[(int)TileChannels];
        for (long row = 0; row < Height; row++)
        {
            PoolWindow rows = Rows[row];
            for (long column = 0; column < Width; column++)
            {
                PoolWindow columns = Columns[column];
                C divisor = C.CreateTruncating(CountIncludePad ? rows.Padded * columns.Padded : rows.Count * columns.Count);
                T* dy = Dy[image, row, column] + (first * Dy.Channel);
                for (long channel = 0; channel < count; channel++) share[channel] = Elements.Load<T, C>(dy[channel * Dy.Channel]) / divisor;
                for (long i = 0; i < rows.Count; i++)
                {
                    for (long j = 0; j < columns.Count; j++)
                    {
                        C* dx = plane[rows.First + i, columns.First + j];
                        for (long channel = 0; channel < count; channel++) dx[channel] += share[channel];
                    }
                }
            }
        }
    }

    /// <summary>Where the gradients of some channels of an image are added up; channels are contiguous.</summary>
    private struct Plane
    {
        public C* Start;
        public long Row, Column;

        public readonly C* this[long i, long j] => Start + (i * Row) + (j * Column);
    }
}
