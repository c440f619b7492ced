using System.Numerics;
using System.Runtime.CompilerServices;

namespace Gradient.Backend.Cpu;

/// <summary>Vector times matrix and matrix times vector: every matrix element is used once, so it is read in place.</summary>
internal static unsafe class Gemv<T, TVector, TSimd>
    where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    where TVector : struct
    where TSimd : struct, ISimd<T, TVector>
{
    /// <summary>Matrix elements worth a range of their own (some 10 µs).</summary>
    private const int Grain = 1 << 16;

    /// <summary>Additions in one chain; longer sums are made of such chains, so that rounding errors grow with depth / 512.</summary>
    private const int MaxChain = 512;

    /// <summary>Outputs that are summed side by side when the matrix is contiguous along them.</summary>
    private static int Strip => 8 * TSimd.Width;

    /// <summary>A product with M = 1 or N = 1 and K > 0.</summary>
    public static void Run(in GemmArguments<T> g, WorkerPool pool)
    {
        bool rowVector = g.M == 1;
        var body = new Body
        {
            Outputs = rowVector ? g.N : g.M,
            Depth = g.K,
            Vector = rowVector ? g.A : g.B,
            Matrix = rowVector ? g.B : g.A,
            OutputStep = rowVector ? g.BColumn : g.ARow,
            DepthStep = rowVector ? g.BRow : g.AColumn,
            Result = g.C,
            ResultStep = rowVector ? 1 : g.CRow,
            Bias = g.Bias,
            BiasStep = rowVector ? 1 : 0,
            Accumulate = g.Accumulate,
            Relu = g.Relu,
        };
        nint vectorStep = rowVector ? g.AColumn : g.BRow;
        if (vectorStep != 1)
        {
            T* packed = Scratch.Get<T>(ScratchPurpose.Panels, g.K);
            for (nint p = 0; p < g.K; p++)
                packed[p] = body.Vector[p * vectorStep];
            body.Vector = packed;
        }

        nint strips = (body.Outputs + Strip - 1) / Strip;
        pool.For(strips, Math.Max(1, Grain / (Strip * g.K)), body);
    }

    /// <summary>Result[j] = Σ over p of Vector[p] · Matrix[j · OutputStep + p · DepthStep].</summary>
    private struct Body : IParallelBody
    {
        public nint Outputs;
        public nint Depth;
        public T* Vector;
        public T* Matrix;
        public nint OutputStep;
        public nint DepthStep;
        public T* Result;
        public nint ResultStep;
        public T* Bias;
        public nint BiasStep;
        public bool Accumulate;
        public bool Relu;

        public readonly void Run(long start, long end)
        {
            nint j = (nint)start * Strip;
            nint last = Math.Min((nint)end * Strip, Outputs);
            if (OutputStep == 1)
            {
                for (; j + Strip <= last; j += Strip)
                    EightVectors(j);
                for (; j + TSimd.Width <= last; j += TSimd.Width)
                    OneVector(j);
            }

            for (; j < last; j++)
                Finish(j, DepthStep == 1 && OutputStep != 1 ? Dot(Matrix + (j * OutputStep)) : StridedDot(Matrix + (j * OutputStep)));
        }

        /// <summary>Sums of a depth block in registers, blocks added in memory.</summary>
        [SkipLocalsInit]
        private readonly void EightVectors(nint j)
        {
            int width = TSimd.Width;
            T* sums = stackalloc T[8 * width];
            for (nint p0 = 0; p0 < Depth; p0 += MaxChain)
            {
                TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
                TVector s4 = TSimd.Zero, s5 = TSimd.Zero, s6 = TSimd.Zero, s7 = TSimd.Zero;
                nint end = Math.Min(p0 + MaxChain, Depth);
                T* row = Matrix + (p0 * DepthStep) + j;
                for (nint p = p0; p < end; p++, row += DepthStep)
                {
                    TVector x = TSimd.Broadcast(Vector[p]);
                    s0 = TSimd.MultiplyAdd(x, TSimd.Load(row), s0);
                    s1 = TSimd.MultiplyAdd(x, TSimd.Load(row + width), s1);
                    s2 = TSimd.MultiplyAdd(x, TSimd.Load(row + (2 * width)), s2);
                    s3 = TSimd.MultiplyAdd(x, TSimd.Load(row + (3 * width)), s3);
                    s4 = TSimd.MultiplyAdd(x, TSimd.Load(row + (4 * width)), s4);
                    s5 = TSimd.MultiplyAdd(x, TSimd.Load(row + (5 * width)), s5);
                    s6 = TSimd.MultiplyAdd(x, TSimd.Load(row + (6 * width)), s6);
                    s7 = TSimd.MultiplyAdd(x, TSimd.Load(row + (7 * width)), s7);
                }

                bool first = p0 == 0;
                Put(s0, sums, first);
                Put(s1, sums + width, first);
                Put(s2, sums + (2 * width), first);
                Put(s3, sums + (3 * width), first);
                Put(s4, sums + (4 * width), first);
                Put(s5, sums + (5 * width), first);
                Put(s6, sums + (6 * width), first);
                Put(s7, sums + (7 * width), first);
            }

            for (int i = 0; i < 8 * width; i++)
                Finish(j + i, sums[i]);
        }

        [SkipLocalsInit]
        private readonly void OneVector(nint j)
        {
            T* sums = stackalloc T[TSimd.Width];
            for (nint p0 = 0; p0 < Depth; p0 += MaxChain)
            {
                TVector sum = TSimd.Zero;
                nint end = Math.Min(p0 + MaxChain, Depth);
                T* row = Matrix + (p0 * DepthStep) + j;
                for (nint p = p0; p < end; p++, row += DepthStep)
                    sum = TSimd.MultiplyAdd(TSimd.Broadcast(Vector[p]), TSimd.Load(row), sum);
                Put(sum, sums, p0 == 0);
            }

            for (int i = 0; i < TSimd.Width; i++)
                Finish(j + i, sums[i]);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Put(TVector sum, T* target, bool first) => TSimd.Store(first ? sum : TSimd.Add(TSimd.Load(target), sum), target);

        private readonly T Dot(T* row)
        {
            T total = T.Zero;
            int width = TSimd.Width;
            for (nint p = 0; p < Depth;)
            {
                TVector s0 = TSimd.Zero, s1 = TSimd.Zero, s2 = TSimd.Zero, s3 = TSimd.Zero;
                nint end = Math.Min(p + (MaxChain * 4 * width), Depth);
                for (; p + (4 * width) <= end; p += 4 * width)
                {
                    s0 = TSimd.MultiplyAdd(TSimd.Load(Vector + p), TSimd.Load(row + p), s0);
                    s1 = TSimd.MultiplyAdd(TSimd.Load(Vector + p + width), TSimd.Load(row + p + width), s1);
                    s2 = TSimd.MultiplyAdd(TSimd.Load(Vector + p + (2 * width)), TSimd.Load(row + p + (2 * width)), s2);
                    s3 = TSimd.MultiplyAdd(TSimd.Load(Vector + p + (3 * width)), TSimd.Load(row + p + (3 * width)), s3);
                }

                for (; p + width <= end; p += width)
                    s0 = TSimd.MultiplyAdd(TSimd.Load(Vector + p), TSimd.Load(row + p), s0);
                total += TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)));
                for (; p < end; p++)
                    total += Vector[p] * row[p];
            }

            return total;
        }

        private readonly T StridedDot(T* row)
        {
            T total = T.Zero;
            for (nint p0 = 0; p0 < Depth; p0 += MaxChain)
            {
                T sum = T.Zero;
                nint end = Math.Min(p0 + MaxChain, Depth);
                for (nint p = p0; p < end; p++, row += DepthStep)
                    sum = T.MultiplyAddEstimate(Vector[p], *row, sum);
                total += sum;
            }

            return total;
        }

        private readonly void Finish(nint j, T sum)
        {
            T* output = Result + (j * ResultStep);
            if (Accumulate)
                sum = *output + sum;
            if (Bias != null)
                sum += Bias[j * BiasStep];
            *output = Relu && sum < T.Zero ? T.Zero : sum;
        }
    }
}
