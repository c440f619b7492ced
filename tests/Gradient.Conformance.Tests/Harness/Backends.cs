namespace Gradient.Conformance.Tests;

/// <summary>A backend under test.</summary>
public sealed record Backend(string Name, Func<Device> Device, Func<DType, bool> Supports)
{
    public override string ToString() => Name;
}

/// <summary>The backends that the suite runs on.</summary>
public static class Backends
{
    public static IReadOnlyList<Backend> All { get; } = [new("cpu", () => Devices.Cpu, _ => true)];
}
