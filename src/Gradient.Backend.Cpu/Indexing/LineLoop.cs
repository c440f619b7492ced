namespace Gradient.Backend.Cpu;

/// <summary>Makes one contiguous line of numbers from one or two others of its length.</summary>
internal unsafe interface ILineKernel<C> where C : unmanaged
{
    /// <summary>y ← f(a, b); b is null where there is one input. y may be a or b.</summary>
    void Run(C* a, C* b, C* y, long n);
}

/// <summary>Runs a kernel over all lines. Operands of the lines: the inputs, then the output. An item is a batch.</summary>
internal unsafe struct LineLoop<T, C, TKernel> : IParallelBody
    where T : unmanaged
    where C : unmanaged
    where TKernel : struct, ILineKernel<C>
{
    public Lines Lines;
    public TKernel Kernel;
    public T* A, B, Y;

    public readonly void Run(long start, long end)
    {
        int output = B == null ? 1 : 2;
        C* first = Scratch.Get<C>(ScratchPurpose.Left, Lines.ScratchElements);
        C* second = B == null ? null : Scratch.Get<C>(ScratchPurpose.Right, Lines.ScratchElements);
        C* result = Scratch.Get<C>(ScratchPurpose.Result, Lines.ScratchElements);
        for (long item = start; item < end; item++)
        {
            var batch = Lines[item];
            long pitchB = 0;
            C* a = Lines.Read(0, A, batch, first, out long pitchA);
            C* b = B == null ? null : Lines.Read(1, B, batch, second, out pitchB);
            C* y = Lines.Target(output, Y, batch, result, out long pitchY);
            for (long k = 0; k < batch.Count; k++) Kernel.Run(a + (k * pitchA), b == null ? null : b + (k * pitchB), y + (k * pitchY), Lines.Length);
            Lines.Finish(output, Y, batch, y);
        }
    }
}
