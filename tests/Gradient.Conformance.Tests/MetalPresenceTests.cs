using Gradient.Backend.Metal.Tests;

namespace Gradient.Conformance.Tests;

/// <summary>Where there is no Metal device the suite has no cases for it; this says so, and fails in CI on Linux and macOS.</summary>
public sealed class MetalPresenceTests
{
    [Test]
    public void The_suite_runs_on_metal()
    {
        SoftMetal.RequireDevice();
        Assert.That(Backends.All.Select(backend => backend.Name), Does.Contain("metal"));
    }
}
