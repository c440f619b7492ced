namespace Gradient.Backend.Metal.Tests;

/// <summary>After all tests: what the substitute saw of races, overruns and broken rules of Metal is a failure.</summary>
[SetUpFixture]
public sealed class NoViolations
{
    [OneTimeTearDown]
    public void Check()
    {
        if (MetalDevice.Instance is not null && Bindings.Metal.IsSubstitute) Assert.That(SoftMetal.TakeErrors(), Is.Empty);
    }
}
