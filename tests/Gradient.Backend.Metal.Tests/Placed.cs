namespace Gradient.Backend.Metal.Tests;

/// <summary>How a tensor lies in its storage.</summary>
public enum Placing
{
    /// <summary>Row-major, without gaps.</summary>
    Dense,

    /// <summary>The last two axes exchanged.</summary>
    Transposed,

    /// <summary>Every second element along the last axis.</summary>
    Stepped,

    /// <summary>Backwards along all axes.</summary>
    Reversed,
}

/// <summary>
/// A tensor of Float32, Float16 or BFloat16 in a storage whose other elements are NaN: what a kernel reads outside shows in its result, what
/// it writes outside shows in <see cref="Read"/>. Nothing here needs a kernel.
/// </summary>
internal sealed class Placed
{
    private const int Guard = 5;
    private readonly long length;

    public Placed(float[] values, long[] shape, DType dtype, Device device, Placing placing)
    {
        Span<long> strides = stackalloc long[shape.Length];
        long stride = placing == Placing.Stepped ? 2 : 1, offset = Guard;
        Span<int> order = stackalloc int[shape.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        if (placing == Placing.Transposed && shape.Length > 1) (order[^1], order[^2]) = (order[^2], order[^1]);
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[order[i]] = stride;
            stride *= Math.Max(1, shape[order[i]]);
        }

        length = stride + (2 * Guard);
        if (placing == Placing.Reversed)
        {
            for (int i = 0; i < strides.Length; i++)
            {
                offset += strides[i] * Math.Max(0, shape[i] - 1);
                strides[i] = -strides[i];
            }
        }

        var layout = new Layout(new Shape(shape), strides, offset);
        float[] all = new float[length];
        Array.Fill(all, float.NaN);
        for (int i = 0; i < values.Length; i++) all[layout.PositionOf(i)] = values[i];
        var storage = dtype switch
        {
            DType.Float16 => Tensor.From(Array.ConvertAll(all, x => (Half)x), device),
            DType.BFloat16 => Tensor.From(Array.ConvertAll(all, x => (BFloat16)x), device),
            _ => Tensor.From(all, device),
        };
        Tensor = storage.View(layout);
    }

    public Tensor Tensor { get; }

    /// <summary>The elements in row-major order; fails if anything lies between or around them.</summary>
    public float[] Read()
    {
        var whole = new Tensor(Tensor.Storage, Layout.Contiguous([length]), Tensor.DType);
        float[] all = Tensor.DType switch
        {
            DType.Float16 => Array.ConvertAll(whole.ToArray<Half>(), x => (float)x),
            DType.BFloat16 => Array.ConvertAll(whole.ToArray<BFloat16>(), x => (float)x),
            _ => whole.ToArray<float>(),
        };
        float[] values = new float[Tensor.ElementCount];
        for (int i = 0; i < values.Length; i++)
        {
            long at = Tensor.Layout.PositionOf(i);
            (values[i], all[at]) = (all[at], float.NaN);
        }

        Assert.That(Array.FindIndex(all, x => !float.IsNaN(x)), Is.EqualTo(-1), "something was written outside");
        return values;
    }
}
