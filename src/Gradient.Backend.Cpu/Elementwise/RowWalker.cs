namespace Gradient.Backend.Cpu;

/// <summary>
/// Walks positions start … end − 1 of a plan, row by row along its innermost axis: after each <see cref="Next"/>,
/// <see cref="Length"/> elements follow <see cref="Pointer"/> at the plan's inner strides.
/// </summary>
internal unsafe ref struct RowWalker
{
    private readonly ref readonly StridedPlan plan;
    private fixed long index[Core.Shape.MaxRank];
    private fixed long pointers[StridedPlan.MaxOperands];
    private long left;

    public RowWalker(ref readonly StridedPlan plan, long start, long end)
    {
        this.plan = ref plan;
        left = end - start;
        for (int k = 0; k < plan.Operands; k++) pointers[k] = (long)plan.Address(k);
        if (start == 0) return;
        for (int axis = plan.Rank - 1; axis >= 0; axis--)
        {
            (start, index[axis]) = Math.DivRem(start, plan.Length(axis));
            for (int k = 0; k < plan.Operands; k++) pointers[k] += index[axis] * plan.Stride(k, axis);
        }
    }

    /// <summary>The number of elements of this row.</summary>
    public long Length { get; private set; }

    /// <summary>Where this row of an operand begins.</summary>
    public readonly byte* Pointer(int operand) => (byte*)pointers[operand];

    /// <summary>Goes on to the next row, if there is one.</summary>
    public bool Next()
    {
        if (left == 0) return false;
        if (Length != 0) Advance();
        Length = Math.Min(plan.InnerLength - index[plan.Rank - 1], left);
        left -= Length;
        return true;
    }

    private void Advance()
    {
        int axis = plan.Rank - 1;
        Move(axis, -index[axis]);
        index[axis] = 0;
        for (axis--; axis >= 0; axis--)
        {
            index[axis]++;
            Move(axis, 1);
            if (index[axis] < plan.Length(axis)) return;
            Move(axis, -index[axis]);
            index[axis] = 0;
        }
    }

    private void Move(int axis, long steps)
    {
        for (int k = 0; k < plan.Operands; k++) pointers[k] += steps * plan.Stride(k, axis);
    }
}
