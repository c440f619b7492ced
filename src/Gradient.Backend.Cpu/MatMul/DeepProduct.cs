using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Products with a small result and a long depth, such as the gradient of a weight over many rows. By rows and columns there is little
/// to share among threads, and what is shared is packed again by each; so the depth is cut, each part is a product of its own, and the
/// parts are added in order.
/// </summary>
/// <remarks>The depth is cut by shape alone: the same bits on any number of threads.</remarks>
internal static unsafe class DeepProduct<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Elements of a result that is small: with the most parts, 2 MB of Float32.</summary>
    private const int MaxResult = 1 << 15;

    /// <summary>The least depth of a part, which its result is written once for; and how many parts there may be.</summary>
    private const int MinDepth = 128, MinParts = 4, MaxParts = 16;

    /// <summary>Whether it is the faster way. What accumulates, has a bias or an activation, or has gaps between its rows, is not for it.</summary>
    public static bool Suits(in GemmArguments<T> g) =>
        g.K >= MinParts * MinDepth && g.M * g.N <= MaxResult && g.CRow == g.N && !g.Accumulate && g.Bias == null && !g.Relu;

    public static void Run(in GemmArguments<T> g, WorkerPool pool)
    {
        int parts = (int)Math.Min(g.K / MinDepth, MaxParts);
        nint length = g.M * g.N;
        T* partials = Scratch.Get<T>(ScratchPurpose.Partials, parts * length);
        pool.For(parts, 1, new Body { Product = g, Partials = partials, Parts = parts });
        pool.For(length, 1 << 14, new PartialSum<T, TVector, TSimd> { Partials = partials, Count = parts, Length = length, Result = g.C });
    }

    /// <summary>Item i is part i.</summary>
    private struct Body : IParallelBody
    {
        public GemmArguments<T> Product;
        public T* Partials;
        public int Parts;

        public readonly void Run(long start, long end)
        {
            for (nint part = (nint)start; part < end; part++)
            {
                nint from = Product.K * part / Parts;
                GemmArguments<T> one = Product;
                one.A += from * Product.AColumn;
                one.B += from * Product.BRow;
                one.C = Partials + (part * Product.M * Product.N);
                one.K = (Product.K * (part + 1) / Parts) - from;
                GemmDriver<T, TVector, TSimd>.RunSerial(one);
            }
        }
    }
}
