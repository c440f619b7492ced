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
    /// <summary>The most places of a window that are all looked at, many channels at once; else each channel goes to its own place.</summary>
    private const long SmallWindow = 16;

    public PoolAxis Rows, Columns;
    public long Height, Width, Channels, InputHeight, InputWidth;
    public bool CountIncludePad;
    public Images<T> Dy, Dx;
    public Images<int> Indices;
    private long tiles, tileChannels;

    public void Run(long images)
    {
        // At least a cache line of floats; all channels where images alone keep the threads busy. Channels never meet.
        tileChannels = images >= 8 ? Math.Min(Channels, 256) : 16;
        tiles = (Channels + tileChannels - 1) / tileChannels;
        WorkerPool.Shared.For(images * tiles, 1, this);
    }

    public readonly void Run(long start, long end)
    {
        bool direct = typeof(T) == typeof(C) && (Dx.Channel == 1 || Channels == 1);
        C* scratch = direct ? null : Scratch.Get<C>(ScratchPurpose.Image, (nint)(InputHeight * InputWidth * tileChannels));
        C* line = Scratch.Get<C>(ScratchPurpose.Left, (nint)(2 * tileChannels));
        int* places = Scratch.Get<int>(ScratchPurpose.Pointers, (nint)tileChannels);
        for (long item = start; item < end; item++)
        {
            (long image, long tile) = Math.DivRem(item, tiles);
            long first = tile * tileChannels, count = Math.Min(tileChannels, Channels - first);
            var plane = direct
                ? new Plane { Start = (C*)Dx[image, 0, 0] + first, Row = Dx.Row, Column = Dx.Column }
                : new Plane { Start = scratch, Row = InputWidth * tileChannels, Column = tileChannels };
            for (long i = 0; i < InputHeight; i++)
                for (long j = 0; j < InputWidth; j++)
                    new Span<C>(plane[i, j], (int)count).Clear();
            if (Indices.Exist) Largest(image, first, count, plane, line, places);
            else Average(image, first, count, plane, line);
            if (direct) continue;
            for (long i = 0; i < InputHeight; i++)
                for (long j = 0; j < InputWidth; j++)
                    Elements.Write(plane[i, j], Dx[image, i, j] + (first * Dx.Channel), Dx.Channel, count);
        }
    }

    private readonly void Largest(long image, long first, long count, Plane plane, C* scratch, int* places)
    {
        for (long row = 0; row < Height; row++)
        {
            PoolWindow rows = Rows[row];
            for (long column = 0; column < Width; column++)
            {
                PoolWindow columns = Columns[column];
                C* dy = Elements.Line(Dy[image, row, column] + (first * Dy.Channel), Dy.Channel, count, scratch);
                int* at = Elements.Line(Indices[image, row, column] + (first * Indices.Channel), Indices.Channel, count, places);
                if (rows.Count * columns.Count > SmallWindow)
                {
                    for (long channel = 0; channel < count; channel++)
                    {
                        if (at[channel] < 0) continue; // padding alone
                        var (i, j) = Math.DivRem(at[channel], (int)InputWidth);
                        plane[i, j][channel] += dy[channel];
                    }

                    continue;
                }

                for (long i = 0; i < rows.Count; i++)
                {
                    for (long j = 0; j < columns.Count; j++)
                    {
                        long y = rows.First + (i * Rows.Step), x = columns.First + (j * Columns.Step);
                        PoolMath<C>.AddAt(dy, at, (int)((y * InputWidth) + x), plane[y, x], count);
                    }
                }
            }
        }
    }

    private readonly void Average(long image, long first, long count, Plane plane, C* scratch)
    {
        C* share = scratch + tileChannels;
        for (long row = 0; row < Height; row++)
        {
            PoolWindow rows = Rows[row];
            for (long column = 0; column < Width; column++)
            {
                PoolWindow columns = Columns[column];
                C divisor = C.CreateTruncating(CountIncludePad ? rows.Padded * columns.Padded : rows.Count * columns.Count);
                C* dy = Elements.Line(Dy[image, row, column] + (first * Dy.Channel), Dy.Channel, count, scratch);
                PoolMath<C>.Divide(dy, divisor, share, count);
                for (long i = 0; i < rows.Count; i++)
                    for (long j = 0; j < columns.Count; j++)
                        PoolMath<C>.Add(share, plane[rows.First + i, columns.First + j], count);
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
