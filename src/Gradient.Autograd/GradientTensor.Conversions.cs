namespace Gradient.Autograd;

/// <content>To other types and devices.</content>
public sealed partial class GradientTensor
{
    /// <summary>This tensor if it has the type, else a converted copy; gradients flow between floating-point types.</summary>
    public GradientTensor To(DType dtype)
    {
        if (dtype == DType) return this;
        var from = DType;
        return Tape.Record("to", Value.To(dtype), [this], g => [g.To(from)]);
    }

    /// <summary>This tensor if it lies on the device, else a copy there; gradients flow back.</summary>
    public GradientTensor To(Device device)
    {
        if (ReferenceEquals(device, Device)) return this;
        var from = Device;
        return Tape.Record("to", Value.To(device), [this], g => [g.To(from)]);
    }
}
