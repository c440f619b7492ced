using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>Operands of the walk: 0 is y, 1 the index, 2 is x without its axis.</summary>
internal unsafe struct GatherBody<T> : IParallelBody where T : unmanaged
{
    public Walk Walk;
    public Walk.Inner Inner;
    public T* X, Y;
    public IndexReader Index;
    public long AxisStride;

    public readonly void Run(long start, long end)
    {
        long n = Inner.Length, strideY = Inner.Strides[0], strideIndex = Inner.Strides[1], strideX = Inner.Strides[2];
        bool isEven = Walk.Rank == 1; // rows evenly apart, of which there may be many short ones
        long apartY = isEven ? Walk.Stride(0, 0) : 0, apartIndex = isEven ? Walk.Stride(1, 0) : 0, apartX = isEven ? Walk.Stride(2, 0) : 0;
        var cursor = new Cursor(in Walk, start);
        for (long i = start; i < end; i++)
        {
            T* y = Y + (isEven ? i * apartY : cursor[0]), x = X + (isEven ? i * apartX : cursor[2]);
            long at = isEven ? i * apartIndex : cursor[1];
            if (!isEven) cursor.Next();
            if (strideIndex == 0 && strideX == 1 && strideY == 1)
            {
                Buffer.MemoryCopy(x + (Index[at] * AxisStride), y, n * sizeof(T), n * sizeof(T));
                continue;
            }

            for (long j = 0; j < n; j++) y[j * strideY] = x[(j * strideX) + (Index[at + (j * strideIndex)] * AxisStride)];
        }
    }
}
