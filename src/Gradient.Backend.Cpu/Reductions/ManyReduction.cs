using System.Buffers;
using System.Numerics;
using Gradient.Core;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Reduces all elements of many tensors, seen as one long row that is cut into pieces of a fixed length: the result does not depend on
/// the number of threads.
/// </summary>
internal unsafe struct ManyReduction<TReduction> : IParallelBody where TReduction : IReduction
{
    private const long PieceElements = 1 << 16;
    private const int BlockElements = 4096;

    private Part[] parts;
    private int count;
    private long elements;
    private double power;
    private double* partials;

    /// <summary>The reduction of all elements x, or of |x|ᵖ for a power p that is not 0.</summary>
    public static double Run(ReadOnlySpan<Tensor> tensors, double power = 0)
    {
        var parts = ArrayPool<Part>.Shared.Rent(tensors.Length);
        try
        {
            var body = new ManyReduction<TReduction> { parts = parts, count = tensors.Length, power = power };
            for (int i = 0; i < tensors.Length; i++)
            {
                if (!tensors[i].DType.IsFloatingPoint()) throw Dispatch.Unsupported("ReduceMany", tensors[i]);
                parts[i] = new() { Tensor = tensors[i], Plan = StridedPlan.Of(tensors[i]), Start = body.elements };
                body.elements += tensors[i].ElementCount;
            }

            long pieces = (body.elements + PieceElements - 1) / PieceElements;
            body.partials = Scratch.Get<double>(ScratchPurpose.Partials, (nint)pieces);
            WorkerPool.Shared.For(pieces, 1, body);
            var total = default(Cascade<double, TReduction>);
            for (long i = 0; i < pieces; i++) total.Add(body.partials[i]);
            return total.Total();
        }
        finally
        {
            ArrayPool<Part>.Shared.Return(parts, clearArray: true);
        }
    }

    /// <inheritdoc/>
    public readonly void Run(long start, long end)
    {
        for (long piece = start; piece < end; piece++)
        {
            var total = default(Cascade<double, TReduction>);
            long first = piece * PieceElements, last = Math.Min(elements, first + PieceElements);
            for (int i = 0; i < count; i++)
            {
                ref readonly var part = ref parts[i];
                long from = Math.Max(first - part.Start, 0), to = Math.Min(last - part.Start, part.Plan.Count);
                if (from >= to) continue;
                var range = new Range(in part, from, to, power, ref total);
                Dispatch.Floating("ReduceMany", part.Tensor, ref range);
            }

            partials[piece] = total.Total();
        }
    }

    /// <summary>A tensor and how many elements come before it.</summary>
    private struct Part
    {
        public Tensor Tensor;
        public StridedPlan Plan;
        public long Start;
    }

    /// <summary>Some elements of one tensor.</summary>
    private readonly ref struct Range(ref readonly Part part, long start, long end, double power, ref Cascade<double, TReduction> total) : IFloatingKernel
    {
        private readonly ref readonly Part part = ref part;
        private readonly ref Cascade<double, TReduction> total = ref total;

        public void Run<T, C>() where T : unmanaged where C : unmanaged, IFloatingPointIeee754<C>
        {
            C* scratch = Scratch.Get<C>(ScratchPurpose.Rows, BlockElements);
            long stride = part.Plan.InnerStride(0) / sizeof(T);
            var rows = new RowWalker(in part.Plan, start, end);
            while (rows.Next())
            {
                for (long i = 0; i < rows.Length; i += BlockElements)
                {
                    long n = Math.Min(BlockElements, rows.Length - i);
                    C* x = Elements.Line((T*)rows.Pointer(0) + (i * stride), stride, n, scratch);
                    if (power != 0) x = Powers(x, n, scratch);
                    total.Add(typeof(C) == typeof(float)
                        ? LineReduction<float, double, TReduction>.Line((float*)x, n) : LineReduction<double, double, TReduction>.Line((double*)x, n));
                }
            }
        }

        /// <summary>y = |x|ᵖ.</summary>
        private C* Powers<C>(C* x, long n, C* y) where C : unmanaged
        {
            var type = typeof(C) == typeof(float) ? DType.Float32 : DType.Float64;
            byte** pointers = stackalloc byte*[] { (byte*)y, (byte*)x };
            var parameters = new KernelParameters(power);
            UnaryOperators.Kernel(UnaryKind.Abs, type, 0)(pointers, n, &parameters);
            pointers[1] = (byte*)y;
            UnaryOperators.Kernel(UnaryKind.PowScalar, type, power)(pointers, n, &parameters);
            return y;
        }
    }
}
