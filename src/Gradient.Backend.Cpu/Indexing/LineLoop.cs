namespace Gradient.Backend.Cpu;

/// <summary>Makes one line of numbers from one or two others of its length.</summary>
internal unsafe interface ILineKernel<C> where C : unmanaged
{
    /// <summary>y ← f(a, b) for a contiguous line; b is null where there is one input. y may be a or b.</summary>
    void Run(C* a, C* b, C* y, long n);

    /// <summary>The same for several lines side by side, with the same result up to the order of additions.</summary>
    void RunAcross(in LinesAcross<C> lines);
}

/// <summary>
/// Lines side by side: element i of line k is at i·stride + k. The number of lines is a multiple of <see cref="Unit"/>, and at most
/// <see cref="Most"/>.
/// </summary>
internal readonly unsafe ref struct LinesAcross<C> where C : unmanaged
{
    /// <summary>The most lines that there can be.</summary>
    public const int Most = (int)Lines.ManyLines;

    /// <summary>The elements of the widest vector.</summary>
    public static int Unit => 64 / sizeof(C);

    public C* A { get; init; }

    public C* B { get; init; }

    public C* Y { get; init; }

    public long StrideA { get; init; }

    public long StrideB { get; init; }

    public long StrideY { get; init; }

    /// <summary>The number of lines.</summary>
    public long Count { get; init; }

    /// <summary>The length of each.</summary>
    public long Length { get; init; }
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

    /// <summary>Runs it in parallel, at so many times the cost of an addition per element.</summary>
    public void Run(int cost)
    {
        Lines.Prepare(mayGoAcross: typeof(T) == typeof(C));
        WorkerPool.Shared.For(Lines.Batches, Lines.Grain(cost), this);
    }

    public readonly void Run(long start, long end)
    {
        int output = B == null ? 1 : 2;
        C* first = Scratch.Get<C>(ScratchPurpose.Left, Lines.ScratchElements);
        C* second = B == null ? null : Scratch.Get<C>(ScratchPurpose.Right, Lines.ScratchElements);
        C* result = Scratch.Get<C>(ScratchPurpose.Result, Lines.ScratchElements);
        for (long item = start; item < end; item++)
        {
            var batch = Lines[item];
            if (Lines.AreAcross)
            {
                long count = batch.Count - (batch.Count % LinesAcross<C>.Unit);
                if (count > 0)
                {
                    Kernel.RunAcross(new()
                    {
                        A = (C*)A + batch.Positions[0], B = B == null ? null : (C*)B + batch.Positions[1], Y = (C*)Y + batch.Positions[output],
                        StrideA = Lines.Stride(0), StrideB = Lines.Stride(1), StrideY = Lines.Stride(output), Count = count, Length = Lines.Length,
                    });
                }

                if (count == batch.Count) continue;
                batch = Lines.Skip(batch, count);
            }

            long pitchB = 0;
            C* a = Lines.Read(0, A, batch, first, out long pitchA);
            C* b = B == null ? null : Lines.Read(1, B, batch, second, out pitchB);
            C* y = Lines.Target(output, Y, batch, result, out long pitchY);
            for (long k = 0; k < batch.Count; k++) Kernel.Run(a + (k * pitchA), b == null ? null : b + (k * pitchB), y + (k * pitchY), Lines.Length);
            Lines.Finish(output, Y, batch, y);
        }
    }
}
