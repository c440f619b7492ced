using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <summary>
/// The shape of a launch and the strides of up to six operands, as the shaders' struct of the same name lays it out: axes merged
/// where all operands allow it, innermost first, so that a kernel divides as little as possible.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Strided
{
    /// <summary>The most operands.</summary>
    public const int MaxOperands = 6;

    /// <summary>How many elements there are.</summary>
    public long Count;

    /// <summary>How many innermost rows there are.</summary>
    public long Rows;

    /// <summary>How many axes are left.</summary>
    public int Rank;

    /// <summary>1 if every operand is contiguous: then the index is the position.</summary>
    public int IsContiguous;

    /// <summary>The lengths, innermost first; the first is 1 where no axis is left.</summary>
    public fixed long Shape[Core.Shape.MaxRank];

    /// <summary>The strides in elements, innermost first, operand by operand.</summary>
    public fixed long Strides[MaxOperands * Core.Shape.MaxRank];

    /// <summary>The plan for operands that broadcast to one shape. Offsets are not in it: buffers are bound at them.</summary>
    public static Strided Plan(in Shape shape, params ReadOnlySpan<Tensor> operands)
    {
        Span<Layout> layouts = new Layout[operands.Length];
        for (int i = 0; i < operands.Length; i++) layouts[i] = operands[i].Layout;
        return Plan(shape, AxisSet.All(shape.Rank), false, layouts);
    }

    /// <summary>
    /// The plan for some axes of operands that broadcast to one shape; <paramref name="ordered"/>: those along which the first
    /// operand steps widest come first, so that neighbours in the plan are neighbours in memory.
    /// </summary>
    public static Strided Plan(in Shape shape, AxisSet axes, bool ordered, params ReadOnlySpan<Layout> operands)
    {
        Span<Layout> layouts = new Layout[operands.Length];
        for (int i = 0; i < operands.Length; i++) layouts[i] = operands[i].Expand(shape);
        Span<int> order = stackalloc int[Core.Shape.MaxRank];
        int count = 0;
        var plan = new Strided { Count = 1 };
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (!axes.Contains(axis)) continue;
            plan.Count = checked(plan.Count * shape[axis]);
            if (shape[axis] == 1) continue;
            int at = count++;
            for (; ordered && at > 0 && Math.Abs(layouts[0].Stride(order[at - 1])) < Math.Abs(layouts[0].Stride(axis)); at--) order[at] = order[at - 1];
            order[at] = axis;
        }

        for (int i = count - 1; i >= 0; i--) plan.Add(order[i], shape[order[i]], layouts);
        if (plan.Rank == 0) plan.Shape[0] = 1;
        plan.Rows = plan.Count == 0 ? 0 : plan.Count / plan.Shape[0];
        plan.IsContiguous = 1;
        for (int i = 0; i < operands.Length; i++)
            if (plan.Rank > 1 || (plan.Rank == 1 && plan.Strides[i * Core.Shape.MaxRank] != 1)) plan.IsContiguous = 0;
        return plan;
    }

    /// <summary>The length of an innermost row.</summary>
    public readonly long Columns => Shape[0];

    /// <summary>How far apart neighbours along the innermost axis lie in an operand; 0 if there is no axis.</summary>
    public readonly long InnerStride(int operand) => Rank == 0 ? 0 : Math.Abs(Strides[operand * Core.Shape.MaxRank]);

    /// <summary>Lets two operands take each other's place.</summary>
    public void SwapOperands(int i, int j)
    {
        for (int axis = 0; axis < Core.Shape.MaxRank; axis++)
            (Strides[(i * Core.Shape.MaxRank) + axis], Strides[(j * Core.Shape.MaxRank) + axis]) =
                (Strides[(j * Core.Shape.MaxRank) + axis], Strides[(i * Core.Shape.MaxRank) + axis]);
    }

    private void Add(int axis, long length, ReadOnlySpan<Layout> layouts)
    {
        bool merges = Rank > 0;
        for (int i = 0; i < layouts.Length && merges; i++)
            merges = layouts[i].Stride(axis) == Strides[(i * Core.Shape.MaxRank) + Rank - 1] * Shape[Rank - 1];
        if (merges)
        {
            Shape[Rank - 1] *= length;
            return;
        }

        Shape[Rank] = length;
        for (int i = 0; i < layouts.Length; i++) Strides[(i * Core.Shape.MaxRank) + Rank] = layouts[i].Stride(axis);
        Rank++;
    }
}
