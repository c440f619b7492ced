using System.Runtime.CompilerServices;
using Gradient.Core;
using unsafe RowConverter = delegate*<byte*, long, byte*, long, long, void>;

namespace Gradient.Backend.Cpu;

/// <content>
/// Short rows, such as a bias of few channels makes: as many rows as a block holds go to the kernel at once. An operand that
/// repeats is laid out once per panel and used again.
/// </content>
internal unsafe partial struct ElementwiseLoop
{
    /// <summary>Rows from here on need no company if nothing is buffered.</summary>
    private const long LongRow = 64;

    /// <summary>Whether several rows at a time are better than one.</summary>
    private readonly bool TakesPanels => plan.Rank > 1 && plan.InnerLength <= (direct ? LongRow - 1 : BlockLength / 4);

    private readonly void RunPanels()
    {
        var rows = plan.WithoutInnerAxis();
        WorkerPool.Shared.For(rows.Count, Math.Max(1, Grain / plan.InnerLength), new PanelLoop(this, rows));
    }

    [SkipLocalsInit]
    private readonly void Panel(in StridedPlan outer, in RowWalker run, KernelParameters* given)
    {
        byte* buffers = stackalloc byte[MaxOperands * BufferBytes];
        byte** pointers = stackalloc byte*[MaxOperands];
        long length = plan.InnerLength, most = BlockLength / length;
        for (long r = 0; r < run.Length; r += most)
        {
            long rows = Math.Min(most, run.Length - r);
            for (int k = 0; k < plan.Operands; k++)
            {
                long step = outer.InnerStride(k);
                byte* there = run.Pointer(k) + (r * step);
                bool packs = buffered[k] || step != length * size;
                pointers[k] = packs ? buffers + (k * BufferBytes) : there;
                if (k > 0 && packs && (r == 0 || step != 0)) Pack(k, there, step, pointers[k], rows);
            }

            kernel(pointers, rows * length, given);
            long outputStep = outer.InnerStride(0);
            if (buffered[0] || outputStep != length * size) Unpack(pointers[0], run.Pointer(0) + (r * outputStep), outputStep, rows);
        }
    }

    private readonly void Pack(int operand, byte* rows, long step, byte* buffer, long count)
    {
        long length = plan.InnerLength, stride = plan.InnerStride(operand);
        for (long i = 0; i < count; i++)
            ((RowConverter)converters[operand])(rows + (i * step), stride, buffer + (i * length * size), size, length);
    }

    private readonly void Unpack(byte* buffer, byte* rows, long step, long count)
    {
        long length = plan.InnerLength;
        for (long i = 0; i < count; i++)
            ((RowConverter)converters[0])(buffer + (i * length * size), size, rows + (i * step), plan.InnerStride(0), length);
    }

    private struct PanelLoop(ElementwiseLoop loop, StridedPlan outer) : IParallelBody
    {
        private ElementwiseLoop loop = loop;
        private readonly StridedPlan outer = outer;

        public void Run(long start, long end)
        {
            fixed (KernelParameters* given = &loop.parameters)
            {
                var runs = new RowWalker(in outer, start, end);
                while (runs.Next()) loop.Panel(outer, runs, given);
            }
        }
    }
}
