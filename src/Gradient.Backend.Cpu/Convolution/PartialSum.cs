using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>Adds partial results, the first to the last in order, each Length elements after the one before. Item i is element i.</summary>
internal unsafe struct PartialSum<T, TVector, TSimd> : IParallelBody
    where T : unmanaged, INumberBase<T>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    public T* Partials;
    public int Count;
    public nint Length;
    public T* Result;

    public readonly void Run(long start, long end)
    {
        nint i = (nint)start;
        for (; i + TSimd.Width <= end; i += TSimd.Width)
        {
            TVector sum = TSimd.Load(Partials + i);
            for (int k = 1; k < Count; k++)
                sum = TSimd.Add(sum, TSimd.Load(Partials + (k * Length) + i));
            TSimd.Store(sum, Result + i);
        }

        for (; i < end; i++)
        {
            T sum = Partials[i];
            for (int k = 1; k < Count; k++)
                sum += Partials[(k * Length) + i];
            Result[i] = sum;
        }
    }
}
