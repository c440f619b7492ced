namespace Gradient.Backend.Cpu;

/// <summary>Writes one bit pattern everywhere.</summary>
internal readonly unsafe struct FillLoop(StridedPlan plan, long bits, int size) : IParallelBody
{
    private readonly StridedPlan plan = plan;

    /// <inheritdoc/>
    public void Run(long start, long end)
    {
        var rows = new RowWalker(in plan, start, end);
        while (rows.Next())
        {
            switch (size)
            {
                case 1: FillRow(rows.Pointer(0), rows.Length, (byte)bits); break;
                case 2: FillRow(rows.Pointer(0), rows.Length, (ushort)bits); break;
                case 4: FillRow(rows.Pointer(0), rows.Length, (uint)bits); break;
                default: FillRow(rows.Pointer(0), rows.Length, (ulong)bits); break;
            }
        }
    }

    private void FillRow<T>(byte* y, long count, T value) where T : unmanaged
    {
        const int Most = 1 << 30; // what a span holds
        long stride = plan.InnerStride(0);
        if (stride == sizeof(T))
        {
            for (long i = 0; i < count; i += Most) new Span<T>((T*)y + i, (int)Math.Min(Most, count - i)).Fill(value);
            return;
        }

        for (long i = 0; i < count; i++) *(T*)(y + (i * stride)) = value;
    }
}
