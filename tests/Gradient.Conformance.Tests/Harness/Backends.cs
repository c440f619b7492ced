using Gradient.Backend.Metal;

namespace Gradient.Conformance.Tests;

/// <summary>A backend under test.</summary>
public sealed record Backend(string Name, Func<Device> Device, Func<DType, bool> Supports)
{
    public override string ToString() => Name;
}

/// <summary>The backends that the suite runs on.</summary>
public static class Backends
{
    public static IReadOnlyList<Backend> All { get; } = [new("cpu", () => Devices.Cpu, _ => true), .. Metal()];

    /// <summary>Metal where there is a device: a Mac's, or the substitute that GRADIENT_METAL_LIBRARY names.</summary>
    private static IEnumerable<Backend> Metal()
    {
        if (MetalDevice.Instance is not null) yield return new("metal", () => Devices.Metal, dtype => dtype != DType.Float64);
    }
}
