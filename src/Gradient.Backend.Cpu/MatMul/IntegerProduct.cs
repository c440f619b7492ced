using System.Numerics;

namespace Gradient.Backend.Cpu;

/// <summary>Matrix products of integers, which wrap around on overflow as C# does unchecked. Correct, not fast: they are rare.</summary>
internal static unsafe class IntegerProduct<T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <summary>Multiply-adds worth a range of their own.</summary>
    private const int Grain = 1 << 15;

    public static void Run(in GemmArguments<T> product, in GemmBatch batch, WorkerPool pool) => pool.For(
        batch.Count * product.M,
        Math.Max(1, Grain / Math.Max(1, product.N * product.K)),
        new Body { Product = product, Batch = batch });

    /// <summary>Item i is row i % M of product i / M.</summary>
    private struct Body : IParallelBody
    {
        public GemmArguments<T> Product;
        public GemmBatch Batch;

        public readonly void Run(long start, long end)
        {
            for (nint item = (nint)start; item < end; item++)
            {
                nint index = item / Product.M, i = item % Product.M;
                T* a = Product.A + Batch.AOffsets[index] + (i * Product.ARow);
                T* b = Product.B + Batch.BOffsets[index];
                T* c = Product.C + Batch.COffsets[index] + (i * Product.CRow);
                for (nint j = 0; j < Product.N; j++)
                    c[j] = Product.Bias == null ? T.Zero : Product.Bias[j];
                for (nint p = 0; p < Product.K; p++)
                {
                    T x = a[p * Product.AColumn];
                    T* row = b + (p * Product.BRow);
                    for (nint j = 0; j < Product.N; j++)
                        c[j] += x * row[j * Product.BColumn];
                }

                for (nint j = 0; Product.Relu && j < Product.N; j++)
                    c[j] = T.Max(c[j], T.Zero);
            }
        }
    }
}
