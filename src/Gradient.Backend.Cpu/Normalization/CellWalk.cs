using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>The kept and the reduced axes of several tensors that broadcast to one shape: a cell is a place on the kept ones.</summary>
internal struct CellWalk(in Shape shape, AxisSet reduced)
{
    /// <summary>The cells.</summary>
    public Walk Kept = new(shape, new((byte)~reduced.Mask));

    /// <summary>The elements of a cell.</summary>
    public Walk Reduced = new(shape, reduced);

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
