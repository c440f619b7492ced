using System.Numerics;
using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>What a scattered element does to the one it meets.</summary>
internal interface IUpdate<T> where T : unmanaged
{
    /// <summary>Updates contiguous elements.</summary>
    static abstract unsafe void Row(T* source, T* y, long count);

    /// <summary>Updates one element.</summary>
    static abstract void One(T source, ref T y);
}

/// <summary>y ← source.</summary>
internal readonly struct Assign<T> : IUpdate<T> where T : unmanaged
{
    public static unsafe void Row(T* source, T* y, long count) => Buffer.MemoryCopy(source, y, count * sizeof(T), count * sizeof(T));

    public static void One(T source, ref T y) => y = source;
}

/// <summary>y ← y + source, computed in C; Float16 and BFloat16 are rounded after every addition, as what they add to is in memory.</summary>
internal readonly struct Add<T, C> : IUpdate<T> where T : unmanaged where C : unmanaged, INumber<C>
{
    public static unsafe void Row(T* source, T* y, long count)
    {
        long i = 0;
        if (typeof(T) == typeof(C))
        {
            for (; i <= count - Vector<C>.Count; i += Vector<C>.Count)
                Vector.Store(Vector.Load((C*)y + i) + Vector.Load((C*)source + i), (C*)y + i);
        }

        for (; i < count; i++) One(source[i], ref y[i]);
    }

    public static void One(T source, ref T y) => y = Elements.Store<T, C>(Elements.Load<T, C>(y) + Elements.Load<T, C>(source));
}

/// <summary>
/// Operands of the walk, which leaves the axis out: 0 is y, 1 the index, 2 the source. A thread owns some columns (parts of
/// the innermost axis of the walk) and takes the places along the axis in order, so that nothing depends on the threads.
/// </summary>
internal unsafe struct ScatterBody<T, TUpdate> : IParallelBody where T : unmanaged where TUpdate : IUpdate<T>
{
    public Walk Walk;
    public Walk.Inner Inner;
    public T* Y, Source;
    public IndexReader Index;
    public long Count, StrideY, StrideIndex, StrideSource;
    private long tile, tiles;

    public void Run()
    {
        // Tiles of whole cache lines where columns are contiguous; a tile is never shared.
        long work = Math.Max(1, Inner.Length * Count);
        tile = Math.Clamp(Inner.Length, 1, Math.Max(64, (1 << 14) / Math.Max(1, Count)));
        tiles = (Inner.Length + tile - 1) / tile;
        WorkerPool.Shared.For(Walk.Count * tiles, Math.Max(1, (1 << 14) / Math.Max(1, work / tiles)), this);
    }

    public readonly void Run(long start, long end)
    {
        long strideY = Inner.Strides[0], strideIndex = Inner.Strides[1], strideSource = Inner.Strides[2];
        for (long item = start; item < end; item++)
        {
            (long outer, long part) = Math.DivRem(item, tiles);
            var cursor = new Cursor(in Walk, outer);
            long first = part * tile, n = Math.Min(tile, Inner.Length - first);
            T* y = Y + cursor[0] + (first * strideY), source = Source + cursor[2] + (first * strideSource);
            long index = cursor[1] + (first * strideIndex);
            for (long k = 0; k < Count; k++, source += StrideSource, index += StrideIndex)
            {
                if (strideIndex == 0 && strideY == 1 && strideSource == 1)
                {
                    TUpdate.Row(source, y + (Index[index] * StrideY), n);
                    continue;
                }

                for (long j = 0; j < n; j++)
                    TUpdate.One(source[j * strideSource], ref y[(j * strideY) + (Index[index + (j * strideIndex)] * StrideY)]);
            }
        }
    }
}
