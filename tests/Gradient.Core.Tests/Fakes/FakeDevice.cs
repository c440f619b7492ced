using Gradient.Core;

namespace Gradient.Core.Tests.Fakes;

/// <summary>A device for tests: host memory from a source that counts and can be told to fail, and a backend that only moves.</summary>
internal sealed class FakeDevice : Device
{
    public FakeDevice(DeviceKind kind = DeviceKind.Cpu, bool hostVisible = true)
    {
        Kind = kind;
        Source = new FakeSource(hostVisible);
        MemoryPool = new MemoryPool(Source, Name);
    }

    public FakeSource Source { get; }

    public FakeBackend Moves { get; } = new();

    public override DeviceKind Kind { get; }

    public override string Name => Kind == DeviceKind.Cpu ? "fake" : "fake-gpu";

    public override IBackend Backend => Moves;

    public override MemoryPool MemoryPool { get; }
}
