using System.Runtime.CompilerServices;
using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;
using unsafe UpdateKernel = delegate*<byte**, long, Gradient.Backend.Cpu.UpdateNumbers*, void>;

namespace Gradient.Backend.Cpu;

/// <summary>
/// One optimizer step over the elements of all parameters, seen as one long row. Operands of other types than the rule
/// computes in, or with gaps, pass through buffers.
/// </summary>
internal unsafe struct OptimizerLoop(OptimizerLoop.Part[] parts, int count, UpdateNumbers numbers) : IParallelBody
{
    private const int Operands = StridedPlan.MaxOperands;
    private const int BlockLength = 512;
    private UpdateNumbers numbers = numbers;

    /// <inheritdoc/>
    public void Run(long start, long end)
    {
        fixed (UpdateNumbers* given = &numbers)
        {
            for (int i = 0; i < count; i++)
            {
                ref readonly Part part = ref parts[i];
                long first = Math.Max(start - part.Start, 0), last = Math.Min(end - part.Start, part.Plan.Count);
                if (first < last) part.Run(first, last, given);
            }
        }
    }

    /// <summary>A parameter with what belongs to it.</summary>
    internal struct Part
    {
        public readonly StridedPlan Plan;

        /// <summary>How many elements come before.</summary>
        public readonly long Start;

        private readonly UpdateKernel kernel;
        private readonly int size;
        private Converters read;
        private Converters write;
        private bool direct;

        public Part(OptimizerKind kind, in OptimizerSlot slot, long start)
        {
            Start = start;
            var compute = ComputeType(slot.Parameter.DType);
            kernel = UpdateKernels.Of(kind, compute);
            size = compute.Size();
            direct = true;

            // States that the rule has no use for are walked as if they were the gradient, and never touched.
            Plan = StridedPlan.Of(
                slot.Parameter, slot.Gradient, slot.State0 ?? slot.Gradient, slot.State1 ?? slot.Gradient, slot.State2 ?? slot.Gradient);
            Prepare(0, slot.Parameter, compute);
            Prepare(1, slot.Gradient, compute);
            Prepare(2, slot.State0, compute);
            Prepare(3, slot.State1, compute);
            Prepare(4, slot.State2, compute);
        }

        /// <summary>Float64 for Float64, else Float32.</summary>
        public static DType ComputeType(DType dtype) => dtype == DType.Float64 ? DType.Float64 : DType.Float32;

        public readonly void Run(long start, long end, UpdateNumbers* numbers)
        {
            byte** pointers = stackalloc byte*[Operands];
            var rows = new RowWalker(in Plan, start, end);
            while (rows.Next())
            {
                if (!direct)
                {
                    Buffered(rows, numbers);
                    continue;
                }

                for (int k = 0; k < Operands; k++) pointers[k] = read[k] == 0 ? null : rows.Pointer(k);
                kernel(pointers, rows.Length, numbers);
            }
        }

        private void Prepare(int operand, Tensor? tensor, DType compute)
        {
            if (tensor is null) return;
            read[operand] = (nint)Conversion.Of(tensor.DType, compute);
            write[operand] = operand == 1 ? 0 : (nint)Conversion.Of(compute, tensor.DType);
            direct &= tensor.DType == compute && Plan.InnerStride(operand) == size;
        }

        [SkipLocalsInit]
        private readonly void Buffered(in RowWalker row, UpdateNumbers* numbers)
        {
            const int Bytes = BlockLength * sizeof(double);
            byte* buffers = stackalloc byte[Operands * Bytes];
            byte** pointers = stackalloc byte*[Operands];
            for (long i = 0; i < row.Length; i += BlockLength)
            {
                long n = Math.Min(BlockLength, row.Length - i);
                for (int k = 0; k < Operands; k++)
                {
                    pointers[k] = read[k] == 0 ? null : buffers + (k * Bytes);
                    long stride = Plan.InnerStride(k);
                    if (read[k] != 0) ((RowConverter)read[k])(row.Pointer(k) + (i * stride), stride, pointers[k], size, n);
                }

                kernel(pointers, n, numbers);
                for (int k = 0; k < Operands; k++)
                {
                    long stride = Plan.InnerStride(k);
                    if (write[k] != 0) ((RowConverter)write[k])(pointers[k], size, row.Pointer(k) + (i * stride), stride, n);
                }
            }
        }
    }

    /// <summary>One function pointer per operand, 0 for those that are not there, or not written.</summary>
    [InlineArray(Operands)]
    private struct Converters
    {
        private nint first;
    }
}
