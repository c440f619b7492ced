using Gradient.Core;

namespace Gradient.Backend.Cpu;

/// <summary>The elements of a tensor [batch, height, width, channels] of any layout.</summary>
internal readonly unsafe struct Images<T> where T : unmanaged
{
    private readonly T* start;
    private readonly long batch, row, column;

    public Images(Tensor tensor)
    {
        start = Elements.Pointer<T>(tensor);
        var layout = tensor.Layout;
        (batch, row, column, Channel) = (layout.Stride(0), layout.Stride(1), layout.Stride(2), layout.Stride(3));
    }

    /// <summary>Whether there is a tensor.</summary>
    public bool Exist => start != null;

    /// <summary>The stride from channel to channel.</summary>
    public long Channel { get; }

    /// <summary>The stride from row to row.</summary>
    public long Row => row;

    /// <summary>The stride from column to column.</summary>
    public long Column => column;

    /// <summary>The first channel at a place.</summary>
    public T* this[long image, long y, long x] => start + (image * batch) + (y * row) + (x * column);
}
