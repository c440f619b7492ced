using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// Several tensors walked together: the output and inputs that broadcast to it. Axes of length 1 are dropped, axes are sorted
/// by the output's strides and walked forward in it, and neighbours that all operands step through evenly are merged, so that
/// most calls become one or two axes. Strides and addresses are in bytes.
/// </summary>
internal unsafe struct StridedPlan
{
    public const int MaxOperands = 5;
    private const int MaxRank = Shape.MaxRank;

    private fixed long lengths[MaxRank];
    private fixed long strides[MaxRank * MaxOperands];
    private fixed long addresses[MaxOperands];

    private StridedPlan(int operands) => Operands = operands;

    /// <summary>The number of axes, at least 1.</summary>
    public int Rank { get; private set; }

    /// <summary>The number of tensors.</summary>
    public int Operands { get; }

    /// <summary>The number of elements.</summary>
    public long Count { get; private set; }

    /// <summary>The length of the innermost axis.</summary>
    public readonly long InnerLength => lengths[Rank - 1];

    /// <summary>How far an operand steps along an axis, in bytes.</summary>
    public readonly long Stride(int operand, int axis) => strides[(operand * MaxRank) + axis];

    /// <summary>How far an operand steps along the innermost axis, in bytes.</summary>
    public readonly long InnerStride(int operand) => Stride(operand, Rank - 1);

    /// <summary>The length of an axis.</summary>
    public readonly long Length(int axis) => lengths[axis];

    /// <summary>Where element 0 of an operand lies.</summary>
    public readonly byte* Address(int operand) => (byte*)addresses[operand];

    /// <summary>A plan in the order that suits the output.</summary>
    public static StridedPlan Of(Tensor y, Tensor? x0 = null, Tensor? x1 = null, Tensor? x2 = null, Tensor? x3 = null)
    {
        var plan = InRowMajorOrder(y, x0, x1, x2, x3);
        plan.WalkForward();
        plan.Sort();
        plan.Merge();
        return plan;
    }

    /// <summary>A plan in row-major order: position i of the walk is element i of the output.</summary>
    public static StridedPlan InRowMajorOrder(Tensor y, Tensor? x0 = null, Tensor? x1 = null, Tensor? x2 = null, Tensor? x3 = null)
    {
        int operands = 1 + (x0 is null ? 0 : 1) + (x1 is null ? 0 : 1) + (x2 is null ? 0 : 1) + (x3 is null ? 0 : 1);
        var plan = new StridedPlan(operands) { Count = y.ElementCount };
        for (int i = 0; i < y.Rank; i++)
            if (y.Shape[i] != 1) plan.lengths[plan.Rank++] = y.Shape[i];
        plan.Add(0, y, y.Shape);
        if (x0 is not null) plan.Add(1, x0, y.Shape);
        if (x1 is not null) plan.Add(2, x1, y.Shape);
        if (x2 is not null) plan.Add(3, x2, y.Shape);
        if (x3 is not null) plan.Add(4, x3, y.Shape);
        if (plan.Rank == 0) plan.AddUnitAxis(y, x0, x1, x2, x3);
        plan.Merge();
        return plan;
    }

    /// <summary>The same rows without their elements: a plan over the axes but the innermost, of which there must be one.</summary>
    public readonly StridedPlan WithoutInnerAxis()
    {
        var plan = this;
        plan.Rank--;
        plan.Count = InnerLength == 0 ? 0 : Count / InnerLength;
        return plan;
    }

    private void Add(int operand, Tensor x, in Shape shape)
    {
        int size = x.DType.Size(), missing = shape.Rank - x.Rank, axis = 0;
        addresses[operand] = x.Storage.Buffer.Handle + (x.Layout.Offset * size);
        for (int i = 0; i < shape.Rank; i++)
        {
            if (shape[i] == 1) continue;
            bool broadcast = i < missing || x.Shape[i - missing] == 1;
            strides[(operand * MaxRank) + axis++] = broadcast ? 0 : x.Layout.Stride(i - missing) * size;
        }
    }

    /// <summary>A single element counts as contiguous.</summary>
    private void AddUnitAxis(Tensor y, Tensor? x0, Tensor? x1, Tensor? x2, Tensor? x3)
    {
        Rank = 1;
        lengths[0] = 1;
        strides[0] = y.DType.Size();
        strides[MaxRank] = x0?.DType.Size() ?? 0;
        strides[2 * MaxRank] = x1?.DType.Size() ?? 0;
        strides[3 * MaxRank] = x2?.DType.Size() ?? 0;
        strides[4 * MaxRank] = x3?.DType.Size() ?? 0;
    }

    /// <summary>Turns axes around along which the output runs backward.</summary>
    private void WalkForward()
    {
        for (int axis = 0; axis < Rank; axis++)
        {
            if (strides[axis] >= 0) continue;
            for (int k = 0; k < Operands; k++)
            {
                ref long stride = ref strides[(k * MaxRank) + axis];
                addresses[k] += stride * (lengths[axis] - 1);
                stride = -stride;
            }
        }
    }

    /// <summary>Insertion sort by descending stride of the output.</summary>
    private void Sort()
    {
        for (int i = 1; i < Rank; i++)
            for (int j = i; j > 0 && strides[j] > strides[j - 1]; j--)
            {
                (lengths[j], lengths[j - 1]) = (lengths[j - 1], lengths[j]);
                for (int k = 0; k < Operands; k++)
                {
                    int at = (k * MaxRank) + j;
                    (strides[at], strides[at - 1]) = (strides[at - 1], strides[at]);
                }
            }
    }

    private void Merge()
    {
        int to = 0;
        for (int from = 1; from < Rank; from++)
        {
            if (CanMerge(to, from))
            {
                lengths[to] *= lengths[from];
            }
            else
            {
                to++;
                lengths[to] = lengths[from];
            }

            for (int k = 0; k < Operands; k++) strides[(k * MaxRank) + to] = strides[(k * MaxRank) + from];
        }

        Rank = to + 1;
    }

    private readonly bool CanMerge(int outer, int inner)
    {
        for (int k = 0; k < Operands; k++)
            if (Stride(k, outer) != Stride(k, inner) * lengths[inner]) return false;
        return true;
    }
}
