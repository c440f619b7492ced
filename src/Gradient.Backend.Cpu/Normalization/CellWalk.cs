using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>The kept and the reduced axes of several tensors that broadcast to one shape: a cell is a place on the kept ones.</summary>
internal struct CellWalk(in Shape shape, AxisSet reduced)
{
    /// <summary>The cells.</summary>
    public Walk Kept = new(shape, new((byte)~reduced.Mask));

    /// <summary>The elements of a cell.</summary>
    public Walk Reduced = new(shape, reduced);

    /// <summary>How many cells are worth a worker's while.</summary>
    public readonly long Grain => Math.Max(1, (1 << 12) / Math.Max(1, Reduced.Count));

    /// <summary>Merges axes, once all operands are there.</summary>
    public void Merge()
    {
        Kept.Merge();
        Reduced.Merge();
    }

    /// <summary>One more operand, or none in its place.</summary>
    public unsafe void Add<T>(Tensor? tensor, out T* pointer) where T : unmanaged
    {
        pointer = tensor is null ? null : Elements.Pointer<T>(tensor);
        if (tensor is null)
        {
            Kept.AddNothing();
            Reduced.AddNothing();
        }
        else
        {
            Kept.Add(tensor.Layout);
            Reduced.Add(tensor.Layout);
        }
    }
}
