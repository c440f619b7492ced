using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>
/// The lines of up to eight tensors along one axis: where each line starts, and how far apart its elements are in each
/// tensor. Off the axis the layouts broadcast to one shape.
/// </summary>
internal struct Lines
{
    private readonly int axis;
    private Walk walk;
    private Eight strides;

    /// <summary>The lines of tensors of a shape along an axis from 0 (which a scalar may pretend to have).</summary>
    public Lines(in Shape shape, int axis)
    {
        this.axis = shape.Rank == 0 ? -1 : axis;
        walk = new(shape, new((byte)~AxisSet.Single(axis).Mask));
        Length = shape.Rank == 0 ? 1 : shape[axis];
    }

    /// <summary>The length of the axis in the shape.</summary>
    public long Length { get; }

    /// <summary>Visits the first elements of the lines.</summary>
    public readonly Walk Walk => walk;

    /// <summary>An operand's stride along the axis.</summary>
    public readonly long Stride(int operand) => strides[operand];

    /// <summary>One more operand; its length along the axis may differ.</summary>
    public void Add(in Layout layout)
    {
        strides[walk.Operands] = axis < 0 ? 1 : layout.Stride(axis);
        walk.Add(layout);
    }

    /// <summary>After the last operand: merges what can be walked together.</summary>
    public void Prepare() => walk.Merge();

    /// <summary>How many lines are worth giving to a thread, at so many times the cost of an addition per element.</summary>
    public readonly long Grain(int cost) => Math.Max(1, (1 << 15) / Math.Max(1, Length * cost));
}
