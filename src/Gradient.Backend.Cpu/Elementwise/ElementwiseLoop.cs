using System.Runtime.CompilerServices;
using Gradient.Core;
using unsafe ElementKernel = delegate*<byte**, long, Gradient.Core.KernelParameters*, void>;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Runs a kernel for contiguous elements over tensors of any layout and type. Rows in which an operand has gaps, is repeated,
/// or has another type than the kernel computes in pass through buffers small enough for the first-level cache; the others
/// are worked on where they lie. Short rows are taken several at a time (ElementwiseLoop.Panel.cs).
/// </summary>
internal unsafe partial struct ElementwiseLoop : IParallelBody
{
    /// <summary>So many elements are worth a thread.</summary>
    public const long Grain = 32768;

    /// <summary>Below this the operands stay in the first-level cache, whatever their order.</summary>
    private const long TransposeFloor = 8192;

    private const int BlockLength = 512;
    private const int MaxOperands = 4;
    private const int BufferBytes = BlockLength * sizeof(double);

    private readonly StridedPlan plan;
    private readonly ElementKernel kernel;
    private readonly int size;
    private KernelParameters parameters;
    private Converters converters;
    private Flags buffered;
    private bool direct;

    private ElementwiseLoop(in StridedPlan plan, ElementKernel kernel, DType compute, in KernelParameters parameters)
    {
        this.plan = plan;
        this.kernel = kernel;
        size = compute.Size();
        this.parameters = parameters;
        direct = true;
    }

    /// <summary>y ← kernel(x0, x1, x2), where the kernel computes in type <paramref name="compute"/>.</summary>
    public static void Run(
        ElementKernel kernel, DType compute, in KernelParameters parameters, Tensor y, Tensor x0, Tensor? x1 = null, Tensor? x2 = null)
    {
        using var c0 = CopyIfTransposed(x0, y);
        using var c1 = x1 is null ? null : CopyIfTransposed(x1, y);
        using var c2 = x2 is null ? null : CopyIfTransposed(x2, y);
        (x0, x1, x2) = (c0 ?? x0, c1 ?? x1, c2 ?? x2);
        var plan = StridedPlan.Of(y, x0, x1, x2);
        if (plan.Count != 0)
        {
            var loop = new ElementwiseLoop(plan, kernel, compute, parameters);
            loop.Prepare(0, Conversion.Of(compute, y.DType), y.DType != compute);
            loop.Prepare(1, Conversion.Of(x0.DType, compute), x0.DType != compute);
            if (x1 is not null) loop.Prepare(2, Conversion.Of(x1.DType, compute), x1.DType != compute);
            if (x2 is not null) loop.Prepare(3, Conversion.Of(x2.DType, compute), x2.DType != compute);
            if (loop.TakesPanels) loop.RunPanels();
            else WorkerPool.Shared.For(plan.Count, Grain, loop);
        }

        GC.KeepAlive(y);
        GC.KeepAlive(x0);
        GC.KeepAlive(x1);
        GC.KeepAlive(x2);
    }

    /// <summary>x ← kernel(x), to be run over any range of its elements.</summary>
    public static ElementwiseLoop InPlace(ElementKernel kernel, DType compute, in KernelParameters parameters, Tensor x)
    {
        var loop = new ElementwiseLoop(StridedPlan.Of(x, x), kernel, compute, parameters);
        loop.Prepare(0, Conversion.Of(compute, x.DType), x.DType != compute);
        loop.Prepare(1, Conversion.Of(x.DType, compute), x.DType != compute);
        return loop;
    }

    /// <summary>A copy in the order of the output, where reading from place to place would cost more than copying by tiles.</summary>
    private static Tensor? CopyIfTransposed(Tensor x, Tensor y)
    {
        if (x.ElementCount < TransposeFloor || x.Shape != y.Shape || x.IsContiguous || !y.IsContiguous) return null;
        if (TransposeLoop.LineAxis(StridedPlan.Of(y, x), x.DType, y.DType) < 0) return null;
        return x.Copy();
    }

    private void Prepare(int operand, RowConverter converter, bool converts)
    {
        converters[operand] = (nint)converter;
        buffered[operand] = converts || plan.InnerStride(operand) != size;
        direct &= !buffered[operand];
    }

    /// <inheritdoc/>
    public void Run(long start, long end)
    {
        byte** pointers = stackalloc byte*[MaxOperands];
        fixed (KernelParameters* given = &parameters)
        {
            var rows = new RowWalker(in plan, start, end);
            while (rows.Next())
            {
                if (!direct)
                {
                    Buffered(rows, given);
                    continue;
                }

                for (int k = 0; k < plan.Operands; k++) pointers[k] = rows.Pointer(k);
                kernel(pointers, rows.Length, given);
            }
        }
    }

    [SkipLocalsInit]
    private readonly void Buffered(in RowWalker row, KernelParameters* given)
    {
        byte* buffers = stackalloc byte[MaxOperands * BufferBytes];
        byte** pointers = stackalloc byte*[MaxOperands];
        long length = row.Length;
        for (int k = 1; k < plan.Operands; k++)
            if (buffered[k] && plan.InnerStride(k) == 0)
                ((RowConverter)converters[k])(row.Pointer(k), 0, buffers + (k * BufferBytes), size, Math.Min(length, BlockLength));

        for (long i = 0; i < length; i += BlockLength)
        {
            long n = Math.Min(BlockLength, length - i);
            for (int k = 0; k < plan.Operands; k++)
            {
                long stride = plan.InnerStride(k);
                byte* there = row.Pointer(k) + (i * stride);
                byte* buffer = buffers + (k * BufferBytes);
                pointers[k] = buffered[k] ? buffer : there;
                if (k > 0 && buffered[k] && stride != 0) ((RowConverter)converters[k])(there, stride, buffer, size, n);
            }

            kernel(pointers, n, given);
            if (buffered[0])
                ((RowConverter)converters[0])(pointers[0], size, row.Pointer(0) + (i * plan.InnerStride(0)), plan.InnerStride(0), n);
        }
    }

    /// <summary>One function pointer per operand.</summary>
    [InlineArray(MaxOperands)]
    private struct Converters
    {
        private nint first;
    }

    /// <summary>Per operand, whether its rows pass through a buffer.</summary>
    [InlineArray(MaxOperands)]
    private struct Flags
    {
        private bool first;
    }
}
