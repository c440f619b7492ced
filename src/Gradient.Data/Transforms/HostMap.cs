using Gradient.Autograd;

namespace Gradient.Data;

/// <summary>Computes Float32 tensors from others on the host, on the thread that asks: the backend's threads belong to the training.</summary>
internal static class HostMap
{
    /// <summary>Computes elements, both in row-major order.</summary>
    public delegate void Kernel(ReadOnlySpan<float> from, Span<float> to);

    /// <summary>A new tensor of a shape, made of a Float32 tensor of any layout and device.</summary>
    public static Tensor Of(Tensor values, in Shape shape, Kernel kernel)
    {
        var result = Tensor.Empty(shape, DType.Float32, Devices.Cpu);
        var local = values.To(Devices.Cpu).Contiguous();
        kernel(local.AsSpan<float>(), result.AsSpan<float>());
        GC.KeepAlive(local);
        GC.KeepAlive(result);
        if (!ReferenceEquals(local, values)) local.Dispose();
        return result;
    }
}
