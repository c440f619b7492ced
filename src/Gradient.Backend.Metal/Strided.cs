using System.Runtime.InteropServices;

namespace Gradient.Backend.Metal;

/// <summary>
/// The shape of a launch and the strides of up to four operands, as the shaders' struct of the same name lays it out: axes merged
/// where all operands allow it, innermost first, so that a kernel divides as little as possible.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Strided
{
    /// <summary>How many elements there are.</summary>
    public long Count;

    /// <summary>How many axes are left.</summary>
    public int Rank;

    /// <summary>1 if every operand is contiguous: then the index is the position.</summary>
    public int IsContiguous;

    /// <summary>The lengths, innermost first.</summary>
    public fixed long Shape[Core.Shape.MaxRank];

    /// <summary>Four times the strides in elements, innermost first, operand by operand.</summary>
    public fixed long Strides[4 * Core.Shape.MaxRank];

    /// <summary>The plan for operands that broadcast to one shape. Offsets are not in it: buffers are bound at them.</summary>
    public static Strided Plan(in Shape shape, params ReadOnlySpan<Tensor> operands)
    {
        Span<Layout> layouts = new Layout[operands.Length];
        for (int i = 0; i < operands.Length; i++) layouts[i] = operands[i].Layout.Expand(shape);
        var plan = new Strided { Count = shape.ElementCount };
        int rank = 0;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            long length = shape[axis];
            if (length == 1) continue;
            bool merges = rank > 0;
            for (int i = 0; i < operands.Length && merges; i++)
                merges = layouts[i].Stride(axis) == plan.Strides[(i * Core.Shape.MaxRank) + rank - 1] * plan.Shape[rank - 1];
            if (merges)
            {
                plan.Shape[rank - 1] *= length;
                continue;
            }

            plan.Shape[rank] = length;
            for (int i = 0; i < operands.Length; i++) plan.Strides[(i * Core.Shape.MaxRank) + rank] = layouts[i].Stride(axis);
            rank++;
        }

        plan.Rank = rank;
        plan.IsContiguous = 1;
        for (int i = 0; i < operands.Length; i++)
            if (rank > 1 || (rank == 1 && plan.Strides[i * Core.Shape.MaxRank] != 1)) plan.IsContiguous = 0;
        return plan;
    }
}
