namespace Gradient.Samples.Tests;

/// <summary>A folder of its own for each test, to run samples in.</summary>
public abstract class SampleFixture
{
    private protected SampleProcess Samples { get; private set; } = null!;

    [SetUp]
    public void MakeFolder() => Samples = new();

    [TearDown]
    public void RemoveFolder() => Samples.Dispose();
}
